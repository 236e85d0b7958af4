"""What improv may play: the bounds of its register, and the key it leans to, as biases on pitch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from improv.keynames import Key
from improv.settings import Settings
from improv.step import NEVER, Floats

#: Nats that a note outside the key costs at the greatest strength: one in four hundred is left of it.
OUTSIDE = 6.0


def lowest(settings: Settings) -> int:
    """The lowest pitch there is; bounds that were turned past each other have changed places."""
    return min(settings.low, settings.high)


def highest(settings: Settings) -> int:
    """The highest pitch there is."""
    return max(settings.low, settings.high)


def bounds(settings: Settings) -> Floats:
    """Nats a pitch, shape (128,): 0 within the bounds, NEVER beyond them."""
    bias = np.full(128, NEVER, np.float32)
    bias[lowest(settings) : highest(settings) + 1] = 0
    return bias


def is_full(chord: Sequence[int], settings: Settings) -> bool:
    """Whether no pitch may join these, from below: none is left above them, or no more may sound at once."""
    return len(chord) >= settings.polyphony or max(chord, default=-1) >= highest(settings)


def leaning(key: Key | None, strength: float) -> Floats:
    """Nats a pitch, shape (128,): 0 in the key, less outside it by a strength from 0 to 1; 0 without a key."""
    bias = np.zeros(128, np.float32)
    if key is not None:
        outside = ~np.isin(np.arange(128) % 12, key.classes)
        bias[outside] = -OUTSIDE * strength
    return bias
