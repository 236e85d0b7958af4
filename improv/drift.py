"""Keeping an answer near its call: what it has drifted away in pitch, pace and fullness pulls it back.

A model goes on from its own notes, and small deviations grow. So the mean pitch, the mean wait (its logarithm) and the
share of notes that join a chord are compared with the player's; the difference becomes a bias on what is drawn next.
For a bell-shaped distribution a bias of `(target - mean) / variance` nats a unit moves the mean by that difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.encoding import IOI, PITCH, Encoding, group_of
from improv.notes import Note
from improv.step import Floats

#: How much of a deviation is pulled back.
PULL = 2.0
#: For how many notes the player's own manner stands in while an answer has few of its own.
CALL_WEIGHT = 8
#: Spreads below these are not believed: semitones, and doublings of time.
LEAST_PITCH_SPREAD, LEAST_WAIT_SPREAD = 4.0, 0.5
#: No pull is stronger than this many nats, from the player's mean to any value.
MOST = 4.0

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Manner:
    """How someone plays: pitches, log2 of the seconds between groups, and for each note whether it joins a group."""

    pitches: Values
    waits: Values
    joins: Values


def manner(notes: Sequence[Note]) -> Manner:
    """The manner of `notes`, in onset order."""
    onsets = np.array([note.onset for note in notes])
    joins = np.diff(group_of(onsets), prepend=-1) == 0
    waits = np.diff(onsets[~joins])
    return Manner(np.array([note.pitch for note in notes], float), np.log2(waits), joins[1:].astype(float))


def pull(encoding: Encoding, call: Manner, answer: Manner) -> Floats:
    """The bias, shape (encoding.offsets[-1],), in nats, that brings `answer` back to `call`; zero without a drift."""
    bias = np.zeros(encoding.offsets[-1], np.float32)
    bias[encoding.field(PITCH)] = _tilt(np.arange(128.0), call.pitches, answer.pitches, LEAST_PITCH_SPREAD)
    waits = bias[encoding.field(IOI)]
    waits[1:] = _tilt(np.log2(encoding.ioi_values[1:]), call.waits, answer.waits, LEAST_WAIT_SPREAD)
    if len(call.joins):
        share = float(call.joins.mean())
        waits[0] = PULL * (_log_odds(share, len(call.joins)) - _log_odds(_mixed(answer.joins, share), len(call.joins)))
    return bias


def _tilt(values: Values, call: Values, answer: Values, least_spread: float) -> Values:
    if not len(call):
        return np.zeros(len(values))
    target = float(call.mean())
    slope = PULL * (target - _mixed(answer, target)) / max(float(call.std()), least_spread) ** 2
    return np.clip(slope * (values - target), -MOST, MOST)


def _mixed(answer: Values, target: float) -> float:
    """The mean of an answer so far, CALL_WEIGHT notes at the call's mean added."""
    return float((answer.sum() + CALL_WEIGHT * target) / (len(answer) + CALL_WEIGHT))


def _log_odds(share: float, notes: int) -> float:
    """Of a share of `notes`, half a note added on each side: who plays no chords is not held to none for ever."""
    return float(np.log((share * notes + 0.5) / ((1 - share) * notes + 0.5)))
