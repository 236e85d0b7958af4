"""The first voice to each key that may be next, chosen before it goes down.

1. Once all that was heard has been read, the first voice is chosen for each key about the last one of the melody, the
   nearest first: as if it were struck as hard as that one was, and as long after it as that one was after its own.
2. Two keys are asked about in one turn, in one run of the model: a key that goes down waits no longer than that.
3. What was chosen holds as long as nothing changes: no other note, no key that comes up, no setting, no other harmony.
"""

from __future__ import annotations

from collections.abc import Hashable

from improv.casting import ACCOMPANIST
from improv.draft import Draft
from improv.modes.voicing import Voicing
from improv.notes import Note
from improv.questions import answered_together
from improv.reader import Reader
from improv.stage import Stage

#: Semitones from the last note of the melody to the farthest key that is thought of, and keys for one turn.
FARTHEST, AT_ONCE = 12, 2


class Prepared:
    """For a stage whose `reader` reads along."""

    def __init__(self, stage: Stage, reader: Reader) -> None:
        self._stage, self._reader = stage, reader
        # Random numbers of their own: how far this has come when a key goes down is nobody's business.
        self._rng = stage.rng.spawn(1)[0]
        self._basis: Hashable = None
        self._keys: list[int] = []  # that are still to be thought of, the next one last
        self._chosen: dict[int, Voicing] = {}

    def think(self, melody: Note, harmony: list[int], now: float) -> None:
        """Choose for the next keys, where the last one was `melody` and these pitches its harmony."""
        basis = self._basis_of(self._stage.ears.heard, harmony)
        if basis != self._basis:
            self._basis, self._chosen = basis, {}
            away = sorted(range(-FARTHEST, FARTHEST + 1), key=abs, reverse=True)
            self._keys = [melody.pitch + by for by in away if by and 0 <= melody.pitch + by < 128]
        some, self._keys = self._keys[-AT_ONCE:], self._keys[:-AT_ONCE]
        begin, onset = self._reader.begin(), max(now, melody.onset + self._usual_wait())
        voicings: list[Voicing] = []
        for pitch in some:
            stage, note = self._stage, Note(onset, pitch, melody.velocity, part=ACCOMPANIST.player)
            draft = Draft(stage.model, stage.ears, stage.panel, self._rng, ACCOMPANIST, begin=begin.copy())
            draft.take([note])
            voicings.append(Voicing(note, draft, stage.panel.settings))
        answered_together(self._stage.model, [voicing.asking(harmony) for voicing in voicings])
        self._chosen.update({one.melody.pitch: one for one in voicings if one.voices})

    def waits(self, harmony: list[int]) -> bool:
        """Whether there are keys to think of, after a harmony of these pitches."""
        return bool(self._keys) or self._basis != self._basis_of(self._stage.ears.heard, harmony)

    def take(self, melody: Note, harmony: list[int]) -> Voicing | None:
        """What was chosen for `melody`, the one note that was heard since; None if nothing holds."""
        holds = self._basis == self._basis_of(self._stage.ears.heard - 1, harmony)
        return self._chosen.pop(melody.pitch, None) if holds else None

    def _basis_of(self, heard: int, harmony: list[int]) -> Hashable:
        """All that what is chosen depends on."""
        ears, settings = self._stage.ears, self._stage.panel.settings
        return heard, self._stage.voice.played, ears.context.ended, tuple(harmony), settings, ears.key

    def _usual_wait(self) -> float:
        *_, before, last = (0.0, *(note.onset for note in self._stage.ears.recent))
        return last - before
