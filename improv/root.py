"""A draft that first reads what was heard, a slice of time at once, and from which others go on."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from improv.draft import Draft
from improv.encoding import Rows
from improv.reader import A_SLICE
from improv.step import Floats, read_only


class Root(Draft):
    """`read` before it writes, until there is no more."""

    def __init__(self, *what: Any, **more: Any) -> None:
        super().__init__(*what, **more)
        self._read: list[Rows] = []
        self._found: list[Floats] = []  # how likely they were, as the network saw them
        self._scored = False  # the last one as well
        self._reads = len(self._rows) > 1

    def read(self) -> bool:
        """Let the model read a slice of what was heard, up to the last note; whether there was anything to read.

        In the end the memory is told what the network had expected. What cannot be read now is read in writing.
        """
        left = len(self._rows) - 1
        self._reads = self._reads and (left > 0 or self._remembrance is not None)
        if not self._reads:
            return False
        if left:
            self._feed(min(left, A_SLICE))
        elif not self._scored:
            self._score()
        else:
            self._settle()
        return True

    def _feed(self, count: int) -> None:
        rows, how = self._rows[:count], read_only(self.model.encoding)
        step = self._run(rows, self._dials[: count + 1], how)
        if not np.isfinite(step.state).all():
            self.broken += 1
            self._reads = False
            return
        self._state, self._rows, self._dials = step.state, self._rows[count:], self._dials[count:]
        self._read.append(rows)
        self._found.append(step.heard[0])

    def _score(self) -> None:
        """The last note's own row is scored without being taken in: it is fed again with what is drawn after it."""
        self._found.append(self._run(self._rows, self._dials, read_only(self.model.encoding)).heard[0])
        self._scored = True

    def _settle(self) -> None:
        """The memory is told what the network had expected."""
        assert self._remembrance is not None
        self._remembrance.settle(np.concatenate([*self._read, self._rows]), np.concatenate(self._found))
        self._remembrance, self._reads = None, False

    def fork(self) -> Root:
        """Another that goes on from here by itself."""
        other = copy(self)
        other.broken = 0
        other._tail, other._meter, other._bearing = self._tail.copy(), self._meter.copy(), self._bearing.copy()
        other._own, other._theirs = self._own.copy(), self._theirs.copy()
        other._recall = None if self._recall is None else self._recall.copy()
        return other
