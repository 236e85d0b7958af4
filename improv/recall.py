"""The session memory in playing: what is heard goes in chord by chord, and each answer draws on it with restraint.

1. The player's notes are learned; improv's own are context only, so that it never learns from itself. A wait is the
   player's if the notes before and after it are.
2. Predicting is not playing: what predicts best would recite. The memory's weight is at most the cap, and once
   FREE notes in a row have gone on with a passage as it was heard, to the letter or transposed, each further one
   leaves the weight multiplied by LEAVE, until improv goes its own way. So it is with waits, counted apart: a rhythm
   may come again with other notes.
3. While the player has frozen what was learned, all is context; what is forgotten was never heard.
4. How long a note sounds is drawn last, so the memory of touch has its say when all else of the note is known.
"""

from __future__ import annotations

import math
from copy import copy

import numpy as np

from improv.context import CONTEXT_NOTES
from improv.encoding import IOI, PITCH, Encoding, Rows
from improv.kept import NOTE, HeardLog, Kept
from improv.lengths import Lengths
from improv.memory import Memory, recites
from improv.mixing import Mixture
from improv.notes import GROUP_SPAN
from improv.rhythm import Rhythm, repeats
from improv.step import Floats
from improv.touch import Stroke

FREE, LEAVE = 6, 0.75
#: Rows the network must have read before what it expected counts, unless there never were more.
_WARM = CONTEXT_NOTES // 2


class Remembrance:
    """A memory of pitch and one of rhythm, and the chord that is being heard: keys that arrive in any order are learned
    in ascending order. While `frozen` nothing is learned; `forgotten` counts how often all was forgotten."""

    def __init__(self, encoding: Encoding, kept: Kept | None = None) -> None:
        """A new memory, or one made again from what was `kept`."""
        self.frozen = False
        self.forgotten = 0
        self._encoding = encoding
        self._head = -math.inf  # onset of the chord being heard, seconds
        self._wait = math.inf  # how long after the one before it began; 0 once it is learned
        self._chord: list[tuple[int, bool]] = []  # pitch, and whether it is to be learned
        self._begin(kept)

    def _begin(self, kept: Kept | None) -> None:
        pitch, ioi, *touch = (None,) * 4 if kept is None else (Mixture(*one) for one in kept.weights)
        self.memory, self.rhythm = Memory(mixture=pitch), Rhythm(mixture=ioi)
        self.lengths = Lengths(self._encoding, touch, () if kept is None else kept.strokes.tolist())
        self._log = HeardLog(NOTE)
        self._learned = False  # whether the last note was
        for key, learned, wait in [] if kept is None else kept.notes.tolist():
            self._take(key, bool(learned), wait)

    def kept(self) -> Kept:
        """What is to be kept of it, up to the last complete chord. Another thread may ask."""
        touch = self.lengths.touch
        expectations = (self.memory.expectation, self.rhythm.expectation, touch.velocity, touch.duration)
        weights = tuple(one.mixture.kept() for one in expectations)
        return Kept(weights, self._log.notes(), self.lengths.log.notes())

    def forget(self) -> None:
        """All that was learned is forgotten; what is held up to now is heard no more."""
        self.forgotten += 1
        self._chord.clear()
        self._begin(None)

    def hear(self, onset: float, pitch: int, own: bool) -> None:
        """A note began at `onset` (seconds): the player's, or improv's own."""
        if onset - self._head > GROUP_SPAN + 1e-9:
            self.close()
            self._head, self._wait = onset, onset - self._head
        self._chord.append((pitch, not (own or self.frozen)))

    def close(self) -> None:
        """The chord is complete."""
        for pitch, learned in sorted(self._chord):
            self._take(pitch, learned, self._wait)
            self._wait = 0.0
        self._chord.clear()

    def _take(self, pitch: int, learned: bool, wait: float) -> None:
        """A note, `wait` seconds after the chord before it began; 0 within a chord."""
        ioi = self._encoding.ioi_bin(wait)
        (self.memory.learn if learned else self.memory.follow)(pitch, wait > 0)
        (self.rhythm.learn if learned and self._learned and wait < math.inf else self.rhythm.follow)(pitch, ioi)
        self._log.add(pitch, learned, wait)
        self._learned = learned

    def settle(self, rows: Rows, heard: Floats) -> None:
        """The network read `rows` (n, 7), the last notes heard, from an empty state, and found `heard` (n, 5)."""
        if not np.isfinite(heard).all():
            return
        first = _WARM if len(rows) >= CONTEXT_NOTES else 0
        for memory, field in ((self.memory, PITCH), (self.rhythm, IOI)):
            memory.settle(rows[first:, field].tolist(), heard[first:, field].tolist())


class Recall:
    """The memory's say in one answer, which begins after all that was heard."""

    def __init__(self, remembrance: Remembrance) -> None:
        remembrance.close()
        self._memory, self._rhythm = remembrance.memory, remembrance.rhythm
        self._trail, self._steps = self._memory.trail.copy(), self._rhythm.steps.copy()
        self._touch, self._strokes = remembrance.lengths.touch, remembrance.lengths.close()
        self.recited = 0  # notes in a row that went on with a passage
        self.repeated = 0  # waits in a row that went on with a rhythm
        self._predict()

    def copy(self) -> Recall:
        """Another that goes on from here by itself."""
        other = copy(self)
        other._trail, other._steps, other._strokes = self._trail.copy(), self._steps.copy(), self._strokes.copy()
        return other

    def _predict(self) -> None:
        self._pitch, self._ioi = self._memory.predict(self._trail), self._rhythm.predict(self._steps)

    def pitch(self, cap: float) -> tuple[Floats, float]:
        """For the next note: the memory's pitch distribution, shape (128,), and its weight, at most `cap` (0 to 1)."""
        prior, weight = self._memory.prior(self._pitch)
        return prior, min(weight, cap) * LEAVE ** max(0, self.recited - FREE)

    def ioi(self, cap: float, bins: int) -> tuple[Floats, float]:
        """For the wait before it: the memory's distribution over so many bins, shape (bins,), and its weight so."""
        prior, weight = self._rhythm.prior(self._ioi, bins)
        return prior, min(weight, cap) * LEAVE ** max(0, self.repeated - FREE)

    def duration(self, cap: float, stroke: Stroke, bins: int) -> tuple[Floats, float]:
        """For how long a note of this ioi and pitch is to sound: the same over bins of duration."""
        prior, weight = self._touch.duration_prior(self._touch.predict_duration(self._strokes, stroke), bins)
        return prior, min(weight, cap)

    def wrote(self, stroke: Stroke) -> None:
        """The answer goes on with this note; its ioi is 0 if it joins the last chord."""
        ioi, pitch, _, _ = stroke
        self._strokes.push(stroke)
        self.recited = self.recited + 1 if recites(self._pitch, pitch) else 0
        self.repeated = self.repeated + 1 if repeats(self._ioi, ioi) else 0
        self._trail.push(pitch, ioi > 0)
        self._steps.push(pitch, ioi)
        self._predict()
