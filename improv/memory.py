"""The session memory: it learns the player while they play.

A variable-order context model beside the network (`improv.expectation`): each of `improv.contexts.CONTEXTS` predicts
the next pitch by what has followed it so far.
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.contexts import LITERAL, RELATIVE, Trail
from improv.expectation import Expectation, Prediction
from improv.firstweights import FIRST_WEIGHTS
from improv.followers import CAPACITY
from improv.mixing import Mixture
from improv.step import Floats


class Memory:
    """Learns notes in onset order, chords ascending; predicts the one that follows.

    `learn` takes the player's notes, `follow` those that are context only; `capacity` and `mixture` as in Expectation.
    """

    def __init__(self, capacity: int = CAPACITY, mixture: Mixture | None = None) -> None:
        self.trail = Trail()
        self.learned = 0
        self.expectation = Expectation(RELATIVE, Mixture(FIRST_WEIGHTS) if mixture is None else mixture, capacity)

    def predict(self, trail: Trail | None = None) -> Prediction:
        """What the contexts at the end of `trail` say, or of all that was heard."""
        here = self.trail if trail is None else trail
        return self.expectation.predict(here.keys(), here.last)

    def prior(self, prediction: Prediction) -> tuple[Floats, float]:
        """The distribution of the next pitch, shape (128,), positive and summing to 1, and its weight, 0 to 1."""
        return self.expectation.prior(prediction, 128)

    def __len__(self) -> int:
        """How many contexts are kept."""
        return len(self.expectation)

    def learn(self, pitch: int, begins: bool, network: float | None = None) -> float | None:
        """The player played `pitch`, which `begins` a chord or joins the last one; the rest as in Expectation."""
        mixed = self.expectation.learn(self.predict(), pitch, network)
        self.trail.push(pitch, begins)
        self.learned += 1
        return mixed

    def follow(self, pitch: int, begins: bool) -> None:
        """A note that is context and nothing to learn, such as improv's own."""
        self.trail.push(pitch, begins)
        self.expectation.follow(pitch)

    def settle(self, pitches: Sequence[int], network: Sequence[float]) -> None:
        """What the network alone had given the last notes heard, as in Expectation."""
        self.expectation.settle(pitches, network)


def recites(prediction: Prediction, pitch: int) -> bool:
    """Whether `pitch` would go on with a passage of four notes or more as it was heard, transposed or not."""
    return prediction.knows(pitch, LITERAL)
