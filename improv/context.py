"""The rolling context: the last 32 notes of player and improv, and the rows the network reads of them."""

from __future__ import annotations

from collections import deque
from collections.abc import ItemsView, Iterable, Sequence

import numpy as np

from improv.casting import Reading
from improv.dials import SPAN
from improv.encoding import COLUMNS, Arranged, Encoding, Order, Rows, arrange, as_array, group_of
from improv.notes import GROUP_SPAN, MAX_DURATION, Note, Part

#: Notes the network sees, no more and no less.
CONTEXT_NOTES = 32
#: How many notes may gather before what the rows no longer depend on is thrown away.
_LIMIT = 4 * CONTEXT_NOTES
#: How many notes are kept for the dials at most: a flood must not grow without end.
_MOST = 1024

#: Whose note it is, and which of theirs.
Key = tuple[str, int]
AS_PLAYED = Reading()


class Context:
    """Holds notes by a key of the caller's, so that a note can be put again once it has ended."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._notes: dict[Key, Note] = {}
        self._many = _LIMIT  # so many may gather until the next clearing
        #: How often it became known of a note how long it sounds; and how often anything was put.
        self.ended = self.puts = 0
        self._lately: deque[tuple[Key, Note]] = deque(maxlen=_MOST)  # what the dials are read from, as it came

    def put(self, key: Key, note: Note) -> None:
        """Add a note, or replace the one of this key."""
        self.puts += 1
        if key not in self._notes:
            self._lately.append((key, note))
            while len(self._lately) > _LIMIT and self._lately[0][1].onset < note.onset - 2 * SPAN:
                self._lately.popleft()
        else:
            self.ended += 1
        self._notes[key] = note
        if len(self._notes) > self._many:
            self._clear_away()

    def _clear_away(self) -> None:
        """Where most are still needed, as in a flood with all keys held, not again before as many more have come."""
        needed = {key for key, _ in _needed(self._items()[-_MOST:])}
        self._notes = {key: note for key, note in self._notes.items() if key in needed}
        self._many = max(_LIMIT, 2 * len(needed))

    def notes(self) -> list[Note]:
        """In onset order, the last 32 notes and the earlier ones that their rows depend on."""
        return [note for _, note in _needed(self._items())]

    def latest(self) -> list[tuple[Key, Note]]:
        """In onset order, the last notes by their keys: one more than the network reads, if there is one."""
        return self._items()[-CONTEXT_NOTES - 1 :]

    def keyed(self) -> ItemsView[Key, Note]:
        """The same and some more, each with its key, in no order."""
        return self._notes.items()

    def rows(self, how: Reading = AS_PLAYED) -> Rows:
        """The rows of the last 32 notes or fewer, shape (n, 7): the tail of `Encoding.encode` over all there ever were.

        `how` maps each note before it is encoded.
        """
        return self._encoding.encode(as_array(self._read(how)), how.order)[-CONTEXT_NOTES:]

    def lately(self, how: Reading = AS_PLAYED) -> Arranged:
        """The notes of the last half minute and more, in the order of their rows, for the dials."""
        notes = as_array(note for _, note in self._lately)
        loudnesses = np.array([0, *map(how.loudness, range(1, 128))], np.uint8)
        notes["velocity"] = loudnesses[notes["velocity"]]
        if how.parts:
            by_onset = sorted(self._lately, key=lambda item: item[1].onset)
            notes["part"] = [how.parts.get(voice, note.part) for (voice, _), note in by_onset]
        return arrange(notes, how.order)

    def tail(self, how: Reading = AS_PLAYED) -> Tail:
        """What is needed to go on writing rows after the last note."""
        tail = Tail(self._encoding, how.order)
        for note in self._read(how):
            tail.row(note)
        return tail

    def _read(self, how: Reading) -> list[Note]:
        return [how.of(voice, note) for (voice, _), note in _needed(self._items())]

    def _items(self) -> list[tuple[Key, Note]]:
        return sorted(self._notes.items(), key=lambda item: item[1].onset)


class Tail:
    """The end of a performance, to which notes are added one by one in onset order: `row` equals `encode`'s."""

    def __init__(self, encoding: Encoding, order: Order) -> None:
        self._encoding = encoding
        self._order = order
        self.head: float | None = None  # onset of the last group, seconds
        self.group: list[tuple[Part, int]] = []  # its notes' parts and pitches
        self._before = [-np.inf] * 12  # by pitch class, the latest release of earlier groups
        self._within = [-np.inf] * 12  # the same, with the last group's
        self._ioi = 0
        self._sounding = 0

    @property
    def top(self) -> int:
        """The highest pitch of the last group; -1 before any."""
        return max((pitch for _, pitch in self.group), default=-1)

    def row(self, note: Note) -> Rows:
        """The row of `note`, which comes after all notes so far; shape (7,)."""
        if self.head is None or note.onset - self.head > GROUP_SPAN + 1e-9:
            self._begin_group(note.onset)
        return self._row(note)

    def chord(self, notes: Sequence[Note]) -> list[Rows]:
        """The rows of notes that began together after all notes so far, in the order in which they are read."""
        self._begin_group(min(note.onset for note in notes))
        return [self._row(note) for note in notes]

    def _row(self, note: Note) -> Rows:
        self.group.append((note.part, note.pitch))
        self._within[note.pitch % 12] = max(self._within[note.pitch % 12], _sounds_until(note))
        row = np.zeros(len(COLUMNS), np.int32)
        row[:] = (
            note.part,
            self._ioi,
            note.pitch,
            self._encoding.velocity_bin(note.velocity),
            self._encoding.duration_bin(np.inf if note.duration is None else float(np.float32(note.duration))),
            self._sounding,
            self._order,
        )
        self._ioi = 0  # of the notes that join it
        return row

    def sound(self, notes: Iterable[Note]) -> None:
        """What it ends in are these notes, as long as they are known to sound by now."""
        within = [-np.inf] * 12
        for note in notes:
            within[note.pitch % 12] = max(within[note.pitch % 12], _sounds_until(note))
        self._within = within

    def copy(self) -> Tail:
        """A tail of its own that ends in the same notes."""
        other = Tail(self._encoding, self._order)
        other.__dict__.update(self.__dict__, group=[*self.group], _before=[*self._before], _within=[*self._within])
        return other

    def _begin_group(self, onset: float) -> None:
        self._before = list(self._within)
        self._ioi = self._encoding.ioi_bin(np.inf if self.head is None else onset - self.head)
        self._sounding = sum(1 << index for index, release in enumerate(self._before) if release > onset)
        self.head, self.group = onset, []


def _needed(items: Sequence[tuple[Key, Note]]) -> list[tuple[Key, Note]]:
    """Of items in onset order, those that the rows of the last 32 notes depend on.

    That is the groups these belong to, the group before them (for the first ioi), and every group with a note
    that still sounds into them. Groups stay whole: without its head a group would be grouped differently.
    """
    if len(items) <= CONTEXT_NOTES:
        return list(items)
    group = group_of(np.array([note.onset for _, note in items]))
    first = max(int(group[-CONTEXT_NOTES]) - 1, 0)
    start = items[int(np.searchsorted(group, first))][1].onset
    # A hair of tolerance, for `encode` keeps durations in single precision.
    sounding = {int(group[i]) for i, (_, note) in enumerate(items) if _release(note) > start - 1e-5}
    return [item for i, item in enumerate(items) if group[i] >= first or int(group[i]) in sounding]


def _sounds_until(note: Note) -> float:
    """As `encode` has it, which keeps durations in single precision."""
    return note.onset + (MAX_DURATION if note.duration is None else min(float(np.float32(note.duration)), MAX_DURATION))


def _release(note: Note) -> float:
    return note.onset + (MAX_DURATION if note.duration is None else min(note.duration, MAX_DURATION))
