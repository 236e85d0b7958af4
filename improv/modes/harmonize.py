"""Voices to the player's melody: each note of the top voice is harmonized the moment it is struck.

1. The notes join the player's in the same turn. At least half of them lie below it, unless the register forbids.
2. The model chooses them, one step a voice, asked to keep the tones that sound and to move the others as little as it
   can. A tone that is kept sounds on.
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
from improv.stage import Stage
from improv.step import NEVER, Floats

#: Semitones below and above the melody within which voices lie, and the least distance from it.
BELOW, ABOVE, LEAST = 19, 9, 3
#: Nats for a tone that is kept, for each semitone that a voice moves, for a voice above, and for the melody's own tone.
KEPT, MOVED, CROSSED, DOUBLED = 2.5, -0.2, -1.5, -2.0
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
        struck, self._struck = self._struck, []
        if struck:
            commands += voice.release({note.pitch for note in struck}, now)  # these keys are the player's
            top = max(struck, key=lambda note: note.pitch)
            if top.pitch >= max(ears.sounding(), default=0):
                commands += self._harmonize(top, now)
        if self._melody is not None and self._melody.pitch not in ears.sounding():
            self._melody = None
            commands += voice.release({note.pitch for note in voice.sounding(now)}, now)
        return commands

    def wake_at(self) -> float | None:
        """At once after a halt; else when the longest voice ends."""
        if self._halted_at is not None:
            return self._turned_at
        ends = self._stage.voice.ends_at
        return ends if ends > self._turned_at else None

    def _harmonize(self, melody: Note, now: float) -> list[Command]:
        """Strike the voices that go with `melody`, and let go of those that do not."""
        before, self._melody = self._melody, melody
        soon = melody.onset - self._changed_at < self._stage.panel.settings.harmonic_rhythm
        repeated = before is not None and before.pitch == melody.pitch
        if self._harmony and (soon or repeated):
            return self._strike([pitch for pitch in self._harmony if pitch != melody.pitch], [], melody, now)
        written = self._voices(melody)
        self._harmony = [note.pitch for note in written]
        self._changed_at = melody.onset
        return self._strike(self._harmony, written, melody, now)

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

    def _voices(self, melody: Note) -> list[Note]:
        """The notes of the harmony, from below."""
        stage, settings = self._stage, self._stage.panel.settings
        draft = Draft(stage.model, stage.ears, stage.panel, stage.rng, ACCOMPANIST)
        room = melody.pitch - LEAST - settings.low >= 2 * LEAST
        below = -(-settings.voices // 2) if room else 0
        voices: list[Note] = []
        for number in range(settings.voices):
            bias = self._wishes(melody.pitch, voices, below - number)
            for _ in range(TRIES):
                written = draft.write(melody.onset, melody.onset, 1.0, own=True, pitches=bias)
                if written is not None:
                    voices.append(written.note)
                    break
        self.broken_steps += draft.broken
        return voices

    def _wishes(self, melody: int, voices: list[Note], still_below: int) -> Floats:
        """Nats a pitch, shape (128,), for the next voice above `voices`; so many have still to lie below the melody."""
        keys = np.arange(128)
        lowest = voices[-1].pitch + LEAST if voices else melody - BELOW
        highest = melody - LEAST - LEAST * (still_below - 1) if still_below > 0 else melody + ABOVE
        bias = np.where((keys < lowest) | (keys > highest) | (np.abs(keys - melody) < LEAST), NEVER, 0.0)
        bias += np.where(keys > melody, CROSSED, 0.0) + np.where((keys - melody) % 12 == 0, DOUBLED, 0.0)
        if self._harmony:
            moves = np.abs(keys[:, None] - np.array(self._harmony)).min(axis=1)
            bias += np.where(moves == 0, KEPT, MOVED * moves)
        return bias.astype(np.float32)
