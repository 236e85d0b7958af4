"""What came before a note, in the ways in which playing repeats itself: the contexts of the session memory.

A note is predicted from seventeen contexts at once. Some are read to the letter, some relative to the last
note, so that a transposed motif is the same motif; some forget the order of the last notes, or look only at the
outlines of chords, so that a chord's keys may come in any order and its inner notes may differ.
"""

from __future__ import annotations

#: Bits a pitch, or an interval modulo 128, takes in a key.
_BITS = 7
_LAST = [(1 << _BITS * order) - 1 for order in range(7)]
_ALL = _LAST[6]

#: The contexts, in the order of `Trail.keys`, and what they are read from:
#: "pitch N" the last N notes; "interval N" the last N steps between notes; "outline" lowest and highest notes of
#: the last two complete chords, and the last note; "chord" the lowest and last note of this chord; "bass" the
#: lowest note of the chord before, and the last note; "any order N" the last N notes in any order; "shape N" the
#: same relative to the last one.
CONTEXTS = (
    *("pitch 0", "pitch 1", "pitch 2", "pitch 3", "pitch 4", "pitch 6"),
    *("interval 1", "interval 2", "interval 3", "interval 4", "interval 6"),
    *("outline", "chord", "bass", "any order 4"),
    *("shape 4", "shape 6"),
)
#: Those that predict steps from the last note and not pitches.
RELATIVE = tuple(name.startswith(("interval", "shape")) for name in CONTEXTS)
#: Those that know a passage when they meet it: four notes or more, to the letter or transposed.
LITERAL = tuple(CONTEXTS.index(name) for name in ("pitch 4", "pitch 6", "interval 4", "interval 6"))

Key = int | tuple[int, ...]


class Trail:
    """The end of what was played, as far as contexts reach: notes in onset order, chords ascending."""

    __slots__ = ("_bass", "_lowest", "_outlines", "_recent", "intervals", "last", "pitches")

    def __init__(self) -> None:
        self.last = 60  # the last pitch; before the first note, the middle of the keyboard
        self._recent: tuple[int, ...] = ()  # the last six pitches, oldest first
        self.pitches = 0  # the same, side by side in one number, seven bits each, the last one lowest
        self.intervals = 0  # the steps between them, modulo 128
        self._lowest = 0  # of this chord
        self._bass = 0  # of the chord before
        self._outlines = 0  # lowest and highest of the last two complete chords, side by side

    def push(self, pitch: int, begins: bool) -> None:
        """Go on by one note (0-127), which `begins` a chord or joins the one of the note before."""
        if begins:
            self._outlines = (self._outlines << 2 * _BITS | self._lowest << _BITS | self.last) & _LAST[4]
            self._bass, self._lowest = self._lowest, pitch
        self.pitches = (self.pitches << _BITS | pitch) & _ALL
        self.intervals = (self.intervals << _BITS | (pitch - self.last & 127)) & _ALL
        self._recent = (*self._recent[-5:], pitch)
        self.last = pitch

    def keys(self) -> tuple[Key, ...]:
        """A key for each of CONTEXTS: two trails share it if that context is the same."""
        pitches, intervals, last, recent = self.pitches, self.intervals, self.last, self._recent
        shape = [pitch - last for pitch in recent]
        return (
            *(0, pitches & 0x7F, pitches & _LAST[2], pitches & _LAST[3], pitches & _LAST[4], pitches),
            *(intervals & 0x7F, intervals & _LAST[2], intervals & _LAST[3], intervals & _LAST[4], intervals),
            self._outlines << _BITS | last,
            self._lowest << _BITS | last,
            self._bass << _BITS | last,
            tuple(sorted(recent[-4:])),
            tuple(sorted(shape[-4:])),
            tuple(sorted(shape)),
        )

    def copy(self) -> Trail:
        """A trail of its own that ends in the same notes."""
        other = Trail()
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other
