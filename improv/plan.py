"""What the core asks of the ports: notes with absolute onsets, and the taking back of them.

The core never sends a note-off: a planned note carries its duration, so that its off is already with
the scheduler when its on is. Where the end is not known yet, the longest there may be is asked for, and brought
forward later.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Of improv's notes so many may sound at once, unless a Limit says otherwise.
VOICES = 16


@dataclass(frozen=True, slots=True)
class PlannedNote:
    """A note due at `onset` (absolute seconds), off at `onset + duration`, on MIDI `channel` 0-15."""

    onset: float
    pitch: int
    velocity: int
    duration: float
    channel: int


@dataclass(frozen=True, slots=True)
class Play:
    """Add these notes to what is scheduled."""

    notes: tuple[PlannedNote, ...]


@dataclass(frozen=True, slots=True)
class Cancel:
    """Drop every planned note that has not begun; let what sounds end by `release_by` (absolute seconds).

    Offs already due earlier stay where they are; no off is ever dropped.
    """

    release_by: float


@dataclass(frozen=True, slots=True)
class Pedal:
    """The sustain pedal of a channel (0-15) goes down or up `at` (absolute seconds), in the place of all that was
    planned of it from then on. What takes notes back lifts it too."""

    at: float
    channel: int
    down: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """From now on no more than so many of the planned notes sound at once: the oldest makes way."""

    voices: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Take back these planned notes, as they were asked for; one that has begun sounds as long as it was to."""

    notes: tuple[PlannedNote, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """Let these notes, as they were asked for, end by `at` (absolute seconds); one that begins no sooner is dropped."""

    notes: tuple[PlannedNote, ...]
    at: float


@dataclass(frozen=True, slots=True)
class State:
    """Say at once, by a controller's value on a channel (0-15), what improv does."""

    channel: int
    control: int
    value: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Panic: drop all plans and send at once the off of everything that sounds, on every channel."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """Send a MIDI clock from now on: beat `beat` at `at` (absolute seconds), one every `period` seconds, `bar` of
    them a bar. With a period of 0, stop it."""

    at: float
    beat: float
    period: float
    bar: float


Command = Conduct | Play | Cancel | Drop | Release | Pedal | Limit | State | Silence
