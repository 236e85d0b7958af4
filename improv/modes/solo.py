"""On its own: improv plays from silence, or from what was heard, and the player's notes steer it.

1. It begins at once (in free time on a beat of the player's where it is sure of one: improv.entering), and plays until
   another mode takes over or the performer ends it. No rest is longer than REST.
2. What the player plays is part of the music: from the next note on improv plays as if it were its own, and what was
   planned beyond the commit horizon is planned anew (improv.foresight).
"""

from __future__ import annotations

from improv.casting import TOGETHER
from improv.entering import entrance
from improv.flow import RELEASE, Flow, Flowing
from improv.notes import Note
from improv.plan import Command
from improv.stage import Stage

#: The first note begins within so many seconds, and no rest is longer than these.
SOON, REST = 0.5, 2.0


class SoloMode(Flowing):
    """The mode `solo`."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, Flow(stage, REST, SOON))
        self._wants = True

    def heard(self, note: Note) -> None:
        """The player steers."""
        self._flow.heard(note)

    def halt(self, at: float) -> None:
        """The clock started, stopped or jumped: all goes off, and improv begins anew as soon as it may."""
        self._wants = self._wants or self._flow.plays
        self._flow.stop(at)

    def take(self, at: float) -> None:
        """Play, again."""
        self._wants = not self._flow.plays

    def give_back(self, at: float) -> None:
        """Stop."""
        self._wants = False
        self._flow.stop(at + RELEASE)

    def finish(self, at: float) -> None:
        """Find an end, then rest."""
        self._wants = False
        self._flow.finish(at + self._flow.limit())

    def turn(self, now: float) -> list[Command]:
        """Play on."""
        if self._wants and not self._stage.ears.time.waiting:
            self._wants = False
            self._flow.begin(TOGETHER, entrance(self._stage, now).beat)
        return self._flow.turn(now)

    def wake_at(self) -> float | None:
        """At once to begin; else when the plan wants a turn."""
        return float("-inf") if self._wants and not self._stage.ears.time.waiting else self._flow.wake_at()
