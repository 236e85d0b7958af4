"""Statistics of short stretches of time, such as reaction and lateness, over a bounded window."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque


class Window:
    """The last `size` measurements, in seconds."""

    __slots__ = ("_ordered", "_values")

    def __init__(self, size: int = 1000) -> None:
        if size < 1:
            raise ValueError(f"a window of {size} measurements holds none")
        self._values: deque[float] = deque(maxlen=size)
        self._ordered: list[float] = []  # the same, smallest first: asked for more often than added to

    def add(self, seconds: float) -> None:
        """Take one measurement in; the oldest leaves when the window is full."""
        if len(self._values) == self._values.maxlen:
            del self._ordered[bisect_left(self._ordered, self._values[0])]
        self._values.append(seconds)
        insort(self._ordered, seconds)

    @property
    def count(self) -> int:
        """How many measurements are in the window."""
        return len(self._values)

    @property
    def median(self) -> float | None:
        """The measurement that half of the others do not exceed; None while there is none."""
        return self.quantile(0.5)

    @property
    def p99(self) -> float | None:
        """The measurement that 99 of 100 do not exceed; None while there is none."""
        return self.quantile(0.99)

    @property
    def max(self) -> float | None:
        """The largest measurement in the window; None while there is none."""
        return self.quantile(1.0)

    def latest(self, most: int) -> list[float]:
        """The last measurements, `most` of them, in the order in which they came."""
        return list(self._values)[-most:]

    def rank(self, seconds: float) -> int:
        """How many measurements do not exceed `seconds`."""
        return bisect_right(self._ordered, seconds)

    def quantile(self, share: float) -> float | None:
        """The smallest measurement that at least `share` (0 to 1) of them do not exceed (nearest rank)."""
        if not self._values:
            return None
        # Whole numbers in between: 0.99 * 100 in floating point may lie a hair above 99.
        rank = -(-round(share * 1_000_000) * len(self._ordered) // 1_000_000)
        return self._ordered[max(0, rank - 1)]
