"""The beat of a player in free time, with how sure it is. Pure; absolute seconds.

A filter over all beats there might be: how long a beat is and where in it we are. With every chord the likelihood of
each is multiplied by how often music has an onset there: mostly on the beat, often on its half, at times on its
quarters or thirds; one with several notes more likely on the beat. Between chords beats go on, and may drift. (After
Whiteley, Cemgil and Godsill, "Bayesian modelling of temporal structure in musical audio", 2006, the bar pointer; here
a beat's, and of onsets that are known.)
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from improv.notes import GROUP_SPAN

Values = NDArray[np.float64]

#: Seconds a beat, and how many parts a beat is looked at in.
PERIODS = np.geomspace(0.33, 1.0, 40)
PARTS = 48
#: Where in a beat onsets are, and how often: single notes, and chords. The rest may be anywhere.
PLACES = (0.0, 1 / 2, 1 / 4, 3 / 4, 1 / 3, 2 / 3)
NOTES = (0.34, 0.24, 0.12, 0.12, 0.04, 0.04)
CHORDS = (0.56, 0.20, 0.05, 0.05, 0.02, 0.02)
#: Players are off by so much (seconds), and their beat's length wanders by this much a second, in steps of PERIODS.
JITTER, WANDER = 0.022, 0.03
#: Beats of this length are likeliest (seconds), by a bell over the logarithm of this width.
USUAL, SPREAD = 0.6, 0.35
#: An offered moment is right if a beat is so near (seconds). How sure one must be to enter on it: of moments offered
#: with more, nine in ten lay on a beat or its half (tests/bench/beats.py).
NEAR, SURE = 0.06, 0.8
#: Seconds for what is offered to be looked at in, and how wide (in these) a crowd of beliefs is.
_STEP, _CROWD = 0.01, np.exp(-0.5 * (np.arange(-4, 5) / 2.0) ** 2)
#: What was believed is forgotten by this much a second, and wholly after so long a silence; seconds of one drift.
_FORGOTTEN, _LONG, _PIECE = 0.01, 15.0, 0.5


def _bells(shares: tuple[float, ...]) -> Values:
    """How often onsets are in each part of a beat against evenly spread, shape (periods, parts)."""
    phase = np.arange(PARTS) / PARTS
    found = np.full((len(PERIODS), PARTS), 1 - sum(shares))
    for place, share in zip(PLACES, shares, strict=True):
        away = (phase - place + 0.5) % 1 - 0.5
        width = np.maximum(JITTER / PERIODS, 0.7 / PARTS)[:, None]
        bell = np.exp(-0.5 * (away / width) ** 2)
        found += share * bell / bell.mean(axis=1, keepdims=True)
    return found


class BeatFinder:
    """Hears the player's onsets in order."""

    def __init__(self) -> None:
        self._fits = _bells(NOTES), _bells(CHORDS)
        self._waves = np.fft.rfft(self._fits[0])
        prior = np.exp(-0.5 * (np.log(PERIODS / USUAL) / SPREAD) ** 2)[:, None] * np.ones(PARTS)
        self._prior: Values = prior / prior.sum()
        self.forget()

    def forget(self) -> None:
        """Nothing was heard."""
        self._beliefs: Values = self._prior  # shape (periods, parts): probabilities
        self._at: float | None = None  # the moment these are of, a chord's first onset
        self._chord = False
        self._ahead: Values | None = None  # how likely onsets are after the last chord, shape (periods, parts)

    def hear(self, onset: float) -> None:
        """The player struck; chords are noticed when their second note comes."""
        if self._at is not None and onset - self._at <= GROUP_SPAN:
            if not self._chord:
                self._chord = True
                self._weigh(self._fits[1] / self._fits[0])
            return
        if self._at is not None:
            self._beliefs = self._later(onset - self._at)
        self._at, self._chord = onset, False
        self._weigh(self._fits[0])

    def _weigh(self, factor: Values) -> None:
        self._ahead = None
        self._beliefs = self._beliefs * factor
        self._beliefs /= self._beliefs.sum()

    def _later(self, seconds: float) -> Values:
        """What is believed so many seconds after the last chord: beats have gone on, drifted and been forgotten."""
        if seconds > _LONG:
            return self._prior
        pieces = max(1, math.ceil(seconds / _PIECE))
        return self._moved(seconds / pieces, pieces)

    def _moved(self, seconds: float, pieces: int) -> Values:
        """What is believed after so many pieces of time, of so many seconds each: a beat that drifts comes elsewhere,
        so a long wait is many short ones."""
        shift = seconds / PERIODS * PARTS
        whole = np.floor(shift).astype(int)
        part = (shift - whole)[:, None]
        index, rows = (np.arange(PARTS)[None] - whole[:, None]) % PARTS, np.arange(len(PERIODS))[:, None] * PARTS
        near, far, stays = rows + index, rows + (index - 1) % PARTS, 1 - part
        share, kept = WANDER * seconds, math.exp(-_FORGOTTEN * seconds)
        beliefs, forgotten = self._beliefs, (1 - kept) * self._prior
        for _ in range(pieces):
            moved = stays * beliefs.take(near) + part * beliefs.take(far)
            beside = np.empty_like(moved)  # those of longer and of shorter beats
            beside[1:] = moved[:-1]
            beside[0] = moved[0]
            beside[:-1] += moved[1:]
            beside[-1] += moved[-1]
            beliefs = kept * ((1 - 2 * share) * moved + share * beside) + forgotten
        return beliefs

    def odds(self, moments: Values) -> Values:
        """How much likelier an onset is at each of these moments (absolute seconds, after the last note) than at any
        other, by all that is believed; 1 where nothing is known."""
        if self._at is None:
            return np.ones(len(moments))
        if self._ahead is None:
            self._ahead = np.fft.irfft(np.conj(np.fft.rfft(self._beliefs)) * self._waves, PARTS)
        parts = ((moments - self._at) / PERIODS[:, None] * PARTS).astype(int) % PARTS
        found: Values = np.take_along_axis(self._ahead, parts, axis=1).sum(axis=0)
        return found

    def next_beat(self, earliest: float) -> tuple[float, float] | None:
        """The likeliest first beat from a moment on, and the probability that a beat is there; None before the first
        note."""
        if self._at is None or earliest < self._at:
            return None
        beliefs = self._later(earliest - self._at)
        # Who strikes the half as evenly as the beat gives no way to tell them apart: both are beats, twice as fast.
        alike = np.minimum(beliefs, np.roll(beliefs, PARTS // 2, axis=1))
        beliefs = beliefs + np.where(2 * PERIODS[0] <= PERIODS, 1.0, 0.0)[:, None] * alike
        waits = ((1 - np.arange(PARTS) / PARTS) % 1)[None] * PERIODS[:, None]
        crowd = np.bincount((waits / _STEP).astype(int).ravel(), beliefs.ravel())
        best = (int(np.argmax(np.convolve(crowd, _CROWD, "same"))) + 0.5) * _STEP
        beats = (best - waits) / PERIODS[:, None]
        away = np.abs((beats + 0.5) % 1 - 0.5) * PERIODS[:, None]
        return earliest + best, float(beliefs[away <= NEAR].sum())
