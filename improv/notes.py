"""Notes as values, and the one rule for how long a note sounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

#: A note is never taken to sound longer than this many seconds.
MAX_DURATION = 8.0
#: Notes whose onsets lie within this many seconds of a group's first onset are one group (a chord).
GROUP_SPAN = 0.030


class Part(IntEnum):
    """The role of a note: who is speaking, not how high."""

    LEAD = 0
    ACCOMPANIMENT = 1
    UNSPLIT = 2


@dataclass(frozen=True, slots=True)
class Note:
    """One note-on and, once known, how long it sounded.

    `onset` in seconds on the performance's own clock, `pitch` 0-127, `velocity` 1-127, `duration` in
    seconds or None while the note still sounds.
    """

    onset: float
    pitch: int
    velocity: int
    duration: float | None = None
    part: Part = Part.UNSPLIT

    @property
    def release(self) -> float | None:
        """When the note stops sounding, in seconds; None while it sounds."""
        return None if self.duration is None else self.onset + self.duration


@dataclass(frozen=True, slots=True)
class PedalSpan:
    """A stretch of seconds during which the sustain pedal (CC64 >= 64) was down: [down, up)."""

    down: float
    up: float


def sounding(notes: Iterable[Note], pedal: Sequence[PedalSpan] = ()) -> list[Note]:
    """Turn key durations into sounding durations.

    A note sounds until its key is released or the pedal that was down at that release comes up,
    whichever is later; it is cut at the next onset of its own pitch, and at MAX_DURATION. `notes` carry
    key durations (none may be None); `pedal` holds disjoint spans. Returns the notes in onset order.
    """
    spans = sorted(pedal, key=lambda span: span.down)
    ordered = sorted(notes, key=lambda note: (note.onset, note.pitch))
    later: dict[int, tuple[float, float]] = {}  # pitch: the onset last seen, and the one after it
    result: list[Note] = []
    for note in reversed(ordered):
        if note.duration is None:
            raise ValueError("sounding() needs notes with key durations")
        end = _pedalled(note.onset + note.duration, spans)
        # Equal onsets of one pitch (two hands on one key) are one key press: neither cuts the other to nothing.
        onset, following = later.get(note.pitch, (math.inf, math.inf))
        following = following if onset == note.onset else onset
        later[note.pitch] = (note.onset, following)
        end = min(end, following)
        result.append(replace(note, duration=max(0.0, min(end - note.onset, MAX_DURATION))))
    result.reverse()
    return result


def _pedalled(release: float, spans: Sequence[PedalSpan]) -> float:
    """Where a key release at `release` seconds ends in sound, given sorted disjoint pedal spans."""
    low, high = 0, len(spans)
    while low < high:  # the last span with down <= release
        middle = (low + high) // 2
        if spans[middle].down <= release:
            low = middle + 1
        else:
            high = middle
    if low and spans[low - 1].up > release:
        return spans[low - 1].up
    return release
