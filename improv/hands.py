"""What of all that comes in is the player's, as if from one keyboard. Stands between the parsers and the core.

1. The channels of an MPE zone are one, its master (improv.zones).
2. Heard are notes on the chosen channels, or on all of them but channel 10, where drums and pads are; and of those only
   what lies on the chosen side of the split, of which each channel may have its own. The rest is left alone.
3. A key is down while it is down on any input or channel that is the same to us: it comes up with the last of them.
   So it is with the pedal.
4. Whatever is chosen meanwhile, a key or pedal that was heard to go down is heard to come up.
5. Controllers other than pedals pass as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, replace

from improv.events import SUSTAIN, ControlChange, Event, NoteOff, NoteOn
from improv.listener import ENDS_ALL, PEDAL_DOWN
from improv.zones import Zones

#: Where General MIDI has drums, counted from 0.
DRUMS = 9
#: The controller that resets all others: no pedal is down after it.
RESET = 121

Source = tuple[int, int]  # the number of an input, and the channel as it came


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is heard: `channel` 0-15, or None for all but the drums'; there, pitches from `low` to `high` (0-127)."""

    channel: int | None = None
    low: int = 0
    high: int = 127


class Hands:
    """Events of all inputs in, the player's events out: those that any of `hearing` hears. It may be replaced."""

    def __init__(self, *hearing: Hearing) -> None:
        self.hearing = hearing or (Hearing(),)
        self._zones: defaultdict[int, Zones] = defaultdict(Zones)
        self._keys: dict[tuple[Source, int], int] = {}  # the key of a source: the channel it was heard on
        # By whom a key is held, (channel, pitch), or a pedal, (channel, "pedal").
        self._down: defaultdict[tuple[int, Hashable], set[Source]] = defaultdict(set)

    def hear(self, event: Event, port: int = 0) -> list[Event]:
        """What the player did, if anything, by this event of input number `port`."""
        source = (port, event.channel)
        match event:
            case NoteOn(pitch=pitch):
                return self._press(event, source, pitch)
            case NoteOff(pitch=pitch):
                return self._lift(source, pitch, event.at)
            case ControlChange(control=control) if control == SUSTAIN:
                return self._pedal(event, source)
            case ControlChange(control=control) if control in (*ENDS_ALL, RESET):
                return self._end(event, port)
            case ControlChange():
                self._zones[port].hear(event)
                return [event]

    def _heard(self, source: Source, pitch: int | None = None) -> int | None:
        """The channel that a source counts as; None if it, or this pitch of it, is not heard."""
        port, raw = source
        channel = self._zones[port].master(raw)
        for one in self.hearing:
            hears = not channel == raw == DRUMS if one.channel is None else one.channel in (channel, raw)
            if hears and (pitch is None or one.low <= pitch <= one.high):
                return channel
        return None

    def _press(self, event: NoteOn, source: Source, pitch: int) -> list[Event]:
        channel = self._heard(source, pitch)
        if channel is None:
            return self._lift(source, pitch, event.at)  # a key that was heard before, and not since
        before = self._keys.get((source, pitch))
        lifted = [] if before in (None, channel) else self._lift(source, pitch, event.at)
        self._keys[source, pitch] = channel
        self._down[channel, pitch].add(source)
        return [*lifted, event if event.channel == channel else replace(event, channel=channel)]

    def _lift(self, source: Source, pitch: int, at: float) -> list[Event]:
        channel = self._keys.pop((source, pitch), None)
        if channel is None or not self._up(channel, pitch, source):
            return []
        return [NoteOff(at, channel, pitch)]

    def _up(self, channel: int, what: Hashable, source: Source) -> bool:
        """Let go; whether nobody holds it any more."""
        holding = self._down[channel, what]
        holding.discard(source)
        if not holding:
            del self._down[channel, what]
        return not holding

    def _pedal(self, event: ControlChange, source: Source) -> list[Event]:
        channel = self._heard(source)
        if event.value >= PEDAL_DOWN:
            if channel is None:
                return []
            self._down[channel, "pedal"].add(source)
            return [replace(event, channel=channel)]
        return [replace(event, channel=each) for each in self._held_by(source) if self._up(each, "pedal", source)]

    def _held_by(self, source: Source) -> list[int]:
        """The channels on which a source holds the pedal."""
        return [channel for (channel, what), who in self._down.items() if what == "pedal" and source in who]

    def _end(self, event: ControlChange, port: int) -> list[Event]:
        """Keys come up (or, on a reset, pedals) on a channel; said on the master, on its whole zone."""
        zones = self._zones[port]
        ended = [(port, raw) for raw in range(16) if event.channel in (raw, zones.master(raw))]
        said: list[Event] = []
        for source in ended:
            if event.control == RESET:
                said += self._pedal(ControlChange(event.at, source[1], SUSTAIN, 0), source)
            else:
                for pitch in [pitch for held, pitch in self._keys if held == source]:
                    said += self._lift(source, pitch, event.at)
        return said
