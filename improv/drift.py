"""Keeping an answer near its call: what it has drifted away in pitch, pace and fullness pulls it back.

A model goes on from its own notes, and small deviations grow. So the mean pitch, the mean wait (its logarithm) and the
share of notes that join a chord are compared with the player's; the difference becomes a bias on what is drawn next.
For a bell-shaped distribution a bias of `(target - mean) / variance` nats a unit moves the mean by that difference.
Music's are none: so beyond one spread from the player's mean a value gains or loses no more, lest what is rare (a wait
of 40 ms, the highest key) be what answers a drift. And pace and fullness go up and down in any music: only what is
beyond ALLOWED is a drift.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from copy import copy
from math import copysign, log, log2, sqrt

import numpy as np
from numpy.typing import NDArray

from improv.encoding import IOI, PITCH, Encoding
from improv.notes import GROUP_SPAN, Note
from improv.step import Floats

#: How much of a deviation is pulled back.
PULL = 2.0
#: For how many notes the player's own manner stands in while an answer has few of its own.
CALL_WEIGHT = 8
#: Spreads below these are not believed: semitones, and doublings of time.
LEAST_PITCH_SPREAD, LEAST_WAIT_SPREAD = 4.0, 0.5
#: What may differ: nothing of the mean pitch; doublings of the mean wait; nats of the odds that a note joins a chord.
ALLOWED_PITCH, ALLOWED_WAIT, ALLOWED_ODDS = 0.0, 0.5, 1.0
#: No pull is stronger than this many nats, from the player's mean to any value.
MOST = 2.0

Values = NDArray[np.float64]
_KEYS = np.arange(128.0)


class Sums:
    """Count, sum and sum of squares of numbers that come and go."""

    __slots__ = ("count", "squares", "total")

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, 0.0, 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Count a number, or with `times` -1 no longer."""
        self.count += times
        self.total += times * value
        self.squares += times * value * value

    def moved(self, by: float) -> Sums:
        """Those of the same numbers, each greater by so much."""
        other = Sums()
        other.count, other.total = self.count, self.total + by * self.count
        other.squares = self.squares + by * (2 * self.total + by * self.count)
        return other

    @property
    def mean(self) -> float:
        """Their mean; there must be one."""
        return self.total / self.count

    @property
    def spread(self) -> float:
        """Their standard deviation."""
        return sqrt(max(self.squares / self.count - self.mean**2, 0.0))


class Manner:
    """How someone plays: pitches, log2 of the seconds between groups, and for each note whether it joins a group. It
    goes by the last `most` notes, and costs the same however many there are."""

    def __init__(self, most: int | None = None) -> None:
        self.pitches, self.waits, self.joins = Sums(), Sums(), Sums()
        self._most = most
        self._kept: deque[tuple[float, float | None, float | None]] = deque()
        self._head: float | None = None

    def add(self, note: Note) -> None:
        """The note that comes next in onset order."""
        head = self._head
        if head is None:
            self._count((note.pitch, None, None))
        elif note.onset - head > GROUP_SPAN + 1e-9:
            self._count((note.pitch, log2(note.onset - head), 0.0))
        else:
            self._count((note.pitch, None, 1.0))
            return
        self._head = note.onset

    def moved(self, semitones: float, octaves: float) -> Manner:
        """The same manner so many semitones higher, and at a pace so many doublings faster. Nothing is to be added."""
        other = Manner(0)
        other.pitches, other.waits = self.pitches.moved(semitones), self.waits.moved(-octaves)
        other.joins = self.joins
        return other

    def copy(self) -> Manner:
        """Another that goes on from here by itself."""
        other = copy(self)
        other.pitches, other.waits, other.joins = copy(self.pitches), copy(self.waits), copy(self.joins)
        other._kept = self._kept.copy()
        return other

    def _count(self, found: tuple[float, float | None, float | None], times: int = 1) -> None:
        for sums, value in zip((self.pitches, self.waits, self.joins), found, strict=True):
            if value is not None:
                sums.add(value, times)
        if times > 0 and self._most is not None:
            self._kept.append(found)
            if len(self._kept) > self._most:
                self._count(self._kept.popleft(), -1)


def manner(notes: Iterable[Note]) -> Manner:
    """The manner of `notes`, in onset order."""
    found = Manner()
    for note in notes:
        found.add(note)
    return found


def pull(encoding: Encoding, call: Manner, answer: Manner) -> Floats:
    """The bias, shape (encoding.offsets[-1],), in nats, that brings `answer` back to `call`; zero without a drift."""
    bias = np.zeros(encoding.offsets[-1], np.float32)
    bias[encoding.field(PITCH)] = _tilt(_KEYS, call.pitches, answer.pitches, LEAST_PITCH_SPREAD, ALLOWED_PITCH)
    waits = bias[encoding.field(IOI)]
    waits[1:] = _tilt(encoding.ioi_octaves, call.waits, answer.waits, LEAST_WAIT_SPREAD, ALLOWED_WAIT)
    if call.joins.count:
        share, notes = call.joins.mean, call.joins.count
        odds = _log_odds(share, notes) - _log_odds(_mixed(answer.joins, share), notes)
        waits[0] = PULL * _beyond(odds, ALLOWED_ODDS)
    return bias


def _tilt(values: Values, call: Sums, answer: Sums, least_spread: float, allowed: float) -> Values | float:
    if not call.count or not answer.count:
        return 0.0
    target = call.mean
    spread = max(call.spread, least_spread)
    strength = min(max(PULL * _beyond(target - _mixed(answer, target), allowed) / spread, -MOST), MOST)
    tilt: Values = strength * np.minimum(np.maximum((values - target) / spread, -1.0), 1.0)
    return tilt


def _beyond(difference: float, allowed: float) -> float:
    return copysign(max(abs(difference) - allowed, 0.0), difference)


def _mixed(answer: Sums, target: float) -> float:
    """The mean of an answer so far, CALL_WEIGHT notes at the call's mean added."""
    return (answer.total + CALL_WEIGHT * target) / (answer.count + CALL_WEIGHT)


def _log_odds(share: float, notes: int) -> float:
    """Of a share of `notes`, half a note added on each side: who plays no chords is not held to none for ever."""
    return log((share * notes + 0.5) / ((1 - share) * notes + 0.5))
