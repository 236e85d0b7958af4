"""Loops: stretches that say the same thing over and over, on pitch and quantised rhythm."""

from __future__ import annotations

import numpy as np

from training.audition.passages import Notes, moves

#: A loop is a pattern of at most LONGEST notes played TIMES times in a row, and of LEAST notes in all.
LONGEST, TIMES, LEAST = 32, 3, 12


def share_in_loops(notes: Notes) -> float:
    """The share of a passage's notes that lie in a loop, 0 to 1."""
    said = moves(notes, transposed=False)
    looped = np.zeros(len(notes), bool)
    for period in range(1, min(LONGEST, len(said) // (TIMES - 1)) + 1):
        same = np.concatenate([[False], said[period:] == said[:-period], [False]])
        edges = np.flatnonzero(np.diff(same.astype(int)))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            # `end - begin` moves are what they were a period before: so many notes and the pattern they repeat.
            if end - begin >= (TIMES - 1) * period - 1 and end - begin + period + 1 >= LEAST:
                looped[begin : end + period + 1] = True
    return float(looped.mean()) if len(notes) else 0.0
