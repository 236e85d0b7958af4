"""Staying awake while the player plays.

Between two keys next to nothing runs here, and what has not run for some milliseconds runs two to four times slower:
the processor sleeps, and others fill its caches. So for some seconds after a key the engine goes, every few
milliseconds, through what it will go through with the next one, on a reception and a listener of its own. Who does not
play lets it sleep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from improv.events import Event
from improv.listener import Listener
from improv.plan import PlannedNote, Play
from improv.ports.packing import packed, unpacked
from improv.ports.reports import Heard, Report
from improv.reception import Reception

#: Seconds after a key for which it stays awake, and from one rehearsal to the next.
AWAKE, TICK = 3.0, 0.002
_KEY = (bytes((0x90, 60, 64)), bytes((0x80, 60, 0)))
_ANSWER = Play((PlannedNote(0.0, 60, 64, 1.0, 1),))


class Alertness:
    """`look` is what is looked at with every key, besides what was heard."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look
        self._reception, self._listener = Reception(), Listener()
        self._until = float("-inf")

    def struck(self, now: float) -> None:
        """A key went down, by `now` (absolute seconds)."""
        self._until = now + AWAKE

    def wait(self, wait: Callable[[float], list[Report]], seconds: float, now: Callable[[], float]) -> Sequence[Report]:
        """What `wait`, which waits some seconds, finds within `seconds`; `now` is the clock."""
        moment = now()
        end = moment + seconds
        while moment < self._until and moment + TICK < end:
            if reports := wait(TICK):
                return reports
            self._rehearse(moment)
            moment = now()
        return wait(max(0.0, end - moment))

    def _rehearse(self, now: float) -> None:
        for data in _KEY:
            for report in unpacked(packed((Heard(now, 0, data),))):
                for event in self._reception.events(report):
                    if isinstance(event, Event):
                        self._listener.hear(event)
        packed(_ANSWER)
        self._look()
