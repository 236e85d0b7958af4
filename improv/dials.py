"""Dials: a few slow numbers beside the 32 notes, for what these are too short to show and for what is asked for.

*Heard* numbers describe the last half minute before a note: which pitch classes, how many notes a second, how high
and how wide, how loud and how even. *Asked* numbers are what a player sets: how dense, how high, how loud the coming
notes are to be. In training these are taken from the music that follows. Each kind comes with how far it is known,
0 to 1; a kind that is not known is zero throughout, and training leaves kinds out often, so that any may be absent.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from math import log2, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from improv.encoding import Arranged

#: Seconds that heard dials look back.
SPAN = 30.0
#: Heard dials are half known after this many notes.
HALF_KNOWN = 8.0
#: Notes a second are counted over no less than this many seconds, and are taken to be no fewer.
LEAST_SPAN, LEAST_PACE = 2.0, 0.05
#: What is asked for may be brief, but no briefer than this many seconds: one chord is no pace.
LEAST_ASKED = 0.25

Floats = NDArray[np.float32]
Values = NDArray[np.float64]

_CLASSES = np.eye(12)
_FACTS = 17


class Dial(IntEnum):
    """The kinds of dials, in order."""

    PROFILE = 0
    DENSITY = 1
    REGISTER = 2
    LOUDNESS = 3
    ASKED_DENSITY = 4
    ASKED_REGISTER = 5
    ASKED_LOUDNESS = 6


#: How many numbers each kind has; the last of them says how far it is known.
SIZES = (13, 2, 3, 3, 2, 2, 2)
_ENDS = np.cumsum((0, *SIZES))
#: Where each kind lies in a vector of dials, and how long that is.
FIELD = {dial: slice(int(_ENDS[dial]), int(_ENDS[dial + 1])) for dial in Dial}
WIDTH = int(_ENDS[-1])
_NOTHING = [0.0] * (WIDTH - FIELD[Dial.LOUDNESS].stop)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the coming notes; None: nothing. `density` notes a second, `register` their mean pitch
    (0-127), `loudness` their mean velocity (1-127)."""

    density: float | None = None
    register: float | None = None
    loudness: float | None = None

    def vector(self) -> Floats:
        """As dials, shape (WIDTH,), zero where nothing is asked."""
        dials = np.zeros(WIDTH, np.float32)
        if self.density is not None:
            dials[FIELD[Dial.ASKED_DENSITY]] = density(self.density), 1
        if self.register is not None:
            dials[FIELD[Dial.ASKED_REGISTER]] = height(self.register), 1
        if self.loudness is not None:
            dials[FIELD[Dial.ASKED_LOUDNESS]] = strength(self.loudness), 1
        return dials


NOTHING_ASKED = Asked()


def density(notes_per_second: ArrayLike) -> Values:
    """Notes a second as a dial: octaves of pace from 4 a second, halved."""
    return np.log2(np.maximum(notes_per_second, LEAST_PACE) / 4) / 2


def height(pitch: ArrayLike) -> Values:
    """A mean pitch as a dial: octaves from E4."""
    return (np.asarray(pitch) - 64) / 12


def strength(velocity: ArrayLike) -> Values:
    """A mean velocity as a dial."""
    return (np.asarray(velocity) - 64) / 24


def heard(arranged: Arranged) -> Floats:
    """What had been heard before each row and after the last, shape (n + 1, WIDTH); nothing before the first.

    Row k's numbers are of the rows before it that began within SPAN of the last of them.
    """
    notes, onsets = arranged.notes, arranged.onsets
    dials = np.zeros((len(notes) + 1, WIDTH), np.float32)
    if len(notes):
        sums = np.concatenate([np.zeros((1, _FACTS)), np.cumsum(_facts(notes["pitch"], notes["velocity"]), axis=0)])
        # A hair of tolerance, so that SPAN written in floating point is SPAN at any distance from zero.
        oldest = np.searchsorted(onsets, onsets - SPAN - 1e-9)
        dials[1:] = _dials(sums[1:] - sums[oldest], onsets - onsets[0])
    return dials


