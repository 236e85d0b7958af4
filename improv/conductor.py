"""A MIDI clock sent: a tick at every 24th of a beat, start before the first, stop after the last. Pure.

Each tick has an absolute deadline on the line it was told, so none adds up the lateness of those before. A tick is
never left out, for who follows counts them; after a long standstill whole bars are.
"""

from __future__ import annotations

import math

from improv.plan import Conduct
from improv.pulse import Pulse

TICK, START, STOP = b"\xf8", b"\xfa", b"\xfc"
#: What a clock says (MIDI 1.0, "System Real Time" and "Song Position Pointer"); two clocks on one wire are none.
CLOCK_BYTES = frozenset(b"\xf2\xf8\xfa\xfb\xfc")
TICKS_A_BEAT = 24


class Conductor:
    """Obeys `Conduct`, and says what is due. Moments in absolute seconds."""

    def __init__(self) -> None:
        self._pulse: Pulse | None = None
        self._next = 0  # the tick that comes next, counted from beat 0
        self._at_once: list[bytes] = []
        self._asked = 0.0  # when that was asked for

    @property
    def conducts(self) -> bool:
        """Whether the clock runs."""
        return self._pulse is not None

    def obey(self, command: Conduct, now: float) -> None:
        """Begin, at a bar line, go on at another tempo, or stop."""
        if command.period <= 0:
            self.stop(now)
            return
        begins = self._pulse is None
        self._pulse = Pulse(command.at, command.beat, command.period, command.bar)
        if begins:
            self.begin_again(now)

    def begin_again(self, now: float) -> None:
        """If the clock runs: who follows may not know it; at the next bar line it starts."""
        if self._pulse is not None:
            self._at_once.append(START)
            self._asked = now
            self._next = round(self._pulse.bar_line(max(self._pulse.beat_at(now), 0.0)) * TICKS_A_BEAT)

    def stop(self, now: float) -> None:
        """The clock stops, if it runs."""
        if self._pulse is not None:
            self._at_once.append(STOP)
            self._asked = now
        self._pulse = None

    def next_deadline(self) -> float | None:
        """When the next byte is due; None if the clock stands."""
        if self._at_once:
            return self._asked
        return None if self._pulse is None else self._pulse.seconds_at(self._next / TICKS_A_BEAT)

    def due(self, now: float) -> list[bytes]:
        """All that is due up to `now`, in order. It counts as sent."""
        sent, self._at_once = self._at_once, []
        if self._pulse is None:
            return sent
        late = math.floor(self._pulse.beat_at(now) * TICKS_A_BEAT + 1e-6) + 1 - self._next
        bar = max(1, round(self._pulse.bar * TICKS_A_BEAT))
        if late > 2 * bar:  # as after a machine has slept
            self._next += late // bar * bar
            late %= bar
        if late > 0:
            sent += [TICK] * late
            self._next += late
        return sent
