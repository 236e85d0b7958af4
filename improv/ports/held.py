"""What a device holds down, and what is said for it when it no longer can: unplugged, or fallen silent. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from improv.events import SUSTAIN, ControlChange, Event, NoteOff, NoteOn
from improv.midi import control_change, note_off

#: A device that has once sent active sensing says something every 300 ms, or is gone (MIDI 1.0, active sensing).
SENSING, GONE_AFTER = 0xFE, 0.33
PEDAL_DOWN = 64


class Held:
    """The keys and pedals of one input that are down."""

    def __init__(self) -> None:
        self._keys: set[tuple[int, int]] = set()  # channel, pitch
        self._pedals: set[int] = set()  # channels
        self._sensed = False
        self._heard_at = float("-inf")

    def hear(self, data: bytes, events: Iterable[object], now: float) -> None:
        """Bytes came in, and these are the events they complete."""
        self._heard_at = now
        self._sensed = self._sensed or SENSING in data
        for event in events:
            if isinstance(event, Event):
                self._hear(event)

    def _hear(self, event: Event) -> None:
        match event:
            case NoteOn():
                self._keys.add((event.channel, event.pitch))
            case NoteOff():
                self._keys.discard((event.channel, event.pitch))
            case ControlChange(control=control) if control == SUSTAIN:
                (self._pedals.add if event.value >= PEDAL_DOWN else self._pedals.discard)(event.channel)

    def fell_silent(self, now: float) -> bool:
        """Whether active sensing, once begun, has stopped: then the device is gone. Said once."""
        if not self._sensed or now - self._heard_at <= GONE_AFTER:
            return False
        self._sensed = False
        return True

    def let_go(self) -> list[bytes]:
        """What the device would say to let go of all; then nothing is held."""
        said = [control_change(channel, SUSTAIN, 0) for channel in sorted(self._pedals)]
        said += [note_off(*key) for key in sorted(self._keys)]
        self._keys.clear()
        self._pedals.clear()
        return said
