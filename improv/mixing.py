"""Mixing predictors by how well each has lately predicted.

Two layers. Inside, every predictor has a weight for each degree of certainty it may show, and the network has
weight 1; the shares are the weights divided by their sum, and after each note they follow the gradient of its cost:
a predictor's weight grows by exp(RATE * (what it contributed to the probability of the note - its share))
(exponentiated gradient; Kivinen & Warmuth 1997, with weight sets chosen by context as in PAQ, Mahoney 2005).
Outside, that mixture and the network alone share by Bayes' rule, a little flowing back and forth at every note
(fixed share, Herbster & Warmuth 1998). This bounds what memory can cost: over n notes no more than
-log2(FIRST_ALONE) + n * -log2(1 - EXCHANGE) bits beyond the network alone, whatever is played.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

#: How fast weights follow.
RATE = 0.2
#: How much of either side of the outer layer flows to the other at every note, and the network's part at first.
EXCHANGE, FIRST_ALONE = 0.0005, 0.25
#: The bounds of a weight.
LEAST, MOST = 1e-3, 1e3


class Mixture:
    """Weights by slot: a slot is one predictor at one degree of certainty. `start` holds the first weights, `alone` is
    the network's part at first."""

    __slots__ = ("_alone", "_weights")

    def __init__(self, start: Sequence[float], alone: float = FIRST_ALONE) -> None:
        self._weights = list(start)
        self._alone = alone

    def kept(self) -> tuple[tuple[float, ...], float]:
        """All weights, and the network's part: what another mixture can start from."""
        return tuple(self._weights), self._alone

    def weights(self, slots: Sequence[int]) -> list[float]:
        """The weights of these slots; the network's is 1."""
        table = self._weights
        return [table[slot] for slot in slots]

    def share(self, total: float) -> float:
        """What all predictors together have in the end, from 0 to 1, if their weights sum to `total`."""
        return (1.0 - self._alone) * total / (1.0 + total)

    def learn(self, slots: Sequence[int], given: Sequence[float], network: float) -> float:
        """A note came to which the predictors in `slots` had `given` these probabilities, and the network `network`
        (above 0). The probability that the mixture had given it."""
        if not slots:
            return network
        table = self._weights
        weights = [table[slot] for slot in slots]
        total = 1.0 + sum(weights)
        inner = (network + sum([weight * chance for weight, chance in zip(weights, given, strict=True)])) / total
        rate, per_chance = RATE / total, RATE / (total * inner)
        for slot, weight, chance in zip(slots, weights, given, strict=True):
            table[slot] = min(max(weight * exp(weight * (chance * per_chance - rate)), LEAST), MOST)
        mixed = self._alone * network + (1.0 - self._alone) * inner
        alone = self._alone * network / mixed
        self._alone = alone + EXCHANGE * (1.0 - 2.0 * alone)
        return mixed
