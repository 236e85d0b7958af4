"""What sounds: every note-on and note-off that goes out passes here, the player's (thru) and improv's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from improv.events import SUSTAIN
from improv.midi import ALL_NOTES_OFF, control_change, note_off

Key = tuple[int, int]  # channel, pitch


class Ledger:
    """Counts what sounds for each (channel, pitch): two notes of one pitch need two offs."""

    __slots__ = ("_channels", "_count", "_pedals")

    def __init__(self) -> None:
        self._count: Counter[Key] = Counter()
        self._channels: set[int] = set()
        self._pedals: set[int] = set()

    def on(self, channel: int, pitch: int) -> None:
        """A note-on went out."""
        self._count[channel, pitch] += 1
        self._channels.add(channel)

    def off(self, channel: int, pitch: int) -> None:
        """A note-off went out; one more than there were ons is ignored."""
        if self._count[channel, pitch] > 1:
            self._count[channel, pitch] -= 1
        else:
            del self._count[channel, pitch]

    def used(self, channel: int) -> None:
        """Something else that can hold a sound (a pedal) went out on this channel."""
        self._channels.add(channel)

    def press(self, channel: int, down: bool) -> None:
        """The sustain pedal of a channel went down or up."""
        self.used(channel)
        (self._pedals.add if down else self._pedals.discard)(channel)

    def holds(self, key: Key) -> bool:
        """Whether a key sounds."""
        return key in self._count

    def busy(self, channel: int) -> bool:
        """Whether anything sounds on a channel."""
        return any(key[0] == channel for key in self._count)

    def pedal(self, channel: int) -> bool:
        """Whether a channel's sustain pedal is down."""
        return channel in self._pedals

    def channels(self) -> tuple[int, ...]:
        """The channels ever used."""
        return tuple(sorted(self._channels))

    def sounding(self) -> dict[Key, int]:
        """How many notes sound for each (channel, pitch) that sounds."""
        return dict(self._count)

    def silence(self) -> list[bytes]:
        """What ends everything: each off, then pedal up and all-notes-off on every channel ever used.

        Changes nothing, so that it can be said again: a message may be lost on the way.
        """
        offs = [note_off(*key) for key, count in sorted(self._count.items()) for _ in range(count)]
        return offs + let_go(self.channels())

    def clear(self) -> None:
        """Everything was silenced; the channels used are remembered."""
        self._count.clear()
        self._pedals.clear()


def let_go(channels: Iterable[int]) -> list[bytes]:
    """Pedal up and all notes off, on these channels."""
    return [control_change(channel, control, 0) for channel in channels for control in (SUSTAIN, ALL_NOTES_OFF)]
