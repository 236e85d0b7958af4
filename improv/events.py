"""What keys, a MIDI clock and controls say, as values: the listening core knows nothing of bytes or ports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from improv.plan import PlannedNote

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


@dataclass(frozen=True, slots=True)
class ProgramChange:
    """A program was chosen: `program` 0-127. No music, but it may be a control."""

    at: float
    channel: int
    program: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A clock's tick, 24 of them a quarter note. `at` in seconds (monotonic), as in all that follow."""

    at: float


@dataclass(frozen=True, slots=True)
class Start:
    """The song starts: the next tick is its beginning."""

    at: float


@dataclass(frozen=True, slots=True)
class Continue:
    """The song goes on: the next tick is where it stopped, or where a SongPosition has put it since."""

    at: float


@dataclass(frozen=True, slots=True)
class Stop:
    """The song stops."""

    at: float


@dataclass(frozen=True, slots=True)
class SongPosition:
    """The next tick is so many sixteenth notes (six ticks each) into the song, 0-16383."""

    at: float
    sixteenths: int


ClockEvent = Tick | Start | Continue | Stop | SongPosition


@dataclass(frozen=True, slots=True)
class Turned:
    """A control was turned: `name`, a field of improv.settings.Settings, is `value` from `at` on (seconds)."""

    at: float
    name: str
    value: object


class Move(StrEnum):
    """What a performer asks for with one gesture; the value is its name in a settings file."""

    TAKE = "take"
    FINISH = "finish"
    REPEAT = "repeat"
    FREEZE = "freeze"
    FORGET = "forget"
    MUTE = "mute"
    PANIC = "panic"
    TAP = "tap"


@dataclass(frozen=True, slots=True)
class Gesture:
    """A pedal, pad or key that stands for a `move` went `down` or came up, `at` so many seconds (monotonic)."""

    at: float
    move: Move
    down: bool = True


@dataclass(frozen=True, slots=True)
class Prompt:
    """Music that was before all that is played: these `notes` count as the player's, and as if the last had ended `at`
    (seconds, monotonic)."""

    at: float
    notes: tuple[PlannedNote, ...]


Heard = Event | ClockEvent | Turned | Gesture | Prompt
