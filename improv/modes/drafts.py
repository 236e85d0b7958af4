"""Thinking ahead: several answers are written before one is due, and the best of them is played.

1. It begins AHEAD seconds before an answer is due, and no sooner than SETTLED after the player has let go: a note of
   the player's makes all drafts void. What was heard is read once, and every draft goes on from there.
2. A turn is one step of one draft, so that a key that goes down waits no longer than that.
3. The best is what costs least, in nats: an answer is as likely as the model itself expects of its own notes, neither
   dull nor wild; as long and as quick as was asked for; ends where the model expects an end; and does not go on for
   long with what the player has played, to the letter or transposed.
4. What is not written to its end when the answer is due is not chosen; if none is, the one that is being written is
   played as it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from math import log, log2

import numpy as np

from improv.draft import Draft
from improv.modes.writing import Answer
from improv.notes import GROUP_SPAN
from improv.step import controls

#: Seconds before it is due that drafts of an answer are begun, and seconds of silence before that.
AHEAD, SETTLED = 0.5, 0.15
#: Nats for: each nat that a note is likelier, or less likely, than the model expects; each doubling or halving of the
#: length and of the usual wait; a halving of the chance that nothing follows; a note beyond FREE that recites.
UNUSUAL, LENGTH, PACE, OPEN, RECITED, FREE = 2.0, 1.0, 1.0, 0.25, 0.1, 6
#: No end is taken to be less likely than this.
_LEAST = 1e-3


class Root(Draft):
    """A draft that has read what was heard, and from which others go on."""

    def read(self) -> None:
        """Let the model read what was heard, all but the last note, and let the memory know what it expected."""
        how, rows = controls(self._model.encoding, np.random.default_rng(0)), self._rows
        if len(rows) < 2:
            return
        step = self._run(rows[:-1], self._dials[:-1], how)
        if not np.isfinite(step.state).all():
            self.broken += 1
            return
        self._state, self._rows, self._dials = step.state, rows[-1:], self._dials[-2:]
        if self._remembrance is not None:
            last = self._run(self._rows, self._dials, how)
            self._remembrance.settle(rows, np.concatenate([step.heard[0], last.heard[0]]))
            self._remembrance = None

    def fork(self) -> Root:
        """Another that goes on from here by itself."""
        other = copy(self)
        other.broken = 0
        other._tail, other._meter, other._bearing = self._tail.copy(), self._meter.copy(), self._bearing.copy()
        other._own = self._own.copy()
        other._recall = None if self._recall is None else self._recall.copy()
        return other


class Drafts:
    """Answers in the making to a phrase that ended, for the moment at which one is due: `make` begins one, `most` are
    written. They are void once the player plays on."""

    def __init__(self, make: Callable[[], Answer], most: int, due: float) -> None:
        self._make = make
        self._left = most
        #: When the answer is due, absolute seconds.
        self.due = due
        self._finished: list[Answer] = []
        self._written: Answer | None = None

    @property
    def idle(self) -> bool:
        """Whether all are written."""
        return self._left == 0 and self._written is None

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return sum(one.broken for one in [*self._finished, *([] if self._written is None else [self._written])])

    def think(self) -> None:
        """One step of one draft."""
        if self._written is None and self._left:
            self._written, self._left = self._make(), self._left - 1
        if self._written is not None:
            self._written.step(self.due)
            if self._written.finished:
                self._finished.append(self._written)
                self._written = None

    def best(self) -> Answer:
        """The finished one that costs least, or the one in the making, or else one that is begun now."""
        played = [one for one in self._finished if one.written]
        return min(played, key=cost, default=None) or self._written or self._make()


def cost(answer: Answer) -> float:
    """What speaks against a finished answer, in nats."""
    written = answer.written
    onsets = np.array([one.note.onset for one in written])
    waits = np.diff(onsets)[np.diff(onsets) > GROUP_SPAN + 1e-9]
    unusual = abs(sum(one.opinion - one.expected for one in written)) / len(written)
    length = abs(log2(max(float(onsets[-1] - onsets[0]), 0.1) / answer.length))
    quick = abs(log2(float(np.median(waits)) / answer.pace)) if len(waits) else 1.0
    ended = -log2(max(written[-1].rest_before, _LEAST))
    return (
        UNUSUAL * unusual + LENGTH * length + PACE * quick + OPEN * ended + RECITED * max(0, answer.recited - FREE)
    ) * log(2)
