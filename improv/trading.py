"""Trading: so many bars each, by a clock. Pure; all in beats of the clock.

1. The player's turn begins with the bar of their first note; the last PICKUP of a bar leads into the next.
2. Improv's bars begin when the player's are over, and when its own are over the player's begin again.
3. Who has not played in their bars is waited for: the next note begins a turn.
"""

from __future__ import annotations

import math

from improv.pulse import Pulse

#: A note so short before a bar line, in beats, is played towards it; at most half a bar is.
PICKUP = 1.0


class Trading:
    """Hears the beats of the player's notes and knows whose bars they are; `bars` each has may change meanwhile."""

    def __init__(self) -> None:
        self._from: float | None = None  # the bar line at which the player's turn begins
        self._notes = 0  # heard in it

    def forget(self) -> None:
        """The clock stopped, or is elsewhere: the next note begins a turn."""
        self._from, self._notes = None, 0

    def heard(self, beat: float, pulse: Pulse, bars: int) -> None:
        """The player struck at this beat."""
        towards = beat + min(PICKUP, pulse.bar / 2)
        if self._from is None or beat >= self._from + bars * pulse.bar:  # their bars went by unanswered
            self._from, self._notes = math.floor(towards / pulse.bar) * pulse.bar, 0
        if towards >= self._from:
            self._notes += 1

    def entry(self, pulse: Pulse, bars: int, least: int) -> float | None:
        """The beat at which improv's bars begin, if it is known by now."""
        return None if self._from is None or self._notes < least else self._from + bars * pulse.bar

    def answered(self, entry: float, pulse: Pulse, bars: int) -> None:
        """Improv plays from that beat on: after that it is the player's turn."""
        self._from, self._notes = entry + bars * pulse.bar, 0
