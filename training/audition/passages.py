"""Passages: stretches of a performance as arrays of NOTE_DTYPE, in onset order, and what all measures ask of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.encoding import Order, arrange
from improv.notes import MAX_DURATION

Notes = NDArray[np.void]
#: Waits are told apart in steps of half an octave from this many seconds on: as far as a rhythm is a pattern, a
#: player who repeats it stays within them.
SHORTEST_WAIT, STEPS_AN_OCTAVE = 0.03, 2


def between(notes: Notes, start: float, stop: float) -> Notes:
    """The notes that begin in [start, stop), seconds."""
    low, high = np.searchsorted(notes["onset"], [start, stop])
    return notes[low:high]


def moved(notes: Notes, seconds: float) -> Notes:
    """The same passage so many seconds later."""
    later = notes.copy()
    later["onset"] += seconds
    return later


def in_order(notes: Notes) -> Notes:
    """Notes sorted by onset, then pitch."""
    return notes[np.lexsort((notes["pitch"], notes["onset"]))]


def releases(notes: Notes) -> NDArray[np.float64]:
    """When each note stops sounding, seconds."""
    return notes["onset"] + np.minimum(notes["duration"], MAX_DURATION)


def group_starts(notes: Notes) -> NDArray[np.float64]:
    """The onset of each group, seconds, shape (groups,)."""
    return np.unique(arrange(notes, Order.ASCENDING).onsets)


def sizes(notes: Notes) -> NDArray[np.intp]:
    """How many notes each group has, shape (groups,)."""
    return np.bincount(arrange(notes, Order.ASCENDING).group)


def tops(notes: Notes) -> NDArray[np.int64]:
    """The highest pitch of each group, shape (groups,)."""
    arranged = arrange(notes, Order.ASCENDING)
    last = np.flatnonzero(np.diff(arranged.group, append=-1))
    return arranged.notes["pitch"][last].astype(np.int64)


def waits(notes: Notes) -> NDArray[np.int64]:
    """The quantised wait before each note but the first, shape (n - 1,): 0 inside a group."""
    gaps = np.diff(arrange(notes, Order.ASCENDING).onsets)
    steps = np.rint(STEPS_AN_OCTAVE * np.log2(np.maximum(gaps, SHORTEST_WAIT) / SHORTEST_WAIT))
    return np.where(gaps > 0, 1 + steps.astype(np.int64), 0)


def moves(notes: Notes, transposed: bool) -> NDArray[np.int64]:
    """What happens from each note to the next, one number each, shape (n - 1,), chords ascending.

    It says the interval and the quantised wait and, unless `transposed` music is to count as the same, the pitch it
    starts from. So k moves that are shared are k + 1 notes that are, whatever the wait before the first.
    """
    if len(notes) < 2:
        return np.zeros(0, np.int64)
    pitch = arrange(notes, Order.ASCENDING).notes["pitch"].astype(np.int64)
    code = (waits(notes) * 256 + np.diff(pitch) + 128) * 128
    return code if transposed else code + pitch[:-1]


def phrases(notes: Notes, length: int) -> list[Any]:
    """Stretches of `length` notes, each begun half a stretch after the one before; of fewer notes, all of them."""
    if len(notes) <= length:
        return [notes] if len(notes) else []
    return [notes[begin : begin + length] for begin in range(0, len(notes) - length + 1, max(1, length // 2))]
