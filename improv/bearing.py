"""What a draft is held to: how the player has played, in register, pace, fullness and loudness.

An answer is to be like the phrase it answers. Who plays on for minutes is to be like the player, and not like the one
run or the one loud chord that came last. So a draft looks at as many notes of the player's as the network sees, and
once it has written as many itself, at WIDER more for each: as far back as the dials look, and no further. Where another
pace or register is asked for, the player's are what they would be there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from math import log2

from improv.context import CONTEXT_NOTES
from improv.dials import LEAST_SPAN, NOTHING_ASKED, SPAN, Asked
from improv.drawing import register_bias
from improv.drift import Manner, manner, pull
from improv.encoding import PITCH, Encoding
from improv.loudness import drawn_so_far, loudness
from improv.notes import Note
from improv.step import Floats

#: Of how many notes of its own a draft keeps in mind what they have drifted.
DRIFT_NOTES = 128
#: A draft looks at the player again after so many notes, and, once it is long, at so many more for each.
LOOK_EVERY, WIDER = 8, 2


class Bearing:
    """Looks at the `player`'s notes, in onset order; more may be heard meanwhile. `usual`: mean and spread of velocity
    (1-127) in the training."""

    def __init__(self, player: Sequence[Note], usual: tuple[float, float]) -> None:
        self._player = player
        self._usual = usual
        self._drawn: deque[Note] = deque(maxlen=DRIFT_NOTES)  # velocities as the model drew them
        self._own = Manner(DRIFT_NOTES)
        self._count = 0
        self._look()
        #: What the model hears is moved in one way from the beginning to the end of a draft.
        self.to_model = self._loudness.to_model

    def copy(self) -> Bearing:
        """Another that goes on from here by itself."""
        other = copy(self)
        other._drawn, other._own = self._drawn.copy(), self._own.copy()
        return other

    def _look(self) -> None:
        reach = CONTEXT_NOTES + WIDER * max(0, self._count - CONTEXT_NOTES)
        notes = [*self._player][-reach:]
        oldest = notes[-1].onset - SPAN if notes else 0.0
        notes = [note for note in notes[:-CONTEXT_NOTES] if note.onset >= oldest] + notes[-CONTEXT_NOTES:]
        self._manner = manner(notes)
        pitches = [note.pitch for note in notes]
        self._range = (min(pitches), max(pitches)) if pitches else ()
        self._pace = len(notes) / max(notes[-1].onset - notes[0].onset, LEAST_SPAN) if notes else 0.0
        self._loudness = loudness([note.velocity for note in notes], self._usual)

    def went_on(self, notes: Sequence[Note]) -> None:
        """More was heard, and these notes have been written meanwhile, of velocities as the model draws them."""
        for note in notes:
            self._drawn.append(note)
            self._own.add(note)
        self._count += len(notes)
        self._look()

    def wrote(self, note: Note) -> None:
        """The draft goes on with a note, of a velocity as the model drew it."""
        self._drawn.append(note)
        self._own.add(note)
        self._count += 1
        if self._count % LOOK_EVERY == 0:
            self._look()

    def bias(self, encoding: Encoding, asked: Asked = NOTHING_ASKED) -> Floats:
        """Nats, shape (encoding.offsets[-1],), that bring back what has drifted and keep away from far registers; from
        what is `asked`, where something is."""
        held, higher, faster = self._manner, 0.0, 0.0
        if self._range and asked.register is not None:
            higher = asked.register - held.pitches.mean
        if self._range and asked.density is not None:
            faster = log2(asked.density / self._pace)
        if higher or faster:
            held = held.moved(higher, faster)
        bias = pull(encoding, held, self._own)
        bias[encoding.field(PITCH)] += register_bias([pitch + round(higher) for pitch in self._range])
        return bias

    def drawn(self) -> tuple[float, float]:
        """Mean and spread of velocity as the model has drawn it lately."""
        return drawn_so_far([note.velocity for note in self._drawn], self._usual)

    def as_model(self, note: Note) -> Note:
        """A note as played, as loud as the model would have heard it."""
        return replace(note, velocity=self.to_model(note.velocity))

    def to_player(self, velocity: int, drawn: tuple[float, float]) -> int:
        """A velocity that the model drew, where it draws with this mean and spread, as loud as the player would play
        it."""
        return replace(self._loudness, model=drawn).to_player(velocity)
