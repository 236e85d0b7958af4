"""MPE: which channels are one instrument, as a controller says it (MIDI Polyphonic Expression, MMA 2018).

A zone has a master channel, the first or the last, and so many member channels beside it, on which it plays its notes,
each on a channel of its own. The controller says how many by RPN 6 on the master channel: 0 is no zone. Zones do not
overlap; the one that was said last takes what it needs. What is done to single notes (pitch bend, pressure) is passed
over.
"""

from __future__ import annotations

from improv.events import ControlChange

LOWER, UPPER = 0, 15
_DATA, _NRPN, _RPN_LSB, _RPN_MSB = 6, (98, 99), 100, 101
#: The registered parameter that says how large a zone is: most and least significant part.
_CONFIGURATION = (0, 6)


class Zones:
    """The zones of one input, as far as it has said that it has any."""

    def __init__(self) -> None:
        self._parameter: dict[int, tuple[int, int]] = {}  # by channel, the registered parameter that is set next
        self._members = {LOWER: 0, UPPER: 0}

    def hear(self, event: ControlChange) -> None:
        """Take in a control change: it may be part of a zone's configuration."""
        most, least = self._parameter.get(event.channel, (127, 127))
        if event.control == _RPN_MSB:
            self._parameter[event.channel] = event.value, least
        elif event.control == _RPN_LSB:
            self._parameter[event.channel] = most, event.value
        elif event.control in _NRPN:
            self._parameter.pop(event.channel, None)
        elif event.control == _DATA and (most, least) == _CONFIGURATION and event.channel in self._members:
            self._configure(event.channel, min(event.value, 15))

    def _configure(self, master: int, members: int) -> None:
        other = UPPER if master == LOWER else LOWER
        self._members[master] = members
        # Each of two zones has a master of its own; fifteen members leave the other none.
        self._members[other] = min(self._members[other], max(0, 14 - members))

    def master(self, channel: int) -> int:
        """The master channel of the zone that a channel (0-15) belongs to; the channel itself where there is none."""
        if channel <= self._members[LOWER] and self._members[LOWER]:
            return LOWER
        if channel >= UPPER - self._members[UPPER] and self._members[UPPER]:
            return UPPER
        return channel
