"""Notes as rows of small integers, the one language that training and playing share.

A performance becomes one row a note. A row's first five columns are the fields the network predicts, in
the order it predicts them; the last two are what it only reads:

    part, ioi, pitch, velocity, duration | sounding, order

`sounding` is a 12-bit set of the pitch classes that sound at the note's group onset (notes of earlier
groups only), `order` says how notes of one group were ordered. The network reads every column of a past
row except `duration`: a key that is still down has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from improv.notes import GROUP_SPAN, MAX_DURATION, Note

FIELDS = ("part", "ioi", "pitch", "velocity", "duration")
COLUMNS = (*FIELDS, "sounding", "order")
PART, IOI, PITCH, VELOCITY, DURATION, SOUNDING, ORDER = range(len(COLUMNS))
#: The pitch of the row that stands where no note has been played yet; its other columns are zero.
PAD_PITCH = 128
#: Seconds at which the last, open ioi and duration bins are taken to end.
LONGEST = 10.0

NOTE_DTYPE = np.dtype([("onset", "f8"), ("pitch", "u1"), ("velocity", "u1"), ("duration", "f4"), ("part", "u1")])
Rows = NDArray[np.int32]


class Order(IntEnum):
    """How the notes of one group are ordered; LEAD_FIRST is the lead's, then the others', each ascending."""

    ASCENDING = 0
    LEAD_FIRST = 1
    DESCENDING = 2


def _edges(fine: Sequence[float], ratio: float, last: float) -> tuple[float, ...]:
    """Bin edges: `fine` as given, then growing by `ratio` but never by less than 10 ms, up to `last`."""
    edges = list(fine)
    while (step := max(0.010, edges[-1] * (ratio - 1))) + edges[-1] < last:
        edges.append(round(edges[-1] + step, 4))
    return (*edges, last)


#: No ioi falls between 0 (same group) and GROUP_SPAN, so the second bin stays empty.
IOI_EDGES = _edges((0.0, 0.010, 0.030, 0.040, 0.050, 0.060, 0.070, 0.080, 0.090, 0.100), 1.07, LONGEST)[:-1]
DURATION_EDGES = _edges(tuple(i / 100 for i in range(11)), 1.07, MAX_DURATION)


@dataclass(frozen=True)
class Encoding:
    """Where the bins lie: lower edges in seconds of ioi and duration, and the number of velocity bins."""

    ioi_edges: tuple[float, ...] = IOI_EDGES
    duration_edges: tuple[float, ...] = DURATION_EDGES
    velocity_bins: int = 32

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many values each of FIELDS can take."""
        return (3, len(self.ioi_edges), 128, self.velocity_bins, len(self.duration_edges))

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each field begins in a vector that holds all fields side by side; the last is its length."""
        return (0, *(int(end) for end in np.cumsum(self.sizes)))

    def field(self, index: int) -> slice:
        """The stretch of a side-by-side vector that belongs to field `index`."""
        return slice(self.offsets[index], self.offsets[index + 1])

    def ioi_bin(self, seconds: float) -> int:
        """The bin of an inter-onset interval in seconds."""
        return int(np.searchsorted(self._ioi_edges, seconds, side="right")) - 1

    def duration_bin(self, seconds: float) -> int:
        """The bin of a duration in seconds."""
        return int(np.searchsorted(self._duration_edges, seconds, side="right")) - 1

    def velocity_bin(self, velocity: float) -> int:
        """The bin of a velocity, 1-127."""
        return int(velocity) * self.velocity_bins // 128

    def ioi(self, index: int) -> float:
        """The seconds that stand for ioi bin `index`: 0 for the first, else the geometric middle."""
        return float(self.ioi_values[index])

    def duration(self, index: int) -> float:
        """The seconds that stand for duration bin `index`."""
        return float(self.duration_values[index])

    def velocity(self, index: int) -> int:
        """The velocity that stands for bin `index`: the middle of the bin."""
        width = 128 // self.velocity_bins
        return index * width + width // 2

    @cached_property
    def _ioi_edges(self) -> NDArray[np.float64]:
        return np.asarray(self.ioi_edges)

    @cached_property
    def _duration_edges(self) -> NDArray[np.float64]:
        return np.asarray(self.duration_edges)

    @cached_property
    def ioi_values(self) -> NDArray[np.float64]:
        """Seconds that stand for each ioi bin, shape (bins,)."""
        return _middles(self.ioi_edges)

    @cached_property
    def ioi_octaves(self) -> NDArray[np.float64]:
        """log2 of the seconds that stand for each ioi bin but the first, shape (bins - 1,)."""
        return np.log2(self.ioi_values[1:])

    @cached_property
    def duration_values(self) -> NDArray[np.float64]:
        """Seconds that stand for each duration bin, shape (bins,); never more than MAX_DURATION."""
        values = _middles(self.duration_edges)
        values[0] = self.duration_edges[1] / 2
        return np.minimum(values, MAX_DURATION)

    def widths(self, index: int) -> NDArray[np.float64]:
        """Widths in seconds of the ioi (index IOI) or duration (DURATION) bins, the last ending at LONGEST."""
        edges = {IOI: self.ioi_edges, DURATION: self.duration_edges}[index]
        return np.diff(np.asarray((*edges, LONGEST)))

    def pad(self, count: int) -> Rows:
        """`count` rows that say "nothing was played here", shape (count, 7)."""
        rows = np.zeros((count, len(COLUMNS)), np.int32)
        rows[:, PITCH] = PAD_PITCH
        return rows

    def encode(self, notes: NDArray[np.void], order: Order) -> Rows:
        """Turn a performance into rows, shape (n, 7): `rows` of `arrange`."""
        return self.rows(arrange(notes, order))

    def rows(self, arranged: Arranged) -> Rows:
        """Rows, shape (n, 7), of notes in the order of their rows.

        The ioi of a note is the difference of group onsets, 0 inside a group; the first group's is the longest
        there is, as if after a long silence.
        """
        notes, group = arranged.notes, arranged.group
        first = np.searchsorted(group, np.arange(group[-1] + 1 if len(group) else 0))
        start = arranged.onsets[first]  # one a group
        gap = np.diff(start, prepend=-np.inf)
        rows = np.zeros((len(notes), len(COLUMNS)), np.int32)
        rows[:, PART] = notes["part"]
        rows[first, IOI] = np.searchsorted(self._ioi_edges, gap, side="right") - 1
        rows[:, PITCH] = notes["pitch"]
        rows[:, VELOCITY] = notes["velocity"].astype(np.int32) * self.velocity_bins // 128
        rows[:, DURATION] = np.searchsorted(self._duration_edges, notes["duration"], side="right") - 1
        rows[:, SOUNDING] = _sounding_sets(notes, first, start)[group]
        rows[:, ORDER] = arranged.order
        return rows


@dataclass(frozen=True, slots=True)
class Arranged:
    """A performance in the order of its rows: `notes` (n,) of NOTE_DTYPE, `group` (n,) the index of each note's
    group, `onsets` (n,) the first onset of that group, in seconds."""

    notes: NDArray[np.void]
    group: NDArray[np.intp]
    onsets: NDArray[np.float64]
    order: Order

    def passage(self, begin: int, end: int) -> Arranged:
        """The notes from index `begin` to before `end`."""
        part = slice(begin, end)
        return Arranged(self.notes[part], self.group[part], self.onsets[part], self.order)


def arrange(notes: NDArray[np.void], order: Order) -> Arranged:
    """Put a performance in the order of its rows; `notes` has dtype NOTE_DTYPE, in onset order, durations as they
    sound (infinite while held)."""
    group = group_of(notes["onset"])
    keys = {
        Order.ASCENDING: (notes["pitch"], group),
        Order.LEAD_FIRST: (notes["pitch"], notes["part"] != 0, group),
        Order.DESCENDING: (-notes["pitch"].astype(np.int16), group),
    }[order]
    start = notes["onset"][np.searchsorted(group, group)]
    return Arranged(notes[np.lexsort(keys)], group, start, order)


def _middles(edges: Sequence[float]) -> NDArray[np.float64]:
    """Geometric middles of bins with these lower edges, the last ending at LONGEST, the first at 0."""
    bounds = np.asarray((*edges, LONGEST), np.float64)
    return np.sqrt(bounds[:-1] * bounds[1:])


def _sounding_sets(notes: NDArray[np.void], first: NDArray[np.intp], start: NDArray[np.float64]) -> NDArray[np.int32]:
    """The 12-bit set of pitch classes of earlier groups that still sound at each group's onset, shape (groups,)."""
    sets = np.zeros(len(start), np.int32)
    release = notes["onset"] + np.minimum(notes["duration"], MAX_DURATION)
    pitch_class = notes["pitch"] % 12
    for index in range(12):
        # Whether any earlier note of the class still sounds is whether the latest of their releases is to come.
        latest = np.maximum.accumulate(np.where(pitch_class == index, release, -np.inf)) if len(notes) else release
        before = np.where(first > 0, latest[first - 1], -np.inf)
        sets |= (before > start).astype(np.int32) << index
    return sets


def group_of(onsets: NDArray[np.float64]) -> NDArray[np.intp]:
    """The index of each note's group, shape (n,): notes within GROUP_SPAN of a group's first onset share it."""
    group = np.zeros(len(onsets), np.intp)
    index, head = -1, -np.inf
    # A hair of tolerance, so that 30 ms written in floating point is 30 ms at any distance from zero.
    for i, onset in enumerate(onsets.tolist()):
        if onset - head > GROUP_SPAN + 1e-9:
            index, head = index + 1, onset
        group[i] = index
    return group


def as_array(notes: Iterable[Note]) -> NDArray[np.void]:
    """Notes as an array of NOTE_DTYPE, in onset order; a note that still sounds has infinite duration."""
    rows = [
        (note.onset, note.pitch, note.velocity, np.inf if note.duration is None else note.duration, note.part)
        for note in notes
    ]
    rows.sort(key=lambda row: row[0])
    return np.array(rows, NOTE_DTYPE)
