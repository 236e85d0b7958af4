"""One answer in the making: where it begins, how it slows, where it ends (rules 2 and 3 of improv.modes.answer)."""

from __future__ import annotations

from dataclasses import replace

from improv.draft import Draft
from improv.drawing import Written
from improv.entering import LEAD
from improv.notes import GROUP_SPAN, MAX_DURATION, Note
from improv.questions import Asking, answered

#: The window after the decision in which the first note begins, seconds.
FIRST_EARLIEST, FIRST_LATEST = LEAD, 0.10
#: Where the answer may end, as shares of the phrase's length.
EARLY, LATE = 0.75, 1.25
#: A wait of this many usual intervals ends a phrase. (On unseen performances the model told such waits from others
#: with an area under the curve of 0.7 to 0.9; waits of half a second, whatever the pace, with 0.5 to 0.7.)
PAUSE = 3.0
#: At LATE each doubling of a wait is likelier by this many nats than the model has it.
SLOWING = 3.0
#: Model steps in one answer.
STEPS_AN_ANSWER = 512
#: An answer ends where this many steps in a row bring nothing usable.
MOST_MISSES = 4


class Answer:
    """One answer in the making; all in seconds. `length`: from first to last onset, as asked for; `rest`: no wait
    inside the answer is longer; `pace`: the player's usual wait; `entry`: when it begins (absolute), if given; `ring`:
    its last chord sounds no longer."""

    def __init__(
        self,
        draft: Draft,
        decided_at: float,
        length: float,
        rest: float,
        pace: float,
        entry: float | None = None,
        ring: float = MAX_DURATION,
    ) -> None:
        self._draft = draft
        self._entry = entry
        self._decided_at = decided_at
        self.length, self.pace = length, pace
        self._rest, self._pause, self._ring = rest, PAUSE * pace, ring
        self.first: float | None = None
        self._last: float = decided_at
        self._held_back: list[Written] = []
        self._misses = 0
        self._handed = 0
        #: What is certain to be played.
        self.written: list[Written] = []
        #: The most notes in a row that went on with a passage of the player's.
        self.recited = 0
        self.finished = False

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return self._draft.broken

    def write(self, now: float) -> list[Note]:
        """Go on for a model step, if it is not finished; the notes that have become certain since, in onset order."""
        self.step(now)
        handed, self._handed = self._handed, len(self.written)
        return [written.note for written in self.written[handed:]]

    def step(self, now: float) -> None:
        """Go on for a model step, if it is not finished, and keep what comes of it until `write` hands it out."""
        if not self.finished:
            answered(self._draft.model, self.asking(now))

    def asking(self, now: float) -> Asking[None]:
        """The same, asking whoever answers."""
        written = yield from self._writing(now)
        self.recited = max(self.recited, self._draft.recited)
        if written is not None:
            self._misses = 0
            self.written += self._take(written)
        elif self._draft.rested:
            if (self._draft.reached or now) - (self.first or self._decided_at) > LATE * self.length:
                self.written += self._finish(self._held_back)  # nothing that it is sure enough of comes any more
        else:
            self._misses += 1
            if self._misses == MOST_MISSES:
                self.written += self._finish(self._held_back)

    def _writing(self, now: float) -> Asking[Written | None]:
        if self.first is None and self._entry is not None:
            return self._draft.writing(self._entry, self._entry, self._pause)
        if self.first is None:
            return self._draft.writing(self._decided_at + FIRST_EARLIEST, self._decided_at + FIRST_LATEST, self._pause)
        # What has been waited already cannot be waited for less.
        earliest = max(self._last, now)
        late = min(max((self._last - self.first) / self.length - EARLY, 0.0) / (LATE - EARLY), 1.0)
        longest = max(self._rest, 2 * self._pause) if late else self._rest
        return self._draft.writing(earliest, earliest + longest, self._pause, SLOWING * late)

    def _take(self, written: Written) -> list[Written]:
        onset, before = written.note.onset, self._last
        self.first = onset if self.first is None else self.first
        self._last = onset
        # The wait expected before this note is how final the chord before it was.
        if self._held_back and onset > before:
            self._held_back[-1] = replace(self._held_back[-1], rest_before=written.rest_before)
        if self._held_back and onset - before >= self._pause:
            return self._ends_with(self._held_back)
        if onset - self.first > LATE * self.length or self._draft.steps >= STEPS_AN_ANSWER:
            return self._finish(self._held_back)
        if onset - self.first < EARLY * self.length:
            return [written]
        self._held_back.append(replace(written, rest_before=0.0))
        return []

    def _finish(self, ends: list[Written]) -> list[Written]:
        """What is up to the most final one of `ends`."""
        best = max(range(len(ends)), key=lambda index: (ends[index].rest_before, index), default=-1)
        return self._ends_with(ends[: best + 1])

    def _ends_with(self, ends: list[Written]) -> list[Written]:
        """No more than these: the last chord of them sounds no longer than it may."""
        self.finished = True
        head = ends[-1].note.onset - GROUP_SPAN if ends else 0.0
        return [_shortened(one, self._ring) if one.note.onset > head else one for one in ends]


def _shortened(written: Written, longest: float) -> Written:
    note = written.note
    return replace(written, note=replace(note, duration=min(note.duration or 0.0, longest)))
