"""The memory of touch in playing: notes wait here until it is known how long they sounded.

1. They are learned in onset order, chords ascending, as `improv.touch` wants them: a note that still sounds holds up
   those after it, until it ends or has sounded for MAX_DURATION.
2. Improv's own notes, and all while the player has frozen what was learned, are context and not learned.
3. No more than MOST wait: before there are more, the oldest count as ended.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from improv.encoding import Encoding
from improv.kept import STROKE, HeardLog
from improv.mixing import Mixture
from improv.notes import GROUP_SPAN, MAX_DURATION, Note
from improv.touch import Strokes, Touch

MOST = 512


class Lengths:
    """Holds notes by a key of the caller's until they are learned; moments in absolute seconds. `log` is what the
    memory was made of."""

    def __init__(
        self,
        encoding: Encoding,
        mixtures: Sequence[Mixture | None] = (),
        strokes: Iterable[tuple[int, int, int, float, float]] = (),
    ) -> None:
        """It begins with these mixtures of velocity and duration, and what was logged before, as kept.STROKE has it."""
        velocity, duration = (*mixtures, None, None)[:2]
        self.touch = Touch(mixtures=None if velocity is None or duration is None else (velocity, duration))
        self.log = HeardLog(STROKE)
        self._encoding = encoding
        self._waiting: dict[Hashable, tuple[Note, bool]] = {}  # in onset order; and whether it is to be learned
        self._head = -math.inf  # onset of the last chord that was handed on
        for pitch, strength, learned, wait, sounded in strokes:
            self._learn(pitch, strength, wait, sounded, learned=bool(learned))

    def began(self, key: Hashable, note: Note, learned: bool) -> None:
        """A note began, after all others; it may have a duration already."""
        self._waiting[key] = (note, learned)
        while self._hand_on(note.onset):
            pass

    def ended(self, key: Hashable, note: Note) -> None:
        """The note of this key has a duration now."""
        if key in self._waiting:
            self._waiting[key] = (note, self._waiting[key][1])

    def close(self) -> Strokes:
        """Nothing more comes for now: the end of what was played, as far as it has ended, to be written on from."""
        while self._hand_on(math.inf):
            pass
        return self.touch.strokes.copy()

    def _hand_on(self, now: float) -> bool:
        """Learn the oldest chord if all of it is known at `now`; whether it was."""
        chord = self._oldest()
        if not chord:
            return False
        head = chord[0][1].onset
        overdue = MAX_DURATION < now - head < math.inf or len(self._waiting) > MOST
        closed = now - head > GROUP_SPAN
        if not overdue and not (closed and all(note.duration is not None for _, note, _ in chord)):
            return False
        wait = head - self._head
        for key, note, learned in sorted(chord, key=lambda item: item[1].pitch):
            sounded = replace(note, duration=MAX_DURATION if note.duration is None else note.duration)
            self._take(sounded, wait, learned)
            del self._waiting[key]
            wait = 0.0
        self._head = head
        return True

    def _oldest(self) -> list[tuple[Hashable, Note, bool]]:
        chord: list[tuple[Hashable, Note, bool]] = []
        for key, (note, learned) in self._waiting.items():
            if chord and note.onset - chord[0][1].onset > GROUP_SPAN + 1e-9:
                break
            chord.append((key, note, learned))
        return chord

    def _take(self, note: Note, wait: float, learned: bool) -> None:
        rounded, sounded = np.array([wait, note.duration or 0.0], np.float32).tolist()  # as `encode` rounds
        self._learn(note.pitch, note.velocity, rounded, sounded, learned=learned)

    def _learn(self, pitch: int, velocity: int, wait: float, sounded: float, *, learned: bool) -> None:
        """A note, `wait` seconds after the chord before it began; 0 within a chord."""
        encoding = self._encoding
        stroke = (encoding.ioi_bin(wait), pitch, encoding.velocity_bin(velocity), encoding.duration_bin(sounded))
        self.log.add(pitch, velocity, learned, wait, sounded)
        if learned:
            self.touch.learn(stroke)
        else:
            self.touch.strokes.push(stroke)
