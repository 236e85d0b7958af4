"""What has followed each context so far: counts, bounded in number and in size."""

from __future__ import annotations

from improv.contexts import Key

#: Contexts kept of one kind: at least so many of the latest, at most twice as many.
CAPACITY = 8192
#: When a context has been met this often all its counts are halved: what is old weighs less.
HALVE_AT = 48
#: Counts that have fallen this low are forgotten.
_FORGET = 0.3
#: Where the total stands among the counts.
TOTAL = -1
#: How many degrees of certainty `certainty` tells apart.
DEGREES = 10

#: Most contexts are only ever followed by one symbol: these are a number, 128 * times + symbol. The others map
#: symbols to counts, and TOTAL to their sum.
Counts = int | dict[int, float]


class Followers:
    """Counts by key, for one kind of context. Symbols are 0-127.

    Kept in two generations: when the young one is full, the old one is dropped and the young one grows old; what is
    met again is young again. So nothing is ever searched for or sorted, and the cost of a note stays flat.
    """

    __slots__ = ("_capacity", "_old", "_young")

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._young: dict[Key, Counts] = {}
        self._old: dict[Key, Counts] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, key: Key) -> Counts | None:
        """What followed this context; None if it is new."""
        found = self._young.get(key)
        return self._old.get(key) if found is None else found

    def add(self, key: Key, symbol: int, known: Counts | None) -> None:
        """This context was followed by `symbol`; `known` is what `find` says of it."""
        young = self._young
        if known is None:
            young[key] = 128 + symbol
        elif isinstance(known, int):
            if known & 127 == symbol:
                young[key] = min(known + 128, HALVE_AT * 128 + symbol)
            else:
                times = known >> 7
                young[key] = {known & 127: times, symbol: 1, TOTAL: times + 1}
        else:
            known[symbol] = known.get(symbol, 0) + 1
            known[TOTAL] += 1
            young[key] = known if known[TOTAL] <= HALVE_AT else _halved(known)
        if len(young) > self._capacity:
            self._old, self._young = young, {}


def _halved(counts: dict[int, float]) -> dict[int, float]:
    kept = {symbol: count / 2 for symbol, count in counts.items() if symbol != TOTAL and count / 2 >= _FORGET}
    kept[TOTAL] = sum(kept.values())
    return kept


def certainty(counts: Counts) -> int:
    """How sure a context is of what follows, 0 to DEGREES - 1: how often it was met, and how many symbols followed.

    These are what PPM's escape methods go by (C: Moffat 1990); here they choose a weight, which is learned.
    """
    if isinstance(counts, int):
        times = counts >> 7
        return times - 1 if times < 3 else 2 if times < 5 else 3
    met = counts[TOTAL]
    variety = (len(counts) - 1) / met
    if variety > 0.6:
        return 4 if met < 5 else 5
    if variety > 0.3:
        return 6 if met < 8 else 7
    return 8 if met < 24 else 9
