"""Voices to the player's melody: each note of the top voice is harmonized the moment it is struck.

1. The first voice joins the player's note in the same turn, after one step of the model, and each other in a turn of
   its own: what was heard before has been read by then (improv.reader). At least half of the voices lie below the
   melody, unless the register forbids.
2. The model chooses them, one step a voice, asked to keep the tones that sound and to move the others as little as it
   can. A tone that is kept sounds on; what is not kept is released once all are chosen.
3. A note repeated, and one that follows sooner than the harmonic rhythm allows, keeps the harmony that is there.
4. The voices end with the player's note; how long that is going to be is not known, so they are asked for at their
   longest and released.
"""

from __future__ import annotations

import numpy as np

from improv.casting import ACCOMPANIST
from improv.draft import Draft
from improv.flow import RELEASE
from improv.notes import MAX_DURATION, Note
from improv.plan import Command
from improv.settings import Settings
from improv.stage import Stage
from improv.step import NEVER, Floats

#: Semitones below and above the melody within which voices lie, and the least distance from it.
BELOW, ABOVE, LEAST = 19, 9, 3
#: Nats for a tone that is kept, for each semitone that a voice moves, for a voice above, and for the melody's own tone.
KEPT, MOVED, CROSSED, DOUBLED = 2.5, -0.2, -1.5, -2.0
_KEYS = np.arange(128)
#: Model steps for one voice: a draw that falls outside costs one.
TRIES = 2


class HarmonizeMode:
    """The mode `harmonize`."""

    false_turns = 0

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._struck: list[Note] = []
        self._melody: Note | None = None  # the note that is harmonized
        self._harmony: list[int] = []  # the pitches of the last harmony, sounding or not
        self._reader = stage.reader(ACCOMPANIST)
        self._choice: _Choice | None = None  # the harmony that is being chosen
        self._changed_at = float("-inf")
        self._halted_at: float | None = None
        self._turned_at = float("-inf")
        self.broken_steps = 0

    @property
    def answering(self) -> bool:
        """Whether voices sound."""
        return self._stage.voice.ends_at > self._turned_at

    def heard(self, note: Note) -> None:
        """The player struck a note."""
        if not self._stage.ears.time.waiting:
            self._struck.append(note)

    def halt(self, at: float) -> None:
        """The clock started, stopped or jumped: the voices end at `at`."""
        self._halted_at = at

    def take(self, at: float) -> None:
        """It plays with the player, and never without."""

    def give_back(self, at: float) -> None:
        """Let go of the voices until the next note."""
        self._halted_at = at + RELEASE

    def finish(self, at: float) -> None:
        """The voices end with the player's note, as ever."""

    def leave(self, now: float) -> list[Command]:
        """Another mode takes over."""
        return [self._stage.voice.withdraw(now, now + RELEASE)]

    def turn(self, now: float) -> list[Command]:
        """Release what the player has let go of, and harmonize what they have struck."""
        self._turned_at = now
        voice, ears = self._stage.voice, self._stage.ears
        voice.look(now)
        commands: list[Command] = []
        if self._halted_at is not None:
            commands.append(voice.withdraw(now, self._halted_at))
            self._halted_at = self._melody = None
            self._end_choice()
        struck, self._struck = self._struck, []
        if struck:
            commands += voice.release({note.pitch for note in struck}, now)  # these keys are the player's
            top = max(struck, key=lambda note: note.pitch)
            if top.pitch >= max(ears.sounding(), default=0):
                commands += self._harmonize(top, now)
        elif self._choice is not None:
            commands += self._choose(self._choice, now)
        else:
            self._reader.think(now)
        if self._melody is not None and self._melody.pitch not in ears.sounding():
            self._melody = None
            self._end_choice()
            commands += voice.release({note.pitch for note in voice.sounding(now)}, now)
        return commands

    def wake_at(self) -> float | None:
        """At once after a halt and while there is something to choose or to read; else when the longest voice ends."""
        if self._halted_at is not None or self._choice is not None:
            return self._turned_at
        reads, ends = self._reader.wake_at(), self._stage.voice.ends_at
        if ends <= self._turned_at:
            return reads
        return ends if reads is None else min(ends, reads)

    def _harmonize(self, melody: Note, now: float) -> list[Command]:
        """Strike the voices that go with `melody`, and let go of those that do not."""
        before, self._melody = self._melody, melody
        soon = melody.onset - self._changed_at < self._stage.panel.settings.harmonic_rhythm
        repeated = before is not None and before.pitch == melody.pitch
        if self._choice is not None and soon:
            return self._choose(self._choice, now)
        if self._harmony and (soon or repeated):
            return self._strike([pitch for pitch in self._harmony if pitch != melody.pitch], [], melody, now)
        self._end_choice()
        stage = self._stage
        draft = Draft(stage.model, stage.ears, stage.panel, stage.rng, ACCOMPANIST, begin=self._reader.begin())
        self._changed_at, self._choice = melody.onset, _Choice(melody, draft, stage.panel.settings)
        return self._choose(self._choice, now)

    def _choose(self, choice: _Choice, now: float) -> list[Command]:
        """Choose a voice, and strike it if it does not sound yet and there is room; with the last, release."""
        chosen = choice.step(self._harmony)
        if choice.finished:
            self._end_choice()
            self._harmony = [note.pitch for note in choice.voices if note.pitch not in self._stage.ears.keys_down()]
            return self._strike(self._harmony, choice.voices, choice.melody, now)
        sounding = {note.pitch for note in self._stage.voice.sounding(now)}
        if chosen is None or len(sounding) >= self._stage.panel.settings.polyphony:
            return []
        return self._strike([*sounding, chosen.pitch], [chosen], choice.melody, now)

    def _end_choice(self) -> None:
        if self._choice is not None:
            self.broken_steps += self._choice.broken
            self._choice = None

    def _strike(self, harmony: list[int], written: list[Note], melody: Note, now: float) -> list[Command]:
        voice = self._stage.voice
        sounding = {note.pitch for note in voice.sounding(now)}
        velocities = {note.pitch: note.velocity for note in written}
        new = [
            Note(now, pitch, velocities.get(pitch, melody.velocity), MAX_DURATION, ACCOMPANIST.own)
            for pitch in harmony
            if pitch not in sounding
        ]
        commands = voice.release(sounding - set(harmony), now) + voice.play(new)
        voice.look(now)
        return commands


class _Choice:
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

    def step(self, before: list[int]) -> Note | None:
        """Choose the next, after a harmony of these pitches; None if nothing came of this step."""
        number, onset = self._settings.voices - self._left, self.melody.onset
        bias = self._wishes(self._below - number, before)
        written = self._draft.write(onset, onset, 1.0, own=True, pitches=bias)
        self._tries += 1
        if written is not None or self._tries == TRIES:
            self._left, self._tries = self._left - 1, 0
        if written is None:
            return None
        self.voices.append(written.note)
        return written.note

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
