"""The session memory: it learns the player while they play.

A variable-order context model (prediction by partial matching, Cleary & Witten 1984) beside the network. Each of
`improv.contexts.CONTEXTS` predicts the next pitch by what has followed it so far; where PPM would escape from longer
contexts to shorter ones by a fixed rule, here all contexts that are known are mixed with each other and with the
network, by weights that depend on how sure each is and follow which has lately predicted the player best
(`improv.mixing`). As the model takes one pitch distribution and one weight, so the mixture is handed out:

    used = (1 - weight) * network + weight * prior

Pure, and bounded: the cost of a note does not grow with how much was heard.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import exp

import numpy as np

from improv.contexts import CONTEXTS, LITERAL, RELATIVE, Key, Trail
from improv.firstweights import FIRST_WEIGHTS
from improv.followers import CAPACITY, DEGREES, TOTAL, Counts, Followers, certainty
from improv.mixing import Mixture
from improv.step import Floats

#: The part of the prior that is spread evenly, so that no pitch is impossible.
EVEN = 1e-3
#: Notes of which it is remembered what was expected of them, until it is known what the network had expected.
UNSETTLED = 32
#: No probability of the network is taken to be lower.
_LEAST = 1e-30


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the contexts of one moment say: their keys, what is known of each, and the slots of those that know."""

    keys: tuple[Key, ...]
    known: tuple[Counts | None, ...]
    slots: tuple[int, ...]
    last: int

    def chances(self, pitch: int) -> list[float]:
        """The probability each context that knows anything gives to `pitch`, in the order of `slots`."""
        step = pitch - self.last & 127
        found = []
        for counts, relative in zip(self.known, RELATIVE, strict=True):
            if counts is not None:
                symbol = step if relative else pitch
                if isinstance(counts, int):
                    found.append(_CERTAIN if counts & 127 == symbol else _LEFT)
                else:
                    found.append(counts.get(symbol, 0.0) / counts[TOTAL] * (1.0 - EVEN) + _LEFT)
        return found

    def recites(self, pitch: int) -> bool:
        """Whether `pitch` would go on with a passage of four notes or more as it was heard, transposed or not."""
        step = pitch - self.last & 127
        for index in LITERAL:
            counts, symbol = self.known[index], step if RELATIVE[index] else pitch
            if counts is not None and (counts & 127 == symbol if isinstance(counts, int) else symbol in counts):
                return True
        return False


_LEFT = EVEN / 128
_CERTAIN = 1.0 - EVEN + _LEFT


class Memory:
    """Learns notes in onset order, chords ascending; predicts the one that follows.

    `learn` takes the player's notes, `follow` those that are context only. Where the network's own probability of
    a learned note becomes known later, `settle` lets the weights follow. `capacity` bounds each kind of context;
    `mixture` has a slot for each context and degree of certainty, and may have learned before.
    """

    def __init__(self, capacity: int = CAPACITY, mixture: Mixture | None = None) -> None:
        self.trail = Trail()
        self.learned = 0
        self._followers = tuple(Followers(capacity) for _ in CONTEXTS)
        self._mixture = Mixture(FIRST_WEIGHTS) if mixture is None else mixture
        self._unsettled: deque[tuple[int, tuple[int, ...], list[float]]] = deque(maxlen=UNSETTLED)

    def predict(self, trail: Trail | None = None) -> Prediction:
        """What the contexts at the end of `trail` say, or of all that was heard."""
        here = self.trail if trail is None else trail
        keys = here.keys()
        known = tuple([followers.find(key) for followers, key in zip(self._followers, keys, strict=True)])
        slots = [index * DEGREES + certainty(counts) for index, counts in enumerate(known) if counts is not None]
        return Prediction(keys, known, tuple(slots), here.last)

    def prior(self, prediction: Prediction) -> tuple[Floats, float]:
        """The distribution of the next pitch, shape (128,), positive and summing to 1, and its weight, 0 to 1."""
        weights = self._mixture.weights(prediction.slots)
        total = sum(weights)
        if not total:
            return np.full(128, 1 / 128, np.float32), 0.0
        chances = [0.0] * 128
        left = iter(weights)
        for counts, relative in zip(prediction.known, RELATIVE, strict=True):
            if counts is None:
                continue
            weight, base = next(left), prediction.last if relative else 0
            if isinstance(counts, int):
                chances[base + counts & 127] += weight
            else:
                each = weight / counts[TOTAL]
                for symbol, count in counts.items():
                    if symbol != TOTAL:
                        chances[base + symbol & 127] += each * count
        even = (1.0 - EVEN) * np.array(chances) / total + EVEN / 128
        return even.astype(np.float32), self._mixture.share(total)

    def __len__(self) -> int:
        """How many contexts are kept."""
        return sum(map(len, self._followers))

    def learn(self, pitch: int, begins: bool, network: float | None = None) -> float | None:
        """The player played `pitch`, which `begins` a chord or joins the last one.

        `network` is the natural logarithm of the probability the network alone had given it, if that is known: then
        the weights follow, and the probability (not its logarithm) of the mixture is returned.
        """
        prediction = self.predict()
        mixed = None
        given = prediction.chances(pitch)
        if network is not None:
            mixed = self._mixture.learn(prediction.slots, given, max(exp(network), _LEAST))
        step = pitch - self.trail.last & 127
        for followers, key, counts, relative in zip(
            self._followers, prediction.keys, prediction.known, RELATIVE, strict=True
        ):
            followers.add(key, step if relative else pitch, counts)
        self.trail.push(pitch, begins)
        self.learned += 1
        if network is None:
            self._unsettled.append((pitch, prediction.slots, given))
        return mixed

    def follow(self, pitch: int, begins: bool) -> None:
        """A note that is context and nothing to learn, such as improv's own."""
        self.trail.push(pitch, begins)
        self._unsettled.append((pitch, (), []))

    def settle(self, pitches: Sequence[int], network: Sequence[float]) -> None:
        """What the network alone had given the last notes heard (natural logarithms of probabilities, as `Step.heard`).

        Notes are known by their pitches, counted from the end; where they differ from what was heard, it stops.
        """
        last = zip(reversed(pitches), reversed(network), reversed(self._unsettled), strict=False)
        agreed = [*takewhile(lambda item: item[0] == item[2][0], last)]
        for _, chance, (_, slots, given) in reversed(agreed):
            if slots:
                self._mixture.learn(slots, given, max(exp(chance), _LEAST))
        self._unsettled = deque([(pitch, (), []) for pitch, _, _ in self._unsettled], UNSETTLED)
