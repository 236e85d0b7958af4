"""What a keyboard says, as values: the listening core knows nothing of bytes or ports."""

from __future__ import annotations

from dataclasses import dataclass

SUSTAIN = 64


@dataclass(frozen=True, slots=True)
class NoteOn:
    """A key went down. `at` in seconds (monotonic), `channel` 0-15, `pitch` 0-127, `velocity` 1-127."""

    at: float
    channel: int
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class NoteOff:
    """A key came up. `at` in seconds (monotonic), `channel` 0-15, `pitch` 0-127."""

    at: float
    channel: int
    pitch: int


@dataclass(frozen=True, slots=True)
class ControlChange:
    """A controller moved: `control` 0-127 (64 is the sustain pedal), `value` 0-127."""

    at: float
    channel: int
    control: int
    value: int


Event = NoteOn | NoteOff | ControlChange