class Meter:
    """Heard dials that go on from a performance, note by note: `vector` equals the last row of `heard`."""

    def __init__(self, arranged: Arranged) -> None:
        notes, onsets = arranged.notes, arranged.onsets
        self._first = float(onsets[0]) if len(onsets) else None
        facts = _facts(notes["pitch"], notes["velocity"])
        self._window = deque(zip(onsets.tolist(), facts, strict=True))
        self._sums = facts.sum(axis=0)
        if len(onsets):
            self._forget(float(onsets[-1]))

    def add(self, onset: float, pitch: int, velocity: int) -> None:
        """A note of the group that began at `onset` (seconds), which comes after all notes so far."""
        facts = np.zeros(_FACTS)
        facts[pitch % 12] = 1
        facts[12:] = 1, pitch, pitch**2, velocity, velocity**2
        self._first = onset if self._first is None else self._first
        self._window.append((onset, facts))
        self._sums += facts
        self._forget(onset)

    def copy(self) -> Meter:
        """A meter of its own that has counted the same."""
        other = object.__new__(Meter)
        other._first, other._window, other._sums = self._first, self._window.copy(), self._sums.copy()
        return other

    def vector(self) -> Floats:
        """What has been heard, shape (WIDTH,)."""
        if self._first is None:
            return np.zeros(WIDTH, np.float32)
        # As `_dials` has it, but for one row it takes a tenth of the time.
        *classes, count, pitches, squares, velocities, their_squares = self._sums.tolist()
        known = count / (count + HALF_KNOWN)
        seconds = min(max(self._window[-1][0] - self._first, LEAST_SPAN), SPAN)
        centre, loud = pitches / count, velocities / count
        width = sqrt(max(squares / count - centre**2, 0.0)) / 12
        uneven = sqrt(max(their_squares / count - loud**2, 0.0)) / 12
        profile = [4 * one / count for one in classes]
        pace = (log2(max(count / seconds, LEAST_PACE) / 4) / 2, known)
        register, loudness = ((centre - 64) / 12, width, known), ((loud - 64) / 24, uneven, known)
        return np.array([*profile, known, *pace, *register, *loudness, *_NOTHING], np.float32)

    def _forget(self, now: float) -> None:
        while self._window[0][0] < now - SPAN - 1e-9:
            self._sums -= self._window.popleft()[1]


def asked(arranged: Arranged, until: float | None = None) -> Asked:
    """What these notes would have been asked for as: their notes a second, mean pitch and mean velocity.

    Paced `until` the next note's onset (seconds); where none follows, the last of them begins what comes after.
    """
    notes, onsets = arranged.notes, arranged.onsets
    if not len(notes):
        return Asked()
    count, until = (max(1, len(notes) - 1), float(onsets[-1])) if until is None else (len(notes), until)
    pace = count / max(until - float(onsets[0]), LEAST_ASKED)
    return Asked(pace, float(notes["pitch"].mean()), float(notes["velocity"].mean()))


def _facts(pitch: NDArray[np.integer], velocity: NDArray[np.integer]) -> Values:
    """What is summed over notes, shape (n, _FACTS): one in its pitch class, one, pitch, its square, velocity, its."""
    pitch, velocity = pitch.astype(np.int64), velocity.astype(np.int64)
    one = np.ones(len(pitch))
    return np.column_stack([_CLASSES[pitch % 12], one, pitch, pitch**2, velocity, velocity**2])


def _dials(sums: Values, since_first: Values) -> Floats:
    """Heard dials, shape (n, WIDTH), from sums of facts (n, _FACTS) and seconds since the first note (n,)."""
    dials = np.zeros((len(sums), WIDTH), np.float32)
    count = sums[:, 12:13]
    known = count / (count + HALF_KNOWN)
    seconds = np.clip(since_first, LEAST_SPAN, SPAN)[:, None]
    centre, width = _moments(sums[:, 13:14], sums[:, 14:15], count)
    loud, uneven = _moments(sums[:, 15:16], sums[:, 16:17], count)
    profile = 4 * sums[:, :12] / count
    columns = (profile, known, density(count / seconds), known, height(centre), width / 12, known)
    dials[:, : FIELD[Dial.LOUDNESS].stop] = np.concatenate([*columns, strength(loud), uneven / 12, known], axis=1)
    return dials


def _moments(total: Values, squares: Values, count: Values) -> tuple[Values, Values]:
    """Mean and standard deviation from sums, sums of squares and counts."""
    mean = total / count
    return mean, np.sqrt(np.maximum(squares / count - mean**2, 0.0))
