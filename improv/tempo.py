"""The tempo of a MIDI clock: its ticks are counted, and a line is laid through the last of them. Pure.

Ticks arrive with a jitter of a millisecond or more, so no tempo is read off one interval. A straight line is fitted
(least squares) to as many of the last ticks as lie on one; where the tempo changes, a parabola to a few, whose slope at
its end is the tempo now.

Counting is what can go wrong for good. An interval of about two may be a tick that was lost, one that came late, or
a tempo that has halved; what follows tells them apart, and the count is put right then.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

#: How many ticks a straight line may be laid through, at most, and where it does not fit, at most, and so on.
STRAIGHT = (96, 48, 24, 12)
#: How many ticks the parabola goes through where no straight line fits.
CURVED = 16
#: A parabola's bend of so many standard errors is no chance, and there is always this much noise (seconds).
BEND, NOISE = 4.0, 50e-6
#: From this many ticks on there is a tempo; when it is suddenly another, from this many.
LEAST, LEAST_AGAIN = 6, 3
#: No clock ticks faster than this, in seconds from tick to tick (1250 beats a minute): that is a heap of late ticks.
FASTEST = 0.002
#: For so many ticks after a long interval it may turn out that nothing was lost in it; or for as many as were thought
#: lost, at most.
DOUBT, LONG_DOUBT = 8, 64
#: Two intervals this much longer or shorter than the tempo's, and this alike, are a new tempo (shares of an interval).
NEW_TEMPO, ALIKE = 0.15, 0.1


class Ticks:
    """Counts ticks and knows their pace. `number` is the last tick's, from 0 on."""

    def __init__(self) -> None:
        self.number = -1
        self._numbers: deque[int] = deque(maxlen=STRAIGHT[0])
        self._times: deque[float] = deque(maxlen=STRAIGHT[0])
        self._filled = 0  # ticks taken for lost in the last long interval
        self._doubt_for = DOUBT  # ticks after it
        self._since = 0  # ticks since the end of that interval
        self._least = LEAST
        self._line: tuple[float, float] | None = None

    @property
    def last(self) -> float | None:
        """When the last tick came, in absolute seconds."""
        return self._times[-1] if self._times else None

    def forget(self) -> None:
        """The clock fell silent: its pace counts no more, its numbers go on."""
        self._numbers.clear()
        self._times.clear()
        self._filled, self._least, self._line = 0, LEAST, None

    def hear(self, at: float) -> tuple[int, int]:
        """A tick came. How many earlier ones had been taken for lost and were not, and the number of the first tick
        after that gap as it was until now: it and all after it are fewer by so many."""
        taken_back = (0, 0)
        interval = at - self._times[-1] if self._times else 0.0
        line = self.line()
        self.number += 1
        if line is not None:
            period = line[1]
            self._since += 1
            taken_back = self._doubt(interval, period)
            if not taken_back[0] and interval >= 1.5 * period:
                self._filled, self._since = round(interval / period) - 1, 0
                self._doubt_for = min(max(DOUBT, self._filled), LONG_DOUBT)
                self.number += self._filled
            self._notice(interval, period)
        self._numbers.append(self.number)
        self._times.append(at)
        self._line = None
        if line is None and len(self._times) == self._least == LEAST:
            self._renumber()
        return taken_back

    def _doubt(self, interval: float, period: float) -> tuple[int, int]:
        """Whether what was taken for lost was only late (this tick follows it closely), or a slower tempo."""
        if not self._filled or self._since > self._doubt_for:
            return 0, 0
        gap = self._times[-self._since] - self._times[-self._since - 1]
        slower = self._since == 1 and abs(interval - gap) < 0.25 * gap
        if not slower and interval >= 0.5 * period:
            return 0, 0
        back = self._filled if slower else 1
        first = self._numbers[-self._since]
        for index in range(-self._since, 0):
            self._numbers[index] -= back
        self.number -= back
        self._filled -= back
        return back, first

    def _notice(self, interval: float, period: float) -> None:
        """A tempo that is new at once: what came before says nothing about it."""
        if len(self._times) < 3 or self._numbers[-1] - self._numbers[-2] != 1:
            return
        before = self._times[-1] - self._times[-2]
        off, was_off = interval / period - 1, before / period - 1
        if min(abs(off), abs(was_off)) > NEW_TEMPO and off * was_off > 0 and abs(interval - before) < ALIKE * before:
            self._least, self._filled = LEAST_AGAIN, 0
            for _ in range(len(self._times) - 2):
                self._times.popleft()
                self._numbers.popleft()

    def _renumber(self) -> None:
        """The first ticks of all: before their usual interval is known, none of them can be missed."""
        waits = np.diff(self._times)
        steps = np.maximum(np.round(waits / max(float(np.median(waits)), NOISE)), 1).astype(int)
        first = self._numbers[0]
        self._numbers.clear()
        self._numbers.extend((first + np.cumsum([0, *steps])).tolist())
        self.number = self._numbers[-1]

    def line(self) -> tuple[float, float] | None:
        """When the last tick was meant (absolute seconds), and seconds from tick to tick; None while unknown."""
        if self._line is None and len(self._times) >= self._least:
            numbers, times = np.array(self._numbers, float), np.array(self._times)
            at, interval = _fit(numbers - numbers[-1], times - times[-1])
            self._line = (float(times[-1]) + at, interval) if interval >= FASTEST else None
        return self._line


def _fit(numbers: Values, times: Values) -> tuple[float, float]:
    """Time and slope at number 0, the last of `numbers` (ascending); seconds."""
    tried = [window for window in STRAIGHT if window <= len(numbers)] or [len(numbers)]
    for window in tried:
        x, y = numbers[-window:], times[-window:]
        if window < LEAST or not _bent(x, y):
            slope, at = np.polyfit(x, y, 1)
            return float(at), float(slope)
    x, y = numbers[-CURVED:], times[-CURVED:]
    _, slope, at = np.polyfit(x, y, 2)
    return float(at), float(slope)


def _bent(x: Values, y: Values) -> bool:
    """Whether a parabola through these points bends more than chance has it."""
    design = np.vander(x, 3)
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ (design.T @ y)
    left = y - design @ coefficients
    noise = max(NOISE, float(np.sqrt((left @ left) / (len(x) - 3))))
    return abs(float(coefficients[0])) > BEND * noise * float(np.sqrt(inverse[0, 0]))
