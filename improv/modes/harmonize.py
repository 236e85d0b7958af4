"""Voices to the player's melody: each note of the top voice is harmonized the moment it is struck.

1. The voices join the player's note in the same turn: for a likely key they have been chosen before it went down
   (improv.modes.prepared). For another the first joins it then, for which the model takes a step, as what was heard
   before has been read (improv.reader), and each other in a turn of its own. At least half of the voices lie below the
   melody, unless the register forbids.
2. The model chooses them, one step a voice, asked to keep the tones that sound and to move the others as little as it
   can. A tone that is kept sounds on; what is not kept is released once all are chosen.
3. A note repeated, and one that follows sooner than the harmonic rhythm allows, keeps the harmony that is there.
4. The voices end with the player's note; how long that is going to be is not known, so they are asked for at their
   longest and released.
"""

from __future__ import annotations

from improv.casting import ACCOMPANIST
from improv.draft import Draft
from improv.flow import RELEASE
from improv.modes.prepared import Prepared
from improv.modes.voicing import Voicing
from improv.notes import MAX_DURATION, Note
from improv.plan import Command
from improv.stage import Stage

#: Seconds that it takes at most to think of the next harmony.
PREPARING = 0.1
#: Where and how hard the first note of all is thought to be struck, as a pitch and a velocity.
FIRST = 60, 64


class HarmonizeMode:
    """The mode `harmonize`."""

    false_turns = 0

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._struck: list[Note] = []
        self._melody: Note | None = None  # the note that is harmonized, while it sounds
        self._last: Note | None = None  # the last one that was
        self._harmony: list[int] = []  # the pitches of the last harmony, sounding or not
        self._reader = stage.reader(ACCOMPANIST, go_on=True)
        self._prepared = Prepared(stage, self._reader)
        self._choice: Voicing | None = None  # the harmony that is being chosen
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
            self._think(now)
        if self._melody is not None and self._melody.pitch not in ears.sounding():
            self._melody = None
            self._end_choice()
            commands += voice.release({note.pitch for note in voice.sounding(now)}, now)
        return commands

    def wake_at(self) -> float | None:
        """At once after a halt and while there is something to choose or to read; else when the longest voice ends."""
        if self._halted_at is not None or self._choice is not None:
            return self._turned_at
        reads, ends = self._thinks_at(), self._stage.voice.ends_at
        if ends <= self._turned_at:
            return reads
        return ends if reads is None else min(ends, reads)

    def _think(self, now: float) -> None:
        """Read what was heard, and choose for the keys that may be next."""
        if self._reader.wake_at() is not None:
            self._reader.think(now)
        elif now >= self._prepares_at and self._prepared.waits(self._harmony):
            self._prepared.think(self._last or Note(now, *FIRST), self._harmony, now)

    def _thinks_at(self) -> float | None:
        reads = self._reader.wake_at()
        waits = reads is None and self._prepared.waits(self._harmony)
        return max(self._turned_at, self._prepares_at) if waits else reads

    @property
    def _prepares_at(self) -> float:
        """When to begin to think of the next harmony: shortly before there may be another."""
        return self._changed_at + self._stage.panel.settings.harmonic_rhythm - PREPARING

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
        self._changed_at, self._last = melody.onset, melody
        self._choice = self._prepared.take(melody, self._harmony)
        if self._choice is not None:
            return self._sound(self._choice, None, now)
        self._choice = Voicing(melody, self._new_draft(), self._stage.panel.settings)
        return self._choose(self._choice, now)

    def _new_draft(self) -> Draft:
        stage = self._stage
        return Draft(stage.model, stage.ears, stage.panel, stage.rng, ACCOMPANIST, begin=self._reader.begin())

    def _choose(self, choice: Voicing, now: float) -> list[Command]:
        """Choose a voice."""
        return self._sound(choice, choice.step(self._stage.model, self._harmony), now)

    def _sound(self, choice: Voicing, chosen: Note | None, now: float) -> list[Command]:
        """Strike the voice that was chosen, if it does not sound yet and there is room; with the last, release."""
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
