"""What a passage is like: nine distributions, and how far two passages' distributions overlap.

The overlapping area of two distributions, 0 to 1, is what L.-C. Yang and A. Lerch ("On the evaluation of generative
models in music", Neural Computing and Applications 32, 2020) compare sets of music by. Here it is taken of each
passage and the human continuation of the same prompt, and averaged over prompts: not only is the music as a whole to be
like people's, each passage is to be like what a person played there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.audition.keys import Key
from training.audition.passages import Notes, group_starts, phrases, sizes, tops

#: Notes of a phrase, for what is measured within one.
PHRASE = 8
#: Seconds over which notes are counted.
PACE_SPAN = 2.0

Shares = NDArray[np.float64]

_OCTAVES = 0.03 * 2.0 ** (np.arange(1, 17) / 2)  # seconds, half octaves from 42 ms to 7.7 s
_PACES = np.array([0.5, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24])  # notes a second
_SPREADS = np.arange(2.5, 30, 2.5)  # standard deviations of velocity

FEATURES = (
    "pitch class",
    "interval",
    "ioi",
    "duration",
    "velocity",
    "velocity spread",
    "chord size",
    "notes per second",
    "share in key",
)


def distributions(notes: Notes, key: Key) -> dict[str, Shares]:
    """The FEATURES of a passage as shares of bins, each summing to 1 (all 0 where there is nothing to count).

    `interval` goes from the top of one chord to that of the next, semitones, at most 13 either way; `ioi` from chord to
    chord; `velocity spread` is the standard deviation within PHRASE notes; `notes per second` is counted over every
    PACE_SPAN seconds; `share in key` is the share of the notes of each phrase that are in `key`.
    """
    parts = [phrase for phrase in phrases(notes, PHRASE) if len(phrase) == PHRASE]
    inside = key.scale()[notes["pitch"] % 12].astype(int)
    in_key = [int(inside[begin : begin + PHRASE].sum()) for begin in range(0, len(notes) - PHRASE + 1, PHRASE // 2)]
    starts = group_starts(notes)
    return {
        "pitch class": _shares(notes["pitch"] % 12, 12),
        "interval": _shares(np.clip(np.diff(tops(notes)), -13, 13) + 13, 27),
        "ioi": _binned(np.diff(starts), _OCTAVES),
        "duration": _binned(notes["duration"], _OCTAVES),
        "velocity": _shares(notes["velocity"] // 8, 16),
        "velocity spread": _binned([float(np.std(part["velocity"])) for part in parts], _SPREADS),
        "chord size": _shares(np.minimum(sizes(notes), 10) - 1, 10),
        "notes per second": _binned(paces(notes), _PACES),
        "share in key": _shares(in_key, PHRASE + 1),
    }


def paces(notes: Notes) -> NDArray[np.float64]:
    """Notes a second in each PACE_SPAN seconds from the first onset to the last, each begun half a span on."""
    if not len(notes):
        return np.zeros(0)
    onset = notes["onset"]
    begins = np.arange(onset[0], max(onset[-1] - PACE_SPAN, onset[0]) + 1e-9, PACE_SPAN / 2)
    return (np.searchsorted(onset, begins + PACE_SPAN) - np.searchsorted(onset, begins)) / PACE_SPAN


def overlap(one: Shares, other: Shares) -> float:
    """The area under both of two distributions, 0 (nothing in common) to 1 (the same)."""
    return float(np.minimum(one, other).sum())


def overlaps(notes: Notes, human: Notes, key: Key) -> dict[str, float]:
    """By feature, how far a passage's distribution overlaps with that of the human continuation."""
    ours, theirs = distributions(notes, key), distributions(human, key)
    return {name: overlap(ours[name], theirs[name]) for name in FEATURES}


def _binned(values: ArrayLike, edges: NDArray[np.float64]) -> Shares:
    return _shares(np.searchsorted(edges, np.asarray(values, float), side="right"), len(edges) + 1)


def _shares(indices: ArrayLike, bins: int) -> Shares:
    counts = np.bincount(np.asarray(indices, int), minlength=bins).astype(float)
    return counts / max(counts.sum(), 1.0)
