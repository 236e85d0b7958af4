"""Scores: what was played and answered, as lists of plain lines, so that a test reads as music.

A player's line is `[onset, pitch, duration]` or `[onset, pitch, duration, velocity]`, or `[at, "pedal", value]`.
What comes out is `[at, "note_on", channel, pitch, velocity]` and `[at, "note_off", channel, pitch]`, at in
seconds to a thousandth.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from improv.events import ControlChange, Event, Heard, NoteOff, NoteOn
from improv.jam import JamResult, jam
from improv.settings import Settings
from improv.step import StepModel

Line = list


def played(*lines: Line) -> list[Event]:
    events: list[Event] = []
    for at, what, *rest in lines:
        if what == "pedal":
            events.append(ControlChange(at, 0, 64, rest[0]))
        else:
            duration, velocity = (*rest, 64)[:2]
            events += [NoteOn(at, 0, what, velocity), NoteOff(at + duration, 0, what)]
    return sorted(events, key=lambda event: (event.at, isinstance(event, NoteOn)))


def transcript(events: Iterable[Event]) -> list[Line]:
    lines: list[Line] = []
    for event in events:
        match event:
            case NoteOn(at, channel, pitch, velocity):
                lines.append([round(at, 3), "note_on", channel, pitch, velocity])
            case NoteOff(at, channel, pitch):
                lines.append([round(at, 3), "note_off", channel, pitch])
    return lines


def together(*parts: Iterable[Heard]) -> list[Heard]:
    """Several players' events, and a clock's, in the order of their moments; what one says first stays first."""
    return sorted((event for part in parts for event in part), key=lambda event: event.at)


def perform(events: list[Heard], model: StepModel, seed: int = 1, **settings: object) -> JamResult:
    """A jam with settings given by name."""
    return jam(events, model, Settings(**settings), np.random.default_rng(seed))
