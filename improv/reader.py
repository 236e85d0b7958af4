"""Reading along: by the time that improv is asked to play, the network has read what was heard before.

1. In spare time a Reader feeds the notes of the chords that are over, a few at a time; what has been read is a state.
   A chord that may grow is not read yet: the network reads the lead's notes first, whoever struck first.
2. After a key has gone down only what came since is left to be read, mostly that one note.
3. All is as if the last 32 notes were read at once. But velocities are moved as they were when it began to read, until
   that is off by more than SAME; then, and where a note turns up that belongs before what was read, it begins anew.

Pure, as all of the core: what is read when depends on the moments of the turns, and these are recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from improv import drawing
from improv.bearing import Bearing
from improv.casting import Cast, reading
from improv.context import CONTEXT_NOTES, Key, Tail
from improv.dials import Meter, heard
from improv.ears import Ears
from improv.encoding import Order, Rows
from improv.loudness import loudness, within
from improv.notes import GROUP_SPAN, Note, Part
from improv.step import Floats, StepModel, read_only

#: Seconds after its first note when a chord is over, what comes late included.
OVER = GROUP_SPAN + 0.01
#: Rows read in one slice of spare time, some 0.25 ms.
A_SLICE = 2
#: Velocities may be moved by so much otherwise than they would be now: the width of a bin.
SAME = 4

#: A hair of tolerance, as in `improv.encoding.group_of`.
SPAN = GROUP_SPAN + 1e-9
#: Notes that began together, each with its key, in the order in which they are read.
Chord = list[tuple[Key, Note]]

#: By what the notes of a chord are ordered.
_PLACE: dict[Order, Callable[[tuple[Key, Note]], tuple[bool, int]]] = {
    Order.ASCENDING: lambda item: (False, item[1].pitch),
    Order.LEAD_FIRST: lambda item: (item[1].part != Part.LEAD, item[1].pitch),
    Order.DESCENDING: lambda item: (False, -item[1].pitch),
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a draft goes on from: a state, and the `rows` (n, 7) that are not in it yet, with the `dials`
    (n + 1, WIDTH) that are known before each and after; how it is held to the player; the ends of what was heard."""

    bearing: Bearing
    tail: Tail
    meter: Meter
    rows: Rows
    dials: Floats
    state: Floats

    def copy(self) -> Beginning:
        """Another to go on from."""
        return replace(self, bearing=self.bearing.copy(), tail=self.tail.copy(), meter=self.meter.copy())


def beginning(model: StepModel, ears: Ears, cast: Cast, go_on: bool = False) -> Beginning:
    """From all that was heard, with the last 32 notes to be read; `go_on`: improv's count as the draft's own."""
    bearing = _bearing(model, ears, go_on)
    how = reading(cast, bearing.to_model)
    rows = ears.context.rows(how)
    rows = rows if len(rows) else model.encoding.pad(1)
    lately = ears.context.lately(how)
    dials = drawing.beside(len(rows), heard(lately))
    return Beginning(bearing, ears.context.tail(how), Meter(lately), rows, dials, model.start())


def _bearing(model: StepModel, ears: Ears, go_on: bool) -> Bearing:
    bearing = Bearing(ears.played, model.velocity)
    if go_on:
        bearing.went_on([bearing.as_model(note) for note in ears.own])
    return bearing


