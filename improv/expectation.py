"""Contexts that count what has followed them, mixed with each other and with the network: what memories are made of.

Prediction by partial matching (PPM; Cleary & Witten 1984) would escape from longer contexts to shorter ones by a fixed
rule; here all contexts that are known are mixed, by weights that depend on how sure each is and follow which has lately
predicted the player best (`improv.mixing`). As the model takes one distribution and one weight a field, so the mixture
is handed out:

    used = (1 - weight) * network + weight * prior

Pure, and bounded: the cost of a note does not grow with how much was heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import exp

import numpy as np
from numpy.typing import NDArray

from improv.contexts import Key
from improv.followers import CAPACITY, DEGREES, TOTAL, Counts, Followers, certainty
from improv.mixing import Mixture
from improv.step import Floats

#: The part of a prior that is spread evenly, so that nothing is impossible.
EVEN = 1e-3
#: Notes of which it is remembered what was expected of them, until it is known what the network had expected.
UNSETTLED = 32
#: No probability of the network is taken to be lower.
_LEAST = 1e-30
#: How a symbol's count is spread over those at a distance of 0, 1, 2 and 3 from it, where near ones are alike; and what
#: is spread evenly then.
NEAR, NEAR_EVEN = (0.3, 0.2, 0.1, 0.05), 0.03
_LEFT = EVEN / 128
_CERTAIN = 1.0 - EVEN + _LEFT


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the contexts of one moment say of the next symbol (0-127): their keys, what is known of each, which of them
    predict steps from `last` (modulo 128), and the slots of those that know. Where symbols that are `near` each other
    are alike, each context that knows has a second slot, and a second say: about so much."""

    keys: tuple[Key, ...]
    known: tuple[Counts | None, ...]
    relative: tuple[bool, ...]
    slots: tuple[int, ...]
    last: int
    near: bool = False

    def chances(self, symbol: int) -> list[float]:
        """The probability each context that knows anything gives to `symbol`, in the order of `slots`."""
        step = symbol - self.last & 127
        found = []
        for counts, relative in zip(self.known, self.relative, strict=True):
            if counts is not None:
                said = step if relative else symbol
                if isinstance(counts, int):
                    found.append(_CERTAIN if counts & 127 == said else _LEFT)
                else:
                    found.append(counts.get(said, 0.0) / counts[TOTAL] * (1.0 - EVEN) + _LEFT)
        if self.near:
            found += [_about(counts, symbol) for counts in self.known if counts is not None]
        return found

    def knows(self, symbol: int, contexts: Sequence[int]) -> bool:
        """Whether `symbol` has followed any of these `contexts` (by index) before."""
        step = symbol - self.last & 127
        for index in contexts:
            counts, said = self.known[index], step if self.relative[index] else symbol
            if counts is not None and (counts & 127 == said if isinstance(counts, int) else said in counts):
                return True
        return False


