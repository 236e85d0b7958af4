"""The voices to one note of the melody, chosen by the model, one step a voice: rule 2 of improv.modes.harmonize."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from improv.draft import Draft
from improv.notes import Note
from improv.questions import Asking, answered
from improv.settings import Settings
from improv.step import NEVER, Floats, StepModel

#: Semitones below and above the melody within which voices lie, and the least distance from it.
BELOW, ABOVE, LEAST = 19, 9, 3
#: Nats for a tone that is kept, for each semitone that a voice moves, for a voice above, and for the melody's own tone.
KEPT, MOVED, CROSSED, DOUBLED = 4.0, -0.6, -1.5, -2.0
_KEYS = np.arange(128)
#: Model steps for one voice: a draw that falls outside costs one.
TRIES = 2


class Voicing:
    """The voices to go with a note of the melody, from below, as far as they are chosen."""

    def __init__(self, melody: Note, draft: Draft, settings: Settings) -> None:
        self.melody = melody
        self._draft, self._settings = draft, settings
        room = melody.pitch - LEAST - settings.low >= 2 * LEAST
        self._below = -(-settings.voices // 2) if room else 0
        self._left, self._tries = settings.voices, 0
        self.voices: list[Note] = []

    @property
    def finished(self) -> bool:
        """Whether all are chosen."""
        return self._left == 0

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return self._draft.broken

    def step(self, model: StepModel, before: list[int]) -> Note | None:
        """Choose the next, after a harmony of these pitches; None if nothing came of this step."""
        return answered(model, self.asking(before))

    def asking(self, before: list[int]) -> Asking[Note | None]:
        """The same, asking whoever answers."""
        number, onset = self._settings.voices - self._left, self.melody.onset
        bias = self._wishes(self._below - number, before)
        written = yield from self._draft.writing(onset, onset, 1.0, own=True, pitches=bias)
        self._tries += 1
        if written is not None or self._tries == TRIES:
            self._left, self._tries = self._left - 1, 0
        if written is None:
            return None
        self.voices.append(written.note)
        return written.note

    def choosing(self, before: list[int]) -> Asking[Voicing]:
        """Choose all that are left, asking whoever answers."""
        while not self.finished:
            yield from self.asking(before)
        return self

    def come_true(self, melody: Note) -> None:
        """What was chosen for a note that might come goes with `melody`, which came, and is as much louder or softer
        as that one is."""
        louder = melody.velocity - self.melody.velocity
        at, loud = melody.onset, [min(max(one.velocity + louder, 1), 127) for one in self.voices]
        self.voices = [replace(one, onset=at, velocity=each) for one, each in zip(self.voices, loud, strict=True)]
        self.melody = melody

    def _wishes(self, still_below: int, before: list[int]) -> Floats:
        """Nats a pitch, shape (128,), for the next voice; so many have still to lie below the melody."""
        melody = self.melody.pitch
        lowest = self.voices[-1].pitch + LEAST if self.voices else melody - BELOW
        highest = melody - LEAST - LEAST * (still_below - 1) if still_below > 0 else melody + ABOVE
        away = np.abs(_KEYS - melody)
        bias = np.where((lowest > _KEYS) | (highest < _KEYS) | (away < LEAST), NEVER, 0.0)
        bias += CROSSED * (melody < _KEYS) + DOUBLED * (away % 12 == 0)
        if before:
            moves = np.abs(_KEYS[:, None] - np.array(before)).min(axis=1)
            bias += np.where(moves == 0, KEPT, MOVED * moves)
        return bias.astype(np.float32)
