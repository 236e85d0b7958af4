"""The mode `continue`: the player lays their hands down, and improv plays on as if they were still at it.

1. After each note the model says how long the wait for the next may be; who has no key down and is later than in
   QUANTILE of all cases has handed over. So has a performer who says so.
2. Improv goes on from what was heard, in the player's own manner. Its first note begins within SOON seconds, but in
   free time on a beat of the player's where it is sure of one (improv.entering).
3. The moment the player returns the music is theirs: what has not begun is taken back, what sounds ends at once.
"""

from __future__ import annotations

from improv.casting import TOGETHER
from improv.entering import Entrance, entrance
from improv.flow import RELEASE, Flow, Flowing
from improv.notes import Note
from improv.plan import Command
from improv.root import Root
from improv.stage import Stage

QUANTILE = 0.95
SOON = 0.1
#: No wait of improv's is longer than this many seconds.
REST = 4.0


class ContinueMode(Flowing):
    """The mode `continue`."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage, Flow(stage, REST, SOON))
        self._asks = bool(stage.ears.recent)  # how long the wait may be is yet to be asked
        self._root: Root | None = None  # reads what was heard, to be asked
        self._due: float | None = None  # when the player is late, if no key is down

    def heard(self, note: Note) -> None:
        """The player is back, or plays on."""
        if self._flow.sounds:
            self._flow.stop(note.onset + RELEASE)
        self._asks, self._root, self._due = True, None, None

    def halt(self, at: float) -> None:
        """The clock started, stopped or jumped: all goes off, and nothing is taken over until the player has played."""
        self._flow.stop(at)
        self._asks, self._due = False, None

    def turn(self, now: float) -> list[Command]:
        """Take over, or play on."""
        if self._asks:
            self._ask()
        if (coming := self._entrance()) is not None and coming.due <= now:
            self._take_over(coming.beat)
        return self._flow.turn(now)

    def take(self, at: float) -> None:
        """Take over now."""
        self._take_over()

    def give_back(self, at: float) -> None:
        """The music is the player's."""
        self._asks, self._due = False, None
        self._flow.stop(at + RELEASE)

    def finish(self, at: float) -> None:
        """Find an end, then wait for the player."""
        self._asks, self._due = False, None
        self._flow.finish(at + self._flow.limit())

    def wake_at(self) -> float | None:
        """At once while there is something to read; when the player is late, or the plan wants a turn."""
        if self._asks:
            return float("-inf")
        wakes, coming = self._flow.wake_at(), self._entrance()
        return wakes if coming is None else coming.due if wakes is None else min(wakes, coming.due)

    def _take_over(self, beat: float | None = None) -> None:
        self._asks, self._due = False, None
        self._flow.begin(TOGETHER, beat)

    def _ask(self) -> None:
        """How late the next note may be, by the model's own expectation: a slice of reading, or the question."""
        stage = self._stage
        if stage.ears.time.waiting or stage.ears.heard < stage.panel.settings.min_notes:
            self._asks = False
            return
        self._root = self._root or Root(stage.model, stage.ears, stage.panel, stage.rng)
        if not self._root.read():
            self._due = stage.ears.recent[-1].onset + self._root.wait(QUANTILE)
            self._asks, self._root = False, None

    def _entrance(self) -> Entrance | None:
        """How improv is to take over if the player plays no more."""
        quiet = self._stage.ears.quiet_since()
        return None if self._due is None or quiet is None else entrance(self._stage, max(self._due, quiet))
