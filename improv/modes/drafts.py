"""Thinking ahead: several answers are written before one is due, and the best of them is played.

1. It begins AHEAD seconds before an answer is due, and no sooner than SETTLED after the player has let go: a note of
   the player's makes all drafts void. What was heard is read once, in slices, and every draft goes on from there.
2. AT_ONCE are written at the same time, for the model reads its weights once for all of them. A turn is one slice, of
   some 0.3 ms: a run of the model for a note of each, or what is decided around one of these notes. So a key that goes
   down waits no longer than that.
3. The best is what costs least, in nats: an answer is as likely as the model itself expects of its own notes, neither
   dull nor wild; as long and as quick as was asked for; ends where the model expects an end; and does not go on for
   long with what the player has played, to the letter or transposed.
4. What is not written to its end when the answer is due is not chosen; if none is, the one that has come farthest is
   played as it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, log2

import numpy as np

from improv.modes.writing import Answer
from improv.notes import GROUP_SPAN
from improv.questions import Sliced, answer_all
from improv.root import Root

#: Drafts that are written at the same time.
AT_ONCE = 2
#: Seconds before it is due that drafts of an answer are begun, and seconds of silence before that.
AHEAD, SETTLED = 0.5, 0.15
#: Nats for: each nat that a note is likelier, or less likely, than the model expects; each doubling or halving of the
#: length and of the usual wait; a halving of the chance that nothing follows; a note beyond FREE that recites.
UNUSUAL, LENGTH, PACE, OPEN, RECITED, FREE = 2.0, 1.0, 1.0, 0.25, 0.1, 6
#: No end is taken to be less likely than this.
_LEAST = 1e-3


@dataclass(slots=True)
class _Making:
    """An answer in the making, and what it asks for its next note."""

    answer: Answer
    asking: Sliced[None]


class Drafts:
    """Answers in the making to a phrase that ended, for the moment at which one is due: each `make` begins goes on from
    the `root`; `most` are written. They are void once the player plays on."""

    def __init__(self, root: Root, make: Callable[[], Answer], most: int, due: float) -> None:
        self._root, self._make = root, make
        self._left = most
        #: When the answer is due, absolute seconds.
        self.due = due
        self._finished: list[Answer] = []
        self._making: list[_Making] = []

    @property
    def idle(self) -> bool:
        """Whether all are written."""
        return self._left == 0 and not self._making

    @property
    def finished(self) -> int:
        """How many are written to their end."""
        return len(self._finished)

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return self._root.broken + sum(one.broken for one in (*self._finished, *(one.answer for one in self._making)))

    def think(self) -> None:
        """One slice."""
        if self._root.read():
            return
        while self._left and len(self._making) < AT_ONCE:
            answer = self._make()
            self._making.append(_Making(answer, Sliced(answer.asking(self.due))))
            self._left -= 1
        for one in self._making:
            if one.asking.question is None:
                self._go_on(one)
                return
        answer_all(self._root.model, [one.asking for one in self._making])

    def _go_on(self, one: _Making) -> None:
        """Let it go on to its next question, or to its end."""
        while not one.asking.decide():
            if one.answer.finished:
                self._making.remove(one)
                self._finished.append(one.answer)
                return
            one.asking = Sliced(one.answer.asking(self.due))

    def best(self) -> Answer:
        """The finished one that costs least, or the one that has come farthest, or else one that is begun now."""
        played = [one for one in self._finished if one.written]
        farthest = max((one.answer for one in self._making), key=lambda answer: len(answer.written), default=None)
        return min(played, key=cost, default=None) or farthest or self._make()


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
