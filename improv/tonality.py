"""Which key is being played.

Of 24 keys it is the one whose profile correlates best with how long each pitch class sounds: the key finding of
Krumhansl and Schmuckler (C. L. Krumhansl, Cognitive Foundations of Musical Pitch, 1990, chapter 4), by the probe-tone
ratings of C. L. Krumhansl and E. J. Kessler, "Tracing the dynamic changes in perceived tonal organization in a spatial
representation of musical keys", Psychological Review 89 (1982).
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from improv.keynames import Key
from improv.notes import MAX_DURATION, Note

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
#: Seconds of playing that the key is found in, and how many notes of them it needs and looks at.
SPAN = 30.0
ENOUGH, MOST = 8, 1024
#: A profile must correlate so well, and better than that of the key so far by so much, to be the key from now on.
CLEAR, BETTER = 0.5, 0.06
#: A key that is followed is looked for again after so many seconds.
LOOK = 0.25

#: Shape (24, 12): the profiles of C major to B major, then of C minor to B minor, each of mean 0 and length 1.
_PROFILES = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
_PROFILES -= _PROFILES.mean(1, keepdims=True)
_PROFILES /= np.linalg.norm(_PROFILES, axis=1, keepdims=True)


def likeness(sounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well each key's profile correlates with the seconds each pitch class sounds, (12,): shape (24,), major keys
    from C, then minor keys from C; zero where nothing, or all the same, sounds."""
    away = sounds - sounds.mean()
    length = float(np.linalg.norm(away))
    return np.zeros(24) if length < 1e-9 else np.asarray(_PROFILES @ away / length)


class KeyFollower:
    """The key of what is played, over the last SPAN seconds; it stays until another is clearly better."""

    def __init__(self) -> None:
        self._notes: OrderedDict[int, Note] = OrderedDict()  # by number, as they begin, then as they end
        self._found: int | None = None  # index of a profile
        self._heard_at = self._looked_at = -np.inf

    def hear(self, number: int, note: Note, at: float) -> None:
        """A note of the player's began, or ended (then it has its duration), `at` (seconds)."""
        self._heard_at = at
        if note.duration is None or number in self._notes:
            self._notes[number] = note
        while self._notes and (len(self._notes) > MOST or next(iter(self._notes.values())).onset < at - SPAN):
            self._notes.popitem(last=False)

    @property
    def key(self) -> Key | None:
        """The key as of what was heard last; None until one is clear."""
        if self._heard_at >= self._looked_at + LOOK and len(self._notes) >= ENOUGH:
            self._looked_at = self._heard_at
            self._look(self._heard_at)
        return None if self._found is None else Key(self._found % 12, ("major", "minor")[self._found // 12])

    def _look(self, now: float) -> None:
        pitches = np.array([note.pitch for note in self._notes.values()])
        lengths = [now - note.onset if note.duration is None else note.duration for note in self._notes.values()]
        sounds = np.bincount(pitches % 12, np.clip(lengths, 0.0, MAX_DURATION), minlength=12)
        found = likeness(sounds.astype(np.float64))
        best = int(np.argmax(found))
        least = CLEAR if self._found is None else max(CLEAR, float(found[self._found]) + BETTER)
        if found[best] >= least:
            self._found = best
