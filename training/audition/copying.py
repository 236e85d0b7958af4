"""Copying: the longest run of notes that a passage shares, to the letter, with music that was there before.

Notes are shared when pitch and quantised wait are; transposed, when interval and quantised wait are (see
`passages.moves`). Runs are found among millions of notes by hashing: for lengths 1, 2, 3 ... only the places where a
shorter run already matched are looked at again, so what is left shrinks fast.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.audition.passages import Notes, moves

_BASE = np.uint64(0x9E3779B97F4A7C15)

Words = NDArray[np.uint64]


def longest_runs(passages: Sequence[Notes], source: Sequence[Notes], *, transposed: bool) -> NDArray[np.int64]:
    """Of each passage, how many notes its longest run has that some piece of `source` has too, shape (passages,).

    0 if not even two notes in a row are shared.
    """
    asked = _joined([moves(notes, transposed) for notes in passages], 0)
    given = _joined([moves(notes, transposed) for notes in source], 1)
    owner = np.repeat(np.arange(len(passages)), [max(len(notes) - 1, 0) + 1 for notes in passages])
    longest = np.zeros(len(passages), np.int64)
    ours, theirs = _Windows(asked), _Windows(given)
    length = 0
    while True:
        length += 1
        wanted, there = ours.hashes(length), theirs.hashes(length)
        sought = np.unique(wanted)
        kept = _among(there, sought)
        matched = _among(wanted, np.unique(there[kept]))
        if not matched.any():
            return longest
        theirs.keep(kept)
        ours.keep(matched)
        longest[owner[ours.places]] = length + 1


class _Windows:
    """The places in a sequence of words from which a run may still be shared, and the hashes of runs there."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.places = np.arange(len(words))
        self._hashes = np.zeros(len(words), np.uint64)

    def hashes(self, length: int) -> Words:
        """Hashes of the `length` words from each place on, given those of one word less."""
        fits = self.places + length <= len(self._words)
        self.places, self._hashes = self.places[fits], self._hashes[fits]
        self._hashes = self._hashes * _BASE + self._words[self.places + length - 1]
        return self._hashes

    def keep(self, these: NDArray[np.bool_]) -> None:
        """Forget the other places."""
        self.places, self._hashes = self.places[these], self._hashes[these]


def _among(values: Words, ordered: Words) -> NDArray[np.bool_]:
    """Which `values` are in `ordered`, which is sorted."""
    if not len(ordered):
        return np.zeros(len(values), bool)
    return ordered[np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)] == values


def _joined(sequences: Sequence[NDArray[np.int64]], side: int) -> Words:
    """Sequences one after the other as well-mixed words, with a word between them that occurs nowhere else."""
    stretches = []
    for index, sequence in enumerate(sequences):
        stretches += [sequence, np.array([-1 - 2 * index - side])]
    if not stretches:
        return np.zeros(0, np.uint64)
    return _mixed(np.concatenate(stretches).astype(np.int64).view(np.uint64))


def _mixed(words: Words) -> Words:
    """Neighbouring numbers far apart (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
