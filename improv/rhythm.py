"""The session memory of rhythm: what wait has followed which rhythm, and which rhythm with which notes.

As `improv.memory` does for pitch, by nine contexts over bins of inter-onset intervals (0: in the same chord). It is
what `improv-train evaluate --memory` counts; the model's step takes a memory of pitch alone, so improv does not play
by it yet.
"""

from __future__ import annotations

from math import exp

from improv.contexts import Trail
from improv.followers import CAPACITY, DEGREES, TOTAL, Counts, Followers, certainty
from improv.mixing import Mixture

#: What the contexts are read from: "ioi N" the last N intervals; "ioi and pitch N" the last N notes' intervals and
#: pitches; "ioi and interval N" the same, transposed; "interval N" the last N steps in pitch alone.
RHYTHMS = (
    *("ioi 0", "ioi 1", "ioi 2", "ioi 4", "ioi 6"),
    *("ioi and pitch 1", "ioi and pitch 3", "ioi and interval 3", "interval 6"),
)
#: A row for each of RHYTHMS, a column for each degree of certainty; learned as improv/firstweights.py was.
FIRST_WEIGHTS = (
    *(0.088, 0.2, 0.2, 0.2, 0.15, 0.086, 0.14, 0.067, 0.12, 0.034),  # ioi 0
    *(0.061, 0.09, 0.13, 0.17, 0.043, 0.058, 0.093, 0.049, 0.12, 0.054),  # ioi 1
    *(0.029, 0.12, 0.28, 0.82, 0.025, 0.052, 0.084, 0.089, 0.23, 0.14),  # ioi 2
    *(0.045, 0.17, 0.65, 0.68, 0.083, 0.12, 0.27, 0.31, 0.17, 0.076),  # ioi 4
    *(0.59, 0.8, 0.81, 1.7, 0.19, 0.21, 0.23, 0.56, 0.37, 0.13),  # ioi 6
    *(0.044, 0.21, 0.54, 1, 0.048, 0.077, 0.11, 0.11, 0.22, 0.14),  # ioi and pitch 1
    *(0.95, 1.5, 3.6, 1.1, 0.15, 0.18, 0.15, 0.2, 0.59, 0.28),  # ioi and pitch 3
    *(5.2, 4.6, 6.7, 14, 0.18, 0.12, 0.6, 0.13, 0.66, 0.26),  # ioi and interval 3
    *(0.27, 2.9, 6.3, 2.8, 0.3, 0.33, 1.1, 0.24, 0.29, 0.18),  # interval 6
)
_BITS = 7
_LEAST = 1e-30


class Rhythm:
    """Learns notes in onset order, chords ascending: `ioi` is the bin (0-127) of each. Bounded as `Memory` is."""

    def __init__(self, capacity: int = CAPACITY, mixture: Mixture | None = None) -> None:
        self._trail = Trail()
        self._iois = 0  # the last six bins, side by side in one number, the last one lowest
        self._followers = tuple(Followers(capacity) for _ in RHYTHMS)
        self._mixture = Mixture(FIRST_WEIGHTS) if mixture is None else mixture

    def __len__(self) -> int:
        """How many contexts are kept."""
        return sum(map(len, self._followers))

    def learn(self, pitch: int, ioi: int, network: float) -> float:
        """A note came after `ioi`; `network` is the natural logarithm of the probability the network alone had given
        that. The probability of the mixture, from before the note."""
        keys = self._keys()
        known = [followers.find(key) for followers, key in zip(self._followers, keys, strict=True)]
        met = [(index, counts) for index, counts in enumerate(known) if counts is not None]
        slots = [index * DEGREES + certainty(counts) for index, counts in met]
        mixed = self._mixture.learn(slots, [_chance(counts, ioi) for _, counts in met], max(exp(network), _LEAST))
        for followers, key, counts in zip(self._followers, keys, known, strict=True):
            followers.add(key, ioi, counts)
        self._trail.push(pitch, ioi > 0)
        self._iois = (self._iois << _BITS | ioi) & (1 << 6 * _BITS) - 1
        return mixed

    def _keys(self) -> tuple[int, ...]:
        one, two, three, four = (self._iois & (1 << count * _BITS) - 1 for count in (1, 2, 3, 4))
        pitches, intervals = self._trail.pitches, self._trail.intervals
        last, last_three = pitches & (1 << _BITS) - 1, (1 << 3 * _BITS) - 1
        return (
            *(0, one, two, four, self._iois),
            one << _BITS | last,
            three << 3 * _BITS | pitches & last_three,
            three << 3 * _BITS | intervals & last_three,
            intervals,
        )


def _chance(counts: Counts, symbol: int) -> float:
    if isinstance(counts, int):
        return float(counts & 127 == symbol)
    return counts.get(symbol, 0.0) / counts[TOTAL]
