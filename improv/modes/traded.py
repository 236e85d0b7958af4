"""A traded answer: from one bar line to another, and its last group sounds up to there."""

from __future__ import annotations

from dataclasses import replace

from improv.draft import Draft
from improv.drawing import Written
from improv.modes.writing import STEPS_AN_ANSWER, Answer
from improv.questions import Asking

#: So near to a bar line, in seconds, is on it.
HAIR = 1e-6


class Traded(Answer):
    """An answer from one moment to another (seconds): bar lines."""

    def __init__(self, draft: Draft, entry: float, end: float, rest: float, pace: float) -> None:
        super().__init__(draft, entry, end - entry, rest, pace, entry)
        self._end = end

    def _writing(self, now: float) -> Asking[Written | None]:
        if self.first is None:
            return super()._writing(now)
        earliest = max(self._last, now)
        return self._draft.writing(earliest, earliest + self._rest, self._pause)

    def _take(self, written: Written) -> list[Written]:
        onset, before = written.note.onset, self._last
        if onset >= self._end - HAIR or self._draft.steps >= STEPS_AN_ANSWER:
            return self._finish(self._held_back)
        self.first, self._last = onset if self.first is None else self.first, onset
        over = self._held_back if onset > before else []
        self._held_back = [written] if onset > before else [*self._held_back, written]
        return [self._lasting(one, min(one.note.duration or 0.0, self._end - one.note.onset)) for one in over]

    def _finish(self, ends: list[Written]) -> list[Written]:
        """The last group, which sounds to the end."""
        self.finished = True
        return [self._lasting(one, self._end - one.note.onset) for one in ends]

    def _lasting(self, written: Written, duration: float) -> Written:
        return replace(written, note=replace(written.note, duration=duration))
