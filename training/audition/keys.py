"""The key of a passage, by the profiles of `improv.tonality`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv import keynames, tonality
from improv.notes import MAX_DURATION
from training.audition.passages import Notes


@dataclass(frozen=True, slots=True)
class Key:
    """A key: `tonic` 0 (C) to 11, `minor` or major; `clarity`, -1 to 1, how well its profile correlates."""

    tonic: int
    minor: bool
    clarity: float

    def scale(self) -> NDArray[np.bool_]:
        """Which pitch classes are in it, shape (12,)."""
        inside = np.zeros(12, bool)
        inside[list(keynames.Key(self.tonic, "minor" if self.minor else "major").classes)] = True
        return inside


def pitch_classes(notes: Notes) -> NDArray[np.float64]:
    """For how many seconds each pitch class sounds, shape (12,)."""
    return np.bincount(notes["pitch"] % 12, np.minimum(notes["duration"], MAX_DURATION), minlength=12)


def key_of(notes: Notes) -> Key:
    """The key of a passage; C major of clarity 0 where nothing, or all the same, sounds."""
    found = tonality.likeness(pitch_classes(notes))
    best = int(np.argmax(found))
    return Key(best % 12, best >= 12, float(found[best]))
