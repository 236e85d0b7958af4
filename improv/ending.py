"""An end: improv goes on alone for a little, up to the note or chord that the model finds most final, which rings."""

from __future__ import annotations

from dataclasses import replace

from improv.casting import Cast
from improv.draft import Draft
from improv.drawing import Written
from improv.notes import GROUP_SPAN, Note
from improv.plan import Command
from improv.stage import Stage

#: The last chord rings for so many seconds, unless it was to sound longer; one that leaves less than HEEL seconds of
#: the time given is not looked for.
RING = 2.5
HEEL = 0.15
#: A wait of so many seconds is what an end is known by.
REST = 1.5
#: Model steps for one end.
STEPS_AN_END = 48


class Ending:
    """Written a step a turn from `now` on, after the notes of `stays`; its last onset is no later than `by` (absolute
    seconds)."""

    def __init__(self, stage: Stage, cast: Cast, stays: list[Note], now: float, by: float) -> None:
        begin = stage.reader(cast, go_on=True).begin() if len(cast.parts) > 1 else None
        self._draft = Draft(stage.model, stage.ears, stage.panel, stage.rng, cast, begin=begin)
        self._draft.take(stays)
        self._by = by
        self._last = max([now, *(note.onset for note in stays)])
        self._written: list[Written] = []
        self.finished = False

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return self._draft.broken

    def write(self, now: float) -> list[Note]:
        """Go on for a step; once it is `finished`, its notes in onset order."""
        if self.finished:
            return []
        earliest = max(self._last, now)
        if earliest > self._by - HEEL or self._draft.steps >= STEPS_AN_END:
            return self._finish()
        written = self._draft.write(earliest, self._by, REST, own=True)
        if self._draft.rested:
            self._last = max(self._last, self._draft.reached or self._last)
        elif written is not None:
            self._written.append(written)
            self._last = written.note.onset
        return []

    def _finish(self) -> list[Note]:
        """The notes up to the most final chord, which rings."""
        self.finished = True
        notes, waits = [one.note for one in self._written], [one.rest_before for one in self._written]
        if not notes:
            return []
        # How final a chord is, is the wait expected after it. What follows the last is not known.
        ends = [index for index in range(len(notes) - 1) if notes[index + 1].onset > notes[index].onset]
        last = max(ends, key=lambda index: waits[index + 1], default=len(notes) - 1)
        head = notes[last].onset
        return [
            replace(note, duration=max(note.duration or 0.0, RING)) if note.onset > head - GROUP_SPAN else note
            for note in notes[: last + 1]
        ]


def begin_to_end(stage: Stage, cast: Cast, now: float, by: float) -> tuple[Ending, list[Command]]:
    """An end that takes the place of what is planned, but for what begins at once; what that takes back."""
    voice = stage.voice
    voice.look(now)
    near = [note for note in voice.planned if note.onset < now + stage.panel.settings.commit]
    return Ending(stage, cast, near, now, by), voice.drop([note for note in voice.planned if note not in near], now)
