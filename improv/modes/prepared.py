"""The harmony to each key that may be next, chosen before it goes down.

1. Once all that was heard has been read, the voices are chosen for each key about the last one of the melody, the
   nearest first: as if it were struck as hard as that one was, and as long after it as that one was after its own.
2. AT_ONCE keys are thought of at the same time. A turn is one slice: a run of the model for a voice to each, or what is
   decided around one of these voices. So a key that goes down waits no longer than that.
3. What was chosen holds as long as nothing changes: no other note, no setting, no other harmony. Where keys have come
   up it holds until it has been chosen anew, as it is for what is NEAR.
"""

from __future__ import annotations

from collections.abc import Hashable

from improv.casting import ACCOMPANIST
from improv.draft import Draft
from improv.modes.voicing import Voicing
from improv.nextkeys import nearest
from improv.notes import Note
from improv.questions import Abreast, Asking
from improv.reader import Beginning, Reader
from improv.stage import Stage

#: Semitones from the last note of the melody to the farthest key that is thought of, and to the farthest that is
#: thought of again when keys have come up; keys thought of at once.
FARTHEST, NEAR, AT_ONCE = 24, 12, 2


class Prepared:
    """For a stage whose `reader` reads along."""

    def __init__(self, stage: Stage, reader: Reader) -> None:
        self._stage, self._reader = stage, reader
        # Random numbers of their own: how far this has come when a key goes down is nobody's business.
        self._rng = stage.rng.spawn(1)[0]
        self._basis: Hashable = None
        self._ended = 0  # how many notes had ended when it was last begun
        self._thinking: Abreast[Voicing] = Abreast()
        self._chosen: dict[int, Voicing] = {}

    def think(self, melody: Note, harmony: list[int], now: float) -> None:
        """One slice of choosing for the next keys, where the last one was `melody`, these pitches its harmony."""
        if self._has_changed(harmony):
            self._begin(melody, harmony, now)
        for voicing in self._thinking.go_on(self._stage.model):
            if voicing.voices:
                self._chosen[voicing.melody.pitch] = voicing

    def waits(self, harmony: list[int]) -> bool:
        """Whether there are keys to think of, after a harmony of these pitches."""
        return not self._thinking.over or self._has_changed(harmony)

    def take(self, melody: Note, harmony: list[int]) -> Voicing | None:
        """What was chosen for `melody`, the one note that was heard since; None if nothing holds."""
        holds = self._basis == self._basis_of(self._stage.ears.heard - 1, harmony)
        chosen = self._chosen.pop(melody.pitch, None) if holds else None
        if chosen is not None:
            chosen.come_true(melody)
        return chosen

    def _begin(self, melody: Note, harmony: list[int], now: float) -> None:
        ears, basis = self._stage.ears, self._basis_of(self._stage.ears.heard, harmony)
        if basis != self._basis:
            self._chosen = {}
        self._basis, self._ended = basis, ears.context.ended
        begin, onset = self._reader.begin(followed=True), max(now, melody.onset + self._usual_wait())
        near = set(nearest(melody.pitch, NEAR))
        keys = [key for key in nearest(melody.pitch, FARTHEST) if key in near or key not in self._chosen]
        notes = [Note(onset, key, melody.velocity, part=ACCOMPANIST.player) for key in keys]
        self._thinking = Abreast([self._choosing(note, begin, harmony) for note in notes], AT_ONCE)

    def _choosing(self, melody: Note, begin: Beginning, harmony: list[int]) -> Asking[Voicing]:
        """Choose the voices to a note that would follow what was heard."""
        stage = self._stage
        draft = Draft(stage.model, stage.ears, stage.panel, self._rng, ACCOMPANIST, begin=begin.copy())
        draft.take([melody])
        return (yield from Voicing(melody, draft, stage.panel.settings).choosing(harmony))

    def _has_changed(self, harmony: list[int]) -> bool:
        ears = self._stage.ears
        return self._basis != self._basis_of(ears.heard, harmony) or self._ended != ears.context.ended

    def _basis_of(self, heard: int, harmony: list[int]) -> Hashable:
        """All that what is chosen depends on, but for keys that come up."""
        ears, settings = self._stage.ears, self._stage.panel.settings
        return heard, self._stage.voice.played, tuple(harmony), settings, ears.key

    def _usual_wait(self) -> float:
        *_, before, last = (0.0, 0.0, *(note.onset for note in self._stage.ears.recent))
        return last - before