class Expectation:
    """Predicts symbols from 0 to 127 by their contexts, one key each; `relative` says which predict steps, `near` that
    symbols are a scale: who does about the same again is expected to (then none may be relative).

    `mixture` has a slot for each context and degree of certainty, and may have learned before. Where the network's
    probability of a learned symbol becomes known later, `settle` lets the weights follow. `capacity` bounds each kind
    of context.
    """

    def __init__(
        self, relative: tuple[bool, ...], mixture: Mixture, capacity: int = CAPACITY, *, near: bool = False
    ) -> None:
        self.mixture = mixture
        self._near = near
        self._relative = relative
        self._followers = tuple(Followers(capacity) for _ in relative)
        self._unsettled: deque[tuple[int, tuple[int, ...], list[float]]] = deque(maxlen=UNSETTLED)

    def __len__(self) -> int:
        """How many contexts are kept."""
        return sum(map(len, self._followers))

    def predict(self, keys: tuple[Key, ...], last: int = 0) -> Prediction:
        """What these contexts say; steps are taken from `last`."""
        known = tuple([followers.find(key) for followers, key in zip(self._followers, keys, strict=True)])
        slots = [index * DEGREES + certainty(counts) for index, counts in enumerate(known) if counts is not None]
        if self._near:
            slots += [len(known) * DEGREES + slot for slot in slots]
        return Prediction(keys, known, self._relative, tuple(slots), last, self._near)

    def prior(self, prediction: Prediction, size: int) -> tuple[Floats, float]:
        """The distribution of the next symbol, shape (size,), positive and summing to 1, and its weight, 0 to 1.

        No symbol beyond `size` may have been learned.
        """
        weights = self.mixture.weights(prediction.slots)
        total = sum(weights)
        if not total:
            return np.full(size, 1 / size, np.float32), 0.0
        left = iter(weights)
        spread = _spread(prediction, left)
        if prediction.near:
            spread += np.convolve(_spread(prediction, left), [*NEAR[:0:-1], *NEAR], "same")
        spread = spread[:size]
        even = (1.0 - EVEN) * spread / spread.sum() + EVEN / size
        return even.astype(np.float32), self.mixture.share(total)

    def learn(self, prediction: Prediction, symbol: int, network: float | None = None) -> float | None:
        """What `prediction` was of has come: `symbol`.

        `network` is the natural logarithm of the probability the network alone had given it, if that is known: then
        the weights follow, and the probability (not its logarithm) of the mixture is returned.
        """
        given, mixed = prediction.chances(symbol), None
        if network is not None:
            mixed = self.mixture.learn(prediction.slots, given, max(exp(network), _LEAST))
        else:
            self._unsettled.append((symbol, prediction.slots, given))
        step = symbol - prediction.last & 127
        for followers, key, counts, relative in zip(
            self._followers, prediction.keys, prediction.known, self._relative, strict=True
        ):
            followers.add(key, step if relative else symbol, counts)
        return mixed

    def follow(self, symbol: int) -> None:
        """A symbol that is context and nothing to learn."""
        self._unsettled.append((symbol, (), []))

    def settle(self, symbols: Sequence[int], network: Sequence[float]) -> None:
        """What the network alone had given the last symbols (natural logarithms of probabilities, as `Step.heard`).

        They are counted from the end; where they differ from what was learned and followed, it stops.
        """
        last = zip(reversed(symbols), reversed(network), reversed(self._unsettled), strict=False)
        agreed = [*takewhile(lambda item: item[0] == item[2][0], last)]
        for _, chance, (_, slots, given) in reversed(agreed):
            if slots:
                self.mixture.learn(slots, given, max(exp(chance), _LEAST))
        self._unsettled = deque([(symbol, (), []) for symbol, _, _ in self._unsettled], UNSETTLED)


def _about(counts: Counts, symbol: int) -> float:
    """The probability of `symbol` where what is counted stands for what is near it too."""
    if isinstance(counts, int):
        away = abs((counts & 127) - symbol)
        found = NEAR[away] if away < len(NEAR) else 0.0
    else:
        found = NEAR[0] * counts.get(symbol, 0.0)
        for away in range(1, len(NEAR)):
            below = counts.get(symbol - away, 0.0) if symbol >= away else 0.0  # below 0 stands the total
            found += NEAR[away] * (counts.get(symbol + away, 0.0) + below)
        found /= counts[TOTAL]
    return (1.0 - NEAR_EVEN) * found + NEAR_EVEN / 128


def _spread(prediction: Prediction, weights: Iterator[float]) -> NDArray[np.float64]:
    """What all contexts say of each symbol, by weight, shape (128,)."""
    chances = [0.0] * 128
    for counts, relative in zip(prediction.known, prediction.relative, strict=True):
        if counts is None:
            continue
        weight, base = next(weights), prediction.last if relative else 0
        if isinstance(counts, int):
            chances[base + counts & 127] += weight
        else:
            each = weight / counts[TOTAL]
            for symbol, count in counts.items():
                if symbol != TOTAL:
                    chances[base + symbol & 127] += each * count
    return np.array(chances)
