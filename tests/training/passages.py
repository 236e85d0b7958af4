"""Passages written down note by note, and prompts made of them."""

from __future__ import annotations

import numpy as np

from improv.encoding import as_array
from improv.notes import Note
from training.audition.passages import Notes, between, moved
from training.audition.prompts import Prompt


def passage(*lines: tuple[float, ...]) -> Notes:
    """Notes from lines (onset, pitch, duration, velocity), the last two 0.25 s and 64 if left out."""
    full = [(*line, *(0.25, 64)[len(line) - 2 :]) for line in lines]
    return as_array(Note(onset, int(pitch), int(velocity), duration) for onset, pitch, duration, velocity in full)


def line(*pitches: int, start: float = 0.0, step: float = 0.25, velocity: int = 64) -> Notes:
    """One note after the other, `step` seconds apart."""
    return passage(*((start + step * index, pitch, step, velocity) for index, pitch in enumerate(pitches)))


def wandering(seed: int, count: int, start: float = 0.0, step: float = 0.25) -> Notes:
    """A walk up and down the white keys, each note by chance: no two seeds share much."""
    rng = np.random.default_rng(seed)
    scale = [12 * octave + degree for octave in range(4, 7) for degree in (0, 2, 4, 5, 7, 9, 11)]
    places = np.abs((np.cumsum(rng.integers(-2, 3, count)) + 30) % 40 - 20)  # turns round at either end
    notes = line(*(scale[place] for place in places), start=start, step=step)
    notes["velocity"] = 56 + rng.integers(0, 16, count)
    return notes


def prompt_in(piece: Notes, cut: float, seconds: float, *, name: str = "a", other: Notes | None = None) -> Prompt:
    """A prompt of a piece, cut at `cut`; what follows the continuation is `elsewhere`."""
    after = moved(between(piece, cut + seconds, cut + 2 * seconds), -seconds)
    return Prompt(
        "folder", name, cut, seconds,
        heard=between(piece, -np.inf, cut),
        human=between(piece, cut, cut + seconds),
        later=between(piece, cut, np.inf),
        elsewhere=after,
        other=after if other is None else other,
    )  # fmt: skip
