"""MIDI bytes to events and back.

Why own code beside mido: mido's parser knows no running status (`90 3C 40 3E 40` yields one note) and loses
a message that a real-time byte interrupts; both are what keyboards send. Files are still mido's.
"""

from __future__ import annotations

from improv.events import (
    ClockEvent,
    Continue,
    ControlChange,
    Event,
    NoteOff,
    NoteOn,
    ProgramChange,
    SongPosition,
    Start,
    Stop,
    Tick,
)

NOTE_OFF, NOTE_ON, CONTROL, PROGRAM = 0x80, 0x90, 0xB0, 0xC0
ALL_NOTES_OFF = 123
_SYSTEM, _SONG_POSITION, _REAL_TIME = 0xF0, 0xF2, 0xF8
#: What real-time bytes say; the others (active sensing, reset) are passed over.
_CLOCK: dict[int, type[Tick | Start | Continue | Stop]] = {0xF8: Tick, 0xFA: Start, 0xFB: Continue, 0xFC: Stop}
#: Data bytes that follow a status, by its upper four bits; every other channel message has two.
_ONE_DATA_BYTE = (0xC0, 0xD0)


class Parser:
    """Turns one port's bytes, in whatever pieces they come, into events. No input raises or piles up memory.

    Knows running status, real-time bytes anywhere, velocity-0 note-ons (note-offs). System exclusive and system
    common messages end running status and, but for the song position, are skipped; stray data bytes are ignored.
    """

    __slots__ = ("_data", "_status")

    def __init__(self) -> None:
        self._status = 0  # the status in force; 0 while there is none
        self._data: int | None = None  # the first of two data bytes, once it is there

    def feed(self, data: bytes, at: float) -> list[Event | ClockEvent | ProgramChange]:
        """The events that these bytes complete, each stamped `at` (seconds)."""
        events: list[Event | ClockEvent | ProgramChange] = []
        for byte in data:
            if byte >= _REAL_TIME:
                if byte in _CLOCK:
                    events.append(_CLOCK[byte](at))
            elif byte >= 0x80:
                self._status = byte if byte < _SYSTEM or byte == _SONG_POSITION else 0
                self._data = None
            elif self._status & 0xF0 == PROGRAM:
                events.append(ProgramChange(at, self._status & 0x0F, byte))
            elif self._status & 0xF0 in _ONE_DATA_BYTE or not self._status:
                continue
            elif self._data is None:
                self._data = byte
            else:
                event = _event(self._status, self._data, byte, at)
                self._data = None
                if self._status == _SONG_POSITION:  # no running status
                    self._status = 0
                if event is not None:
                    events.append(event)
        return events


def _event(status: int, first: int, second: int, at: float) -> Event | ClockEvent | None:
    """What a complete message of three bytes says; None where improv does not listen."""
    if status == _SONG_POSITION:
        return SongPosition(at, first | second << 7)
    kind, channel = status & 0xF0, status & 0x0F
    if kind == NOTE_ON and second:
        return NoteOn(at, channel, first, second)
    if kind in (NOTE_ON, NOTE_OFF):
        return NoteOff(at, channel, first)
    if kind == CONTROL:
        return ControlChange(at, channel, first, second)
    return None


def is_broken(data: bytes) -> bool:
    """Whether these bytes cannot be one message: inside of one, but for system exclusive, no status may stand."""
    return data[:1] != bytes((_SYSTEM,)) and any(byte >= 0x80 for byte in data[1:])


def note_on(channel: int, pitch: int, velocity: int) -> bytes:
    """The bytes of a note-on: `channel` 0-15, `pitch` 0-127, `velocity` 1-127. ValueError outside."""
    if velocity < 1:
        raise ValueError(f"velocity {velocity} of a note-on is not in 1-127")
    return _message(NOTE_ON, channel, pitch, velocity)


def note_off(channel: int, pitch: int) -> bytes:
    """The bytes of a note-off: `channel` 0-15, `pitch` 0-127. ValueError outside."""
    return _message(NOTE_OFF, channel, pitch, 0)


def control_change(channel: int, control: int, value: int) -> bytes:
    """The bytes of a control change: `channel` 0-15, `control` and `value` 0-127. ValueError outside."""
    return _message(CONTROL, channel, control, value)


def _message(kind: int, channel: int, first: int, second: int) -> bytes:
    if not (0 <= channel < 16 and 0 <= first < 128 and 0 <= second < 128):
        raise ValueError(f"channel {channel}, data {first} {second}: not in 0-15, 0-127")
    return bytes((kind | channel, first, second))
