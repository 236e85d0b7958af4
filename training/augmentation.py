"""What may change in a crop of training music without it becoming other music, and which dials it is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.dials import FIELD, WIDTH, Dial, asked
from improv.encoding import Arranged
from improv.notes import MAX_DURATION, Part
from improv.step import Floats
from training.pieces import Labels

#: Dials are drawn and dropped in these kinds: what was heard, and what is asked.
HEARD, ASKED = tuple(Dial)[: Dial.ASKED_DENSITY], tuple(Dial)[Dial.ASKED_DENSITY :]
#: What is asked, and what was heard of the same thing.
SAME = {Dial.ASKED_DENSITY: Dial.DENSITY, Dial.ASKED_REGISTER: Dial.REGISTER, Dial.ASKED_LOUDNESS: Dial.LOUDNESS}

Notes = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What may change in a crop, without it becoming other music. Chances are from 0 to 1."""

    transpose: tuple[int, int] = (-5, 6)
    tempo: tuple[float, float] = (0.77, 1.3)
    velocity_scale: tuple[float, float] = (0.8, 1.25)
    velocity_shift: float = 12.0
    velocity_noise: float = 14.0  # standard deviation a note, at most, in as many crops as are jittered
    jitter_chance: float = 0.45
    jitter: float = 0.016  # seconds, at most: the standard deviation of onsets and releases
    drop_part: float = 0.5
    drop_history: float = 0.1
    alone: float = 0.12  # chance that only one part of a piece is played
    drop_dial: float = 0.15  # a kind of heard dials
    ask: float = 0.45  # chance that a kind of dials is asked
    ask_anew: float = 0.5  # chance that what was heard of the same thing is dropped then
    passage: tuple[int, int] = (12, 256)  # notes that are asked for as one, at random in between

    def choose(self, parts: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Which notes of a piece are played at all, (n,) from the part of each: now and then one part's alone.

        A player often plays a line by itself; music for two hands never shows one.
        """
        everything = np.ones(len(parts), bool)
        if rng.random() >= self.alone:
            return everything
        only = parts == (Part.LEAD if rng.random() < 0.67 else Part.ACCOMPANIMENT)
        return only if only.sum() > 1 else everything

    def apply(self, notes: Notes, labels: Labels, rng: np.random.Generator) -> Notes:
        """A copy of `notes` (NOTE_DTYPE, onset order), changed at random."""
        notes = notes.copy()
        notes["pitch"] = notes["pitch"].astype(np.int16) + _transposition(notes["pitch"], *self.transpose, rng)
        stretch = 1 / rng.uniform(*self.tempo)
        notes["onset"] *= stretch
        notes["duration"] *= stretch
        velocity = notes["velocity"].astype(np.float64)
        scale, shift = rng.uniform(*self.velocity_scale), rng.normal(0, self.velocity_shift)
        mean = velocity.mean() if len(velocity) else 0.0
        if rng.random() < self.jitter_chance:
            # Piano rolls say nearly the same loudness for all notes of a hand; a player's differ.
            velocity += rng.normal(0, rng.uniform(0, self.velocity_noise), len(notes))
        notes["velocity"] = np.clip(np.rint((velocity - mean) * scale + mean + shift), 1, 127)
        if rng.random() < self.jitter_chance:
            notes = _jittered(notes, rng.uniform(0, self.jitter), rng)
        np.minimum(notes["duration"], MAX_DURATION, out=notes["duration"])
        if labels == Labels.REGISTER and rng.random() < 0.5:
            # Bass and treble halves are no roles: swapped half the time, the label cannot come to mean height.
            split = notes["part"] != Part.UNSPLIT
            notes["part"] = np.where(split, 1 - notes["part"], notes["part"])
        if rng.random() < self.drop_part:
            notes["part"] = Part.UNSPLIT
        return notes

    def turn_dials(self, dials: Floats, arranged: Arranged, begin: int, rng: np.random.Generator) -> None:
        """Drop kinds of heard dials from `dials` (n + 1, WIDTH), and put in what is asked of the notes from `begin` on.

        Long passages are asked for as a whole, short ones each for what it is: of a long one the notes heard so far say
        nearly all, and a network would not learn to heed what is asked.
        """
        for dial in HEARD:
            if rng.random() < self.drop_dial:
                dials[:, FIELD[dial]] = 0
        low, high = np.log(self.passage)
        told = asked_of_passages(arranged, begin, round(float(np.exp(rng.uniform(low, high)))))
        for dial in ASKED:
            if rng.random() < self.ask:
                dials[:, FIELD[dial]] = told[:, FIELD[dial]]
                if rng.random() < self.ask_anew:
                    dials[:, FIELD[SAME[dial]]] = 0


def asked_of_passages(arranged: Arranged, begin: int, length: int) -> Floats:
    """What would have been asked for each passage of `length` notes from `begin` on, beside each of its rows and, for
    the last, after them: shape (n + 1, WIDTH). Rows before `begin` are asked for as the first passage is."""
    count = len(arranged.notes)
    told = np.zeros((count + 1, WIDTH), np.float32)
    for first in range(begin, max(count, begin + 1), length):
        last = min(first + length, count)
        until = float(arranged.onsets[last]) if last < count else None
        passage = asked(arranged.passage(first, last), until)
        told[first if first > begin else 0 : last + (last == count)] = passage.vector()
    return told


def _transposition(pitch: NDArray[np.uint8], low: int, high: int, rng: np.random.Generator) -> int:
    """Semitones within low..high that leave all pitches within 0-127."""
    if not len(pitch):
        return 0
    return int(np.clip(rng.integers(low, high + 1), -int(pitch.min()), 127 - int(pitch.max())))


def _jittered(notes: Notes, spread: float, rng: np.random.Generator) -> Notes:
    """Onsets and releases moved by a few milliseconds (`spread` in seconds), in onset order again."""
    release = notes["onset"] + notes["duration"] + rng.normal(0, spread, len(notes))
    notes["onset"] += rng.normal(0, spread, len(notes))
    notes["duration"] = np.maximum(release - notes["onset"], 0.0)
    return notes[np.argsort(notes["onset"], kind="stable")]
