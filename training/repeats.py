"""Repeats of one performance, found by the intervals and rhythm they share: transposed and stretched copies too.

Exact overlap of n-grams, as in Broder, "On the resemblance and containment of documents" (1997), over
notes instead of words: each note is its interval from the note before and, where it begins a group, how
its ioi compares with the one before. Two people playing one piece share intervals but not rhythm this fine.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from improv.notes import GROUP_SPAN

#: Notes in an n-gram.
GRAM = 8
#: Of the shorter performance's n-grams, the share that the other must have too.
ENOUGH = 0.6
#: And so many at least: simple riffs in an even rhythm are alike without being the same.
LEAST = 32
#: Ratios of successive iois closer than this (natural logarithm, about 8 %) count as equal.
RATIO_STEP = 0.08
#: An n-gram in more performances than this is compared with the first of them only.
COMMON = 16


def fingerprint(notes: NDArray[np.void]) -> NDArray[np.uint64]:
    """The distinct n-grams of a performance (NOTE_DTYPE, onset order) as hashes in rising order, shape (n,)."""
    onset = notes["onset"]
    if len(notes) < GRAM + 2:
        return np.zeros(0, np.uint64)
    new = np.diff(onset, prepend=-np.inf) > GROUP_SPAN
    group = np.cumsum(new) - 1
    pitch = notes["pitch"][np.lexsort((notes["pitch"], group))].astype(np.int64)
    gap = np.diff(onset[new])
    ratio = np.zeros(len(gap) + 1, np.int64)
    ratio[2:] = np.rint(np.log(gap[1:] / gap[:-1]) / RATIO_STEP)
    # A group's first note carries the rhythm, the others a number that no rhythm has.
    rhythm = np.where(new, ratio[group], 10_000)
    token = ((np.diff(pitch, prepend=pitch[0]) + 128) * 100_003 + rhythm).astype(np.uint64)[1:]
    multiplier = np.uint64(0x9E3779B97F4A7C15)
    grams = np.zeros(len(token) - GRAM + 1, np.uint64)
    for offset in range(GRAM):
        grams = (grams ^ (grams >> np.uint64(29))) * multiplier + token[offset : offset + len(grams)]
    return np.unique(grams)


def repeats(prints: Sequence[NDArray[np.uint64]]) -> dict[int, int]:
    """Which performances repeat another: index of each one to drop, to the index of the one kept for it.

    The longest of those alike is kept, the first of equals.
    """
    if not prints:
        return {}
    size = np.array([len(grams) for grams in prints])
    # Longest first: then whatever is kept has been seen before what it stands for.
    rank = np.argsort(-size, kind="stable")
    owner = np.repeat(np.arange(len(rank)), size[rank])
    grams = np.concatenate([prints[index] for index in rank])
    order = np.argsort(grams, kind="stable")
    grams, owner = grams[order], owner[order]
    begin = np.flatnonzero(np.concatenate([[True], grams[1:] != grams[:-1]])) if len(grams) else np.zeros(0, np.intp)
    found: dict[int, int] = {}
    for pair, shared in _shared(owner, begin, len(rank)):
        first, second = (int(rank[index]) for index in divmod(pair, len(rank)))
        if shared >= max(LEAST, ENOUGH * size[second]) and first not in found:
            found.setdefault(second, first)
    return found


def _shared(owner: NDArray[np.intp], begin: NDArray[np.intp], count: int) -> list[tuple[int, int]]:
    """For pairs that share n-grams, `first * count + second` and how many, pairs in rising order.

    `owner` lists who has each n-gram, n-gram by n-gram, each beginning at one of `begin`.
    """
    runs = np.diff(np.append(begin, len(owner)))
    pairs = []
    for reach in range(1, COMMON):  # each with the one `reach` further on in the same run
        for low in range(COMMON - reach):
            these = begin[(runs > low + reach) & (runs <= COMMON)]
            pairs.append(owner[these + low] * count + owner[these + low + reach])
    for start, run in zip(begin[runs > COMMON].tolist(), runs[runs > COMMON].tolist(), strict=True):
        pairs.append(owner[start] * count + owner[start + 1 : start + run])
    both, shared = np.unique(np.concatenate(pairs), return_counts=True)
    return list(zip(both.tolist(), shared.tolist(), strict=True))
