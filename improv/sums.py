"""Sums of numbers, from which come their mean and their spread."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Sums:
    """How many numbers there are, their total and that of their squares."""

    count: float = 0
    total: float = 0.0
    squares: float = 0.0

    def moved(self, by: float) -> Sums:
        """Those of the same numbers, each greater by so much."""
        squares = self.squares + by * (2 * self.total + by * self.count)
        return Sums(self.count, self.total + by * self.count, squares)

    @property
    def mean(self) -> float:
        """Their mean; there must be one."""
        return self.total / self.count

    @property
    def spread(self) -> float:
        """Their standard deviation."""
        return sqrt(max(self.squares / self.count - self.mean**2, 0.0))


NONE = Sums()
