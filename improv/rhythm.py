"""The session memory of rhythm: what wait has followed which rhythm, and which rhythm with which notes.

As `improv.memory` does for pitch, by nine contexts over bins of inter-onset intervals (0: in the same chord).
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.contexts import Trail
from improv.expectation import Expectation, Prediction
from improv.followers import CAPACITY
from improv.mixing import Mixture
from improv.step import Floats

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
#: Those that know a rhythm when they meet it: five waits in a row or more.
LITERAL = tuple(RHYTHMS.index(name) for name in ("ioi 4", "ioi 6"))
_BITS = 7
_SIX = (1 << 6 * _BITS) - 1


class Steps:
    """The end of what was played: notes as in a Trail, and the waits (bins of ioi) between them."""

    __slots__ = ("iois", "notes")

    def __init__(self) -> None:
        self.notes = Trail()
        self.iois = 0  # the last six bins, side by side in one number, the last one lowest

    def push(self, pitch: int, ioi: int) -> None:
        """Go on by one note after a wait of bin `ioi` (0-127; 0 joins the chord of the note before)."""
        self.notes.push(pitch, ioi > 0)
        self.iois = (self.iois << _BITS | ioi) & _SIX

    def keys(self) -> tuple[int, ...]:
        """A key for each of RHYTHMS."""
        one, two, three, four = (self.iois & (1 << count * _BITS) - 1 for count in (1, 2, 3, 4))
        pitches, intervals = self.notes.pitches, self.notes.intervals
        last, last_three = pitches & (1 << _BITS) - 1, (1 << 3 * _BITS) - 1
        return (
            *(0, one, two, four, self.iois),
            one << _BITS | last,
            three << 3 * _BITS | pitches & last_three,
            three << 3 * _BITS | intervals & last_three,
            intervals,
        )

    def copy(self) -> Steps:
        """Steps of their own that end in the same notes."""
        other = Steps()
        other.notes, other.iois = self.notes.copy(), self.iois
        return other


class Rhythm:
    """Learns notes in onset order, chords ascending: `ioi` is the bin (0-127) of each. Bounded as `Memory` is."""

    def __init__(self, capacity: int = CAPACITY, mixture: Mixture | None = None) -> None:
        self.steps = Steps()
        nothing = (False,) * len(RHYTHMS)
        self.expectation = Expectation(nothing, Mixture(FIRST_WEIGHTS) if mixture is None else mixture, capacity)

    def __len__(self) -> int:
        """How many contexts are kept."""
        return len(self.expectation)

    def predict(self, steps: Steps | None = None) -> Prediction:
        """What the contexts at the end of `steps` say, or of all that was heard."""
        return self.expectation.predict((self.steps if steps is None else steps).keys())

    def prior(self, prediction: Prediction, bins: int) -> tuple[Floats, float]:
        """The distribution of the next wait, shape (bins,), positive and summing to 1, and its weight, 0 to 1."""
        return self.expectation.prior(prediction, bins)

    def learn(self, pitch: int, ioi: int, network: float | None = None) -> float | None:
        """The player played `pitch` after a wait of bin `ioi`; what is learned is the wait, as in Expectation."""
        mixed = self.expectation.learn(self.predict(), ioi, network)
        self.steps.push(pitch, ioi)
        return mixed

    def follow(self, pitch: int, ioi: int) -> None:
        """A note whose wait is context and nothing to learn."""
        self.steps.push(pitch, ioi)
        self.expectation.follow(ioi)

    def settle(self, iois: Sequence[int], network: Sequence[float]) -> None:
        """What the network alone had given the last waits, as in Expectation."""
        self.expectation.settle(iois, network)


def repeats(prediction: Prediction, ioi: int) -> bool:
    """Whether `ioi` would go on with a rhythm of five waits or more as it was heard."""
    return prediction.knows(ioi, LITERAL)
