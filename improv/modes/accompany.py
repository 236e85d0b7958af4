"""With the player, all the time: they have the melody and improv accompanies, or they accompany and improv has it.

1. Improv comes in once the player has played a few notes, and from then on plans for both (improv.foresight): it
   strikes with the player, and what the player does changes what is to come.
2. When the player has let go of everything, improv goes on for half the time it has: a bar of the clock, or two seconds
   in free time. Then it looks for an end within that time, and lets it ring (improv.ending).
3. It plays on as soon as the player does. What rings is never cut, but by a clock that stops or jumps, or where another
   mode takes over.
"""

from __future__ import annotations

from improv.casting import ACCOMPANIST, LEADER, Cast
from improv.flow import RELEASE, Flow, Flowing
from improv.notes import Note
from improv.plan import Command
from improv.stage import Stage


class AccompanyMode(Flowing):
    """The mode `accompany`."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, Flow(stage))
        self._taken = False  # to play on, though the player has let go

    def heard(self, note: Note) -> None:
        """The player plays: improv plays along."""
        ears = self._stage.ears
        if ears.time.waiting or ears.heard < self._stage.panel.settings.min_notes:
            return
        self._taken = False
        self._flow.begin(self._cast())
        self._flow.heard(note)

    def halt(self, at: float) -> None:
        """The clock started, stopped or jumped: all goes off at `at`, until the player plays on."""
        self._flow.stop(at)

    def take(self, at: float) -> None:
        """Play, whether the player does or not."""
        self._taken = True
        self._flow.begin(self._cast())

    def give_back(self, at: float) -> None:
        """Stop until the player plays on."""
        self._flow.stop(at + RELEASE)

    def finish(self, at: float) -> None:
        """Find an end, and rest until the player plays on."""
        self._flow.finish(at + self._flow.limit())

    def turn(self, now: float) -> list[Command]:
        """Go on with the plan, or come to an end."""
        if self._flow.plays and (ends := self._ends()) is not None and now >= ends[0]:
            self._flow.finish(ends[1])
        return self._flow.turn(now)

    def wake_at(self) -> float | None:
        """When the plan, the end or a note that begins or ends wants a turn."""
        wakes, ends = self._flow.wake_at(), self._ends() if self._flow.plays else None
        return wakes if wakes is None or ends is None else min(wakes, ends[0])

    def _cast(self) -> Cast:
        return LEADER if self._stage.panel.settings.role == "lead" else ACCOMPANIST

    def _ends(self) -> tuple[float, float] | None:
        """When to look for an end, and when the last note has to have begun, if the player plays no more."""
        quiet = self._stage.ears.quiet_since()
        return None if quiet is None or self._taken else (quiet + self._flow.limit() / 2, quiet + self._flow.limit())