class Reader:
    """Reads for drafts of one `cast`; `go_on` as in `beginning`. All moments in absolute seconds."""

    def __init__(self, model: StepModel, ears: Ears, cast: Cast, go_on: bool = False) -> None:
        self._model, self._ears, self._cast, self._go_on = model, ears, cast, go_on
        self._looked = 0
        self._known: tuple[int, list[Chord] | None] = (-1, None)  # what has not been read, as of so many puts
        self._ahead: Floats | None
        self._begin_again(float("-inf"))

    def begin(self, followed: bool = False) -> Beginning:
        """From all that was heard; what has not been read is to be. If it is `followed` by a note before anything is
        drawn, nothing may be left to be read."""
        unread = self._unread()
        if unread is None:
            return beginning(self._model, self._ears, self._cast, self._go_on)
        tail, meter = self._tail.copy(), self._meter.copy()
        self._look_at(tail)
        rows, dials, state = self._waiting(followed or bool(unread))
        rows, dials = _written(tail, meter, rows, dials, unread)
        return Beginning(self._bearing.copy(), tail, meter, rows, dials, state)

    def think(self, now: float) -> None:
        """Read for a slice of time, if `wake_at` has come."""
        unread = self._unread()
        over = [chord for chord in unread or () if now >= _head(chord) + OVER]
        if unread is None or sum(map(len, over)) > CONTEXT_NOTES:
            self._begin_again(now)
        elif over:
            self._take(over)
        elif not self._fed:
            self._feed()
        elif self._looked != self._ears.context.ended:
            self._look_at(self._tail)
            self._looked = self._ears.context.ended

    def wake_at(self) -> float | None:
        """At once while there is something to read; else when a chord will be over, None if none is to be."""
        unread = self._unread()
        if unread is None or not self._fed or self._looked != self._ears.context.ended:
            return float("-inf")
        return _head(unread[0]) + OVER if unread else None

    def _unread(self) -> list[Chord] | None:
        """What has not been read; None if that does not simply follow what has."""
        puts = self._ears.context.puts
        if self._known[0] != puts:
            self._known = puts, self._not_read()
        return self._known[1]

    def _not_read(self) -> list[Chord] | None:
        notes, head = self._ears.context.keyed(), self._tail.head
        new = [item for item in notes if item[0] not in self._read]
        if self._stale or (new and head is not None and min(_onset(item) for item in new) - head <= SPAN):
            return None
        return self._chords(new)

    def _chords(self, notes: Iterable[tuple[Key, Note]]) -> list[Chord]:
        chords: list[Chord] = []
        for key, note in sorted(notes, key=_onset):
            if not chords or note.onset - _head(chords[-1]) > SPAN:
                chords.append([])
            chords[-1].append((key, self._how.of(key[0], note)))
        return [chord if len(chord) == 1 else sorted(chord, key=_PLACE[self._cast.order]) for chord in chords]

    def _look_at(self, tail: Tail) -> None:
        """Keys have come up: what was read ends as it is known by now."""
        if self._looked != self._ears.context.ended:
            tail.sound(note for key, note in self._ears.context.keyed() if key in self._read)

    def _begin_again(self, now: float) -> None:
        """Read the last 32 notes, of the chords that are over."""
        model, context = self._model, self._ears.context
        self._bearing = _bearing(model, self._ears, self._go_on)
        self._own = self._ears.own[-1] if self._ears.own else None
        self._how = reading(self._cast, self._bearing.to_model)
        chords = self._chords(context.keyed())
        over = [chord for chord in chords if now >= _head(chord) + OVER]
        self._read = {key for chord in over for key, _ in chord}
        self._tail = Tail(model.encoding, self._cast.order)
        rows = [row for chord in over for row in self._tail.chord([note for _, note in chord])][-CONTEXT_NOTES:]
        lately = context.lately(self._how)
        lately = lately.passage(0, len(lately.notes) - sum(map(len, chords[len(over) :])))
        self._meter = Meter(lately)
        # What waits to be fed to `_state`, but for the last row, which is fed apart: `_ahead` is the state after it. So
        # there is one to be fed where nothing else has come.
        self._rows = np.stack(rows) if rows else model.encoding.pad(1)
        self._dials = drawing.beside(len(self._rows), heard(lately))
        self._state = model.start()
        self._ahead = None if rows else self._state  # where only padding was read all is as at the start
        self._stale, self._fed, self._known = False, not rows, (-1, None)
        self._looked = context.ended  # how much was known of how long notes sound

    def _waiting(self, more: bool) -> tuple[Rows, Floats, Floats]:
        """Rows that are to be fed before `more`, the dials around them, and the state to feed them to."""
        if more and self._ahead is not None:
            return self._rows[:0], self._dials[-1:], self._ahead
        return self._rows, self._dials, self._state

    def _take(self, over: Sequence[Chord]) -> None:
        """Count these as read, and look at the player again."""
        self._look_at(self._tail)
        rows, dials, self._state = self._waiting(True)
        self._rows, self._dials = _written(self._tail, self._meter, rows, dials, over)
        kept = {key for key, _ in self._ears.context.keyed()}
        self._read = {*(self._read & kept), *(key for chord in over for key, _ in chord)}
        self._ahead, self._fed, self._known = None, False, (-1, None)
        self._bearing.went_on(self._own_since() if self._go_on else ())
        recent = [note.velocity for note in self._ears.recent][-CONTEXT_NOTES:]
        moved = loudness(self._ears.played.last(CONTEXT_NOTES), within(self._model.velocity)).to_model
        self._stale = any(abs(moved(one) - self._how.loudness(one)) > SAME for one in {*recent})

    def _own_since(self) -> list[Note]:
        """Improv's notes since this was last asked, as loud as the model draws them."""
        since = [*takewhile(lambda note: note is not self._own, reversed(self._ears.own))]
        self._own = since[0] if since else self._own
        return [replace(note, velocity=self._how.loudness(note.velocity)) for note in reversed(since)]

    def _feed(self) -> None:
        """Let the network read some rows; what it cannot, whoever plays is to try again."""
        count = min(max(len(self._rows) - 1, 1), A_SLICE)
        how = read_only(self._model.encoding)
        step = self._model.step(self._rows[None, :count], self._dials[None, : count + 1], self._state, how)
        usable = bool(np.isfinite(step.state).all())
        if usable and count == len(self._rows):
            self._ahead = step.state
        elif usable:
            self._state, self._rows, self._dials = step.state, self._rows[count:], self._dials[count:]
        self._fed = not usable or self._ahead is not None


def _onset(item: tuple[Key, Note]) -> float:
    return item[1].onset


def _head(chord: Chord) -> float:
    """When a chord began, whatever the order it is in."""
    return min(map(_onset, chord))


def _written(tail: Tail, meter: Meter, rows: Rows, dials: Floats, chords: Sequence[Chord]) -> tuple[Rows, Floats]:
    """The rows and dials with those of the notes of `chords`, which come next."""
    more: list[Rows] = []
    known: list[Floats] = []
    for chord in chords:
        more += tail.chord([note for _, note in chord])
        for _, note in chord:
            meter.add(_head(chord), note.pitch, note.velocity)
            known.append(meter.vector())
    return np.stack([*rows, *more]) if more else rows, np.stack([*dials, *known])
