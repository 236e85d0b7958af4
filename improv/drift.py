"""Keeping an answer near its call: what it has drifted away in pitch, key, pace and fullness pulls it back.

A model goes on from its own notes, and small deviations grow. So the mean pitch, the pace and the share of notes that
join a chord are compared with the player's; the difference becomes a bias on what is drawn next. For a bell-shaped
distribution a bias of `(target - mean) / variance` nats a unit moves the mean by that difference. Music's are none: so
beyond one spread from the player's mean a value gains or loses no more, lest what is rare (a wait of 40 ms, the highest
key) be what answers a drift. And music goes up and down: only what is beyond ALLOWED is a drift.

1. Pace is how many chords there are in the seconds waited for them: by the mean of logarithms who never rests would be
   as slow as who does.
2. Of the key nobody need be told: a pitch class is the more at home the more often the player plays it, by the
   logarithm of its share. Who strays plays what is less at home on average, who circles round a few notes more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import copysign, log, log2

import numpy as np
from numpy.typing import NDArray

from improv.encoding import IOI, PITCH, Encoding
from improv.step import Floats
from improv.sums import NONE, Sums

#: How much of a deviation is pulled back.
PULL = 2.0
#: For how many notes the player's own manner stands in while an answer has few of its own.
CALL_WEIGHT = 8
#: Spreads below these are not believed: semitones, nats at home, and doublings of time.
LEAST_PITCH_SPREAD, LEAST_HOME_SPREAD, LEAST_WAIT_SPREAD = 4.0, 0.5, 0.5
#: What may differ: nothing of the mean pitch; nats at home; doublings of the pace; nats of the odds that a note joins a
#: chord. (Chosen by half minutes of playing on, see docs/audition.md.)
ALLOWED_PITCH, ALLOWED_HOME, ALLOWED_WAIT, ALLOWED_ODDS = 0.0, 0.2, 0.2, 0.3
#: No pull is stronger than this many nats, from the player's mean to any value.
MOST = 2.0

Values = NDArray[np.float64]
_KEYS = np.arange(128.0)
_CLASSES = np.arange(128) % 12
#: What is heard of no pitch class.
NO_KEY = (0.0,) * 12


@dataclass(frozen=True, slots=True)
class Manner:
    """How someone plays: pitches, log2 of the seconds between groups, for each note whether it joins a group, the
    `seconds` between groups in all, and how often each pitch class."""

    pitches: Sums = NONE
    waits: Sums = NONE
    joins: Sums = NONE
    seconds: float = 0.0
    classes: tuple[float, ...] = NO_KEY

    def moved(self, semitones: float, octaves: float) -> Manner:
        """The same manner so many semitones higher, in the same key, and at a pace so many doublings faster."""
        pitches, waits = self.pitches.moved(semitones), self.waits.moved(-octaves)
        return replace(self, pitches=pitches, waits=waits, seconds=self.seconds * 2.0**-octaves)


def pull(encoding: Encoding, call: Manner, answer: Manner) -> Floats:
    """The bias, shape (encoding.offsets[-1],), in nats, that brings `answer` back to `call`; zero without a drift."""
    bias = np.zeros(encoding.offsets[-1], np.float32)
    if not call.pitches.count or not answer.pitches.count:
        return bias
    height = _tilt(_KEYS, call.pitches, _short(call.pitches, answer.pitches), LEAST_PITCH_SPREAD, ALLOWED_PITCH)
    bias[encoding.field(PITCH)] = height + _homewards(call.classes, answer.classes)[_CLASSES]
    waits = bias[encoding.field(IOI)]
    if call.waits.count:
        waits[1:] = _tilt(encoding.ioi_octaves, call.waits, _hurried(call, answer), LEAST_WAIT_SPREAD, ALLOWED_WAIT)
    if call.joins.count:
        share, notes = call.joins.mean, call.joins.count
        odds = _log_odds(share, notes) - _log_odds(share - _short(call.joins, answer.joins), notes)
        waits[0] = PULL * _beyond(odds, ALLOWED_ODDS)
    return bias


def _tilt(values: Values, call: Sums, away: float, least_spread: float, allowed: float) -> Values:
    """Nats for each of `values` that make up for what an answer is `away` from the mean of its call."""
    spread = max(call.spread, least_spread)
    strength = min(max(PULL * _beyond(away, allowed) / spread, -MOST), MOST)
    tilt: Values = strength * np.minimum(np.maximum((values - call.mean) / spread, -1.0), 1.0)
    return tilt


def _homewards(call: tuple[float, ...], answer: tuple[float, ...]) -> Values:
    """Nats by pitch class, shape (12,). Once more than it was is each heard: what was not is far, not out of reach."""
    heard, played = np.array(call), np.array(answer)
    at_home = np.log((heard + 1) / (heard.sum() + 12))
    theirs, own = (Sums(n.sum(), float(n @ at_home), float(n @ at_home**2)) for n in (heard, played))
    if not theirs.count:
        return np.zeros(12)
    return _tilt(at_home, theirs, _short(theirs, own), LEAST_HOME_SPREAD, ALLOWED_HOME)


def _hurried(call: Manner, answer: Manner) -> float:
    """How many doublings of its pace an answer is faster than its call."""
    usual = call.seconds / call.waits.count
    own = (answer.seconds + CALL_WEIGHT * usual) / (answer.waits.count + CALL_WEIGHT)
    return log2(usual / own)


def _short(call: Sums, answer: Sums) -> float:
    """What the mean of an answer so far, CALL_WEIGHT notes at the call's mean added, is short of that."""
    return call.mean - (answer.total + CALL_WEIGHT * call.mean) / (answer.count + CALL_WEIGHT)


def _beyond(difference: float, allowed: float) -> float:
    return copysign(max(abs(difference) - allowed, 0.0), difference)


def _log_odds(share: float, notes: float) -> float:
    """Of a share of `notes`, half a note added on each side: who plays no chords is not held to none for ever."""
    return log((share * notes + 0.5) / ((1 - share) * notes + 0.5))
