"""The key of a passage, by the probe-tone profiles of Krumhansl and Kessler.

C. L. Krumhansl and E. J. Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial
representation of musical keys", Psychological Review 89 (1982); the key finding is Krumhansl and Schmuckler's
(C. L. Krumhansl, Cognitive Foundations of Musical Pitch, 1990, chapter 4): of 24 keys the one whose profile
correlates best with how long each pitch class sounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.notes import MAX_DURATION
from training.audition.passages import Notes

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
#: Degrees that are in the key: of minor the natural scale and its leading note.
MAJOR_SCALE, MINOR_SCALE = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10, 11)

#: Shape (24, 12): the profiles of C major to B major, then of C minor to B minor, each of mean 0 and length 1.
_PROFILES = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
_PROFILES -= _PROFILES.mean(1, keepdims=True)
_PROFILES /= np.linalg.norm(_PROFILES, axis=1, keepdims=True)


@dataclass(frozen=True, slots=True)
class Key:
    """A key: `tonic` 0 (C) to 11, `minor` or major; `clarity`, -1 to 1, how well its profile correlates."""

    tonic: int
    minor: bool
    clarity: float

    def scale(self) -> NDArray[np.bool_]:
        """Which pitch classes are in it, shape (12,)."""
        inside = np.zeros(12, bool)
        inside[[(self.tonic + degree) % 12 for degree in (MINOR_SCALE if self.minor else MAJOR_SCALE)]] = True
        return inside


def pitch_classes(notes: Notes) -> NDArray[np.float64]:
    """For how many seconds each pitch class sounds, shape (12,)."""
    return np.bincount(notes["pitch"] % 12, np.minimum(notes["duration"], MAX_DURATION), minlength=12)


def key_of(notes: Notes) -> Key:
    """The key of a passage; C major of clarity 0 where nothing, or all the same, sounds."""
    sounds = pitch_classes(notes)
    sounds = sounds - sounds.mean()
    length = float(np.linalg.norm(sounds))
    if length < 1e-9:
        return Key(0, False, 0.0)
    likeness = _PROFILES @ sounds / length
    best = int(np.argmax(likeness))
    return Key(best % 12, best >= 12, float(likeness[best]))
