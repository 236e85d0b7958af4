"""How inputs are looked at: closely, again and again, or not until one of them wakes who waits. Pure but for its ports.

1. An input wakes by a callback, which waits for the interpreter's lock on the MIDI system's own thread: not for long,
   unless others keep this process from running with the lock in its hand. JACK loses messages then, so who may not run
   in real time looks closely until nobody has played for CLOSELY seconds. Measured beside ten busy processes, messages
   10 ms apart: in real time the callback lost none that looking did not, and heard them after 0.6 ms instead of 1.2;
   niced, of ten it lost two to eight in a hundred, looking one.
2. In a flood everybody looks closely, until it is over: a callback for each message keeps JACK's thread waiting.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from improv.ports.faces import Input
from improv.ports.held import SENSING
from improv.ports.waiting import Waiter

#: Seconds between two looks at inputs that wake, and at others; and after how long without a note those wake.
LOOK_SLEEPING, LOOK, CLOSELY = 0.1, 0.001, 10.0
#: Nothing may have come just when the callback was set, so it is set again after so many quiet seconds.
MAKE_SURE = 1.0
#: Where there is no waking, sleeping inputs are looked at so often.
LOOK_UNWOKEN = 0.004
#: A flood is so many messages in so many seconds, as many as a MIDI cable can carry; and it is over after so many.
FLOOD, FLOOD_WITHIN, FLOOD_OVER = 100, 0.1, 1.0
ACTIVE_SENSING = bytes([SENSING])


class Attention:
    """What is paid to some inputs, which can wake the waiter. Moments are absolute seconds."""

    def __init__(self, inputs: Sequence[Input], waiter: Waiter, now: float, closely: float = CLOSELY) -> None:
        """They are looked at closely until `closely` seconds after the last note."""
        self._inputs, self._waiter, self._closely = inputs, waiter, closely
        self._played_at, self._flooded_at = now, -math.inf
        self._came = deque([-math.inf] * FLOOD, FLOOD)  # when the last messages did
        self._dozed = 0  # how often the callback was set since they were looked at closely

    def heard(self, data: bytes, at: float) -> None:
        """A message came in."""
        if data[:1] != ACTIVE_SENSING:  # that says only that nothing is played
            self._played_at = at
        self._came.append(at)
        if at - self._came[0] < FLOOD_WITHIN:
            self._flooded_at = at

    def pay(self, now: float) -> float:
        """Look closely, or let them wake; in how many seconds to look again."""
        quiet = now - self._played_at
        if quiet < self._closely or now - self._flooded_at < FLOOD_OVER:
            return self._attend()
        return self._doze(quiet)

    def _attend(self) -> float:
        for port in self._inputs if self._dozed else ():
            port.attend()
        self._dozed = 0
        return LOOK

    def _doze(self, quiet: float) -> float:
        if not self._waiter.can_be_woken:
            return LOOK_UNWOKEN if quiet >= CLOSELY else LOOK
        if self._dozed == 0 or (self._dozed == 1 and quiet >= MAKE_SURE):
            self._dozed += 1
            for port in self._inputs:
                port.doze(self._waiter.wake)
        return LOOK_SLEEPING
