"""The session memory in playing: what is heard goes in chord by chord, and each answer draws on it with restraint.

1. The player's notes are learned; improv's own are context only, so that it never learns from itself.
2. Predicting is not playing: what predicts best would recite. The memory's weight is at most the cap, and once
   FREE notes in a row have gone on with a passage as it was heard, to the letter or transposed, each further one
   leaves the weight multiplied by LEAVE, until improv goes its own way.
"""

from __future__ import annotations

import numpy as np

from improv.context import CONTEXT_NOTES
from improv.encoding import PITCH, Rows
from improv.memory import Memory
from improv.notes import GROUP_SPAN
from improv.step import Floats

FREE, LEAVE = 6, 0.75
#: Rows the network must have read before what it expected counts, unless there never were more.
_WARM = CONTEXT_NOTES // 2


class Remembrance:
    """A memory, and the chord that is being heard: keys that arrive in any order are learned in ascending order."""

    def __init__(self) -> None:
        self.memory = Memory()
        self._head = float("-inf")  # onset of the chord being heard, seconds
        self._chord: list[tuple[int, bool]] = []  # pitch, and whether it is improv's own

    def hear(self, onset: float, pitch: int, own: bool) -> None:
        """A note began at `onset` (seconds): the player's, or improv's own."""
        if onset - self._head > GROUP_SPAN + 1e-9:
            self.close()
            self._head = onset
        self._chord.append((pitch, own))

    def close(self) -> None:
        """The chord is complete."""
        for index, (pitch, own) in enumerate(sorted(self._chord)):
            if own:
                self.memory.follow(pitch, index == 0)
            else:
                self.memory.learn(pitch, index == 0)
        self._chord.clear()

    def settle(self, rows: Rows, heard: Floats) -> None:
        """The network read `rows` (n, 7), the last notes heard, from an empty state, and found `heard` (n, 5)."""
        if not np.isfinite(heard).all():
            return
        first = _WARM if len(rows) >= CONTEXT_NOTES else 0
        self.memory.settle(rows[first:, PITCH].tolist(), heard[first:, PITCH].tolist())


class Recall:
    """The memory's say in one answer, which begins after all that was heard."""

    def __init__(self, remembrance: Remembrance) -> None:
        remembrance.close()
        self._memory = remembrance.memory
        self._trail = self._memory.trail.copy()
        self._prediction = self._memory.predict(self._trail)
        self.recited = 0

    def prior(self, cap: float) -> tuple[Floats, float]:
        """For the next note: the memory's pitch distribution, shape (128,), and its weight, at most `cap` (0 to 1)."""
        prior, weight = self._memory.prior(self._prediction)
        return prior, min(weight, cap) * LEAVE ** max(0, self.recited - FREE)

    def wrote(self, pitch: int, begins: bool) -> None:
        """The answer goes on with `pitch`, which `begins` a chord or joins the last one."""
        self.recited = self.recited + 1 if self._prediction.recites(pitch) else 0
        self._trail.push(pitch, begins)
        self._prediction = self._memory.predict(self._trail)
