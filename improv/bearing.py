"""What a draft is held to: how the player has played, in register, pace, fullness and loudness.

An answer is to be like the phrase it answers. Who plays on for minutes is to be like the player, and not like the one
run or the one loud chord that came last. So a draft looks at as many notes of the player's as the network sees, and
once it has written as many itself, at WIDER more for each: some minutes back, and no further. Keys change sooner than
hands do: of pitch classes KEY_NOTES count at most. Where another pace or register is asked for, the player's are what
they would be there.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from math import log2

import numpy as np

from improv.context import CONTEXT_NOTES
from improv.dials import NOTHING_ASKED, Asked
from improv.drawing import register_bias
from improv.drift import NO_KEY, Manner, pull
from improv.encoding import PITCH, Encoding
from improv.loudness import answered, loudness, within
from improv.notes import Note
from improv.step import Floats
from improv.tally import Look, Tally

#: Of how many notes of its own a draft keeps in mind what they have drifted.
DRIFT_NOTES = 128
#: Seconds before the player's last note that a draft looks back to at most, and for pitch classes notes.
SPAN, KEY_NOTES = 300.0, 128
#: A draft looks at the player again after so many notes, and, once it is long, at so many more for each.
LOOK_EVERY, WIDER = 8, 8


class Bearing:
    """Looks at the `player`'s notes; more may be heard meanwhile. `usual`: mean and spread of velocity (1-127) in the
    training."""

    def __init__(self, player: Tally, usual: tuple[float, float]) -> None:
        self._player = player
        self._usual = within(usual)
        self._own = Tally(DRIFT_NOTES)  # of velocities as the model drew them
        self._lately: Look | None = None  # at those
        self._look()
        #: What the model hears is moved in one way from the beginning to the end of a draft.
        self.to_model = loudness(self._held, self._usual).to_model

    def copy(self) -> Bearing:
        """Another that goes on from here by itself."""
        other = copy(self)
        other._own = self._own.copy()
        return other

    def _look(self) -> None:
        reach = CONTEXT_NOTES + WIDER * max(0, self._own.count - CONTEXT_NOTES)
        self._held = self._player.last(reach, SPAN, least=CONTEXT_NOTES)
        key = self._player.last(min(reach, KEY_NOTES))
        self._classes = NO_KEY if key is None else key.manner.classes

    def went_on(self, notes: Iterable[Note]) -> None:
        """More was heard, and these notes have been written meanwhile, of velocities as the model draws them."""
        for note in notes:
            self._own.add(note)
        self._lately = self._own.last(DRIFT_NOTES)
        self._look()

    def wrote(self, note: Note) -> None:
        """The draft goes on with a note, of a velocity as the model drew it."""
        self._own.add(note)
        self._lately = self._own.last(DRIFT_NOTES)
        if self._own.count % LOOK_EVERY == 0:
            self._look()

    def bias(self, encoding: Encoding, asked: Asked = NOTHING_ASKED, keyed: bool = False) -> Floats:
        """Nats, shape (encoding.offsets[-1],), that bring back what has drifted and keep away from far registers; from
        what is `asked`, where something is. If it is `keyed` somebody else sees to the key."""
        held, own = self._held, self._lately
        if held is None:
            return np.zeros(encoding.offsets[-1], np.float32)
        higher = 0.0 if asked.register is None else asked.register - held.manner.pitches.mean
        faster = 0.0 if asked.density is None else log2(asked.density / held.pace)
        manner = replace(held.manner, classes=NO_KEY if keyed else self._classes).moved(higher, faster)
        bias = pull(encoding, manner, Manner() if own is None else own.manner)
        bias[encoding.field(PITCH)] += register_bias([held.lowest + round(higher), held.highest + round(higher)])
        return bias

    def as_model(self, note: Note) -> Note:
        """A note as played, as loud as the model would have heard it."""
        return replace(note, velocity=self.to_model(note.velocity))

    def to_player(self, velocity: int) -> int:
        """A velocity that the model drew, as loud as the player would play it; left to itself a model drifts."""
        return answered(self._held, self._lately, self._usual).to_player(velocity)

    def as_loud(self, velocity: int, times: float) -> int:
        """The same, so many times as loud."""
        return min(max(round(self.to_player(velocity) * times), 1), 127)
