"""A tempo tapped: from the third tap on there is one, and every further tap makes it surer. Pure."""

from __future__ import annotations

import numpy as np

from improv.divisions import FASTEST, SLOWEST

#: So many taps make a tempo, and no more than the last so many count.
LEAST, MOST = 3, 8
#: A wait this long (seconds) begins anew; so does one that is longer or shorter than the tempo by this share.
PAUSE, OFF = 2.0, 0.3


class Taps:
    """Hears taps, in absolute seconds."""

    def __init__(self) -> None:
        self._taps: list[float] = []

    def tap(self, at: float) -> float | None:
        """A tap; seconds a beat by the taps so far (the slope of a line through them), None while that is unknown."""
        wait = at - self._taps[-1] if self._taps else 0.0
        if wait > PAUSE:
            self._taps = []
        elif len(self._taps) >= 2:
            usual = (self._taps[-1] - self._taps[0]) / (len(self._taps) - 1)
            if abs(wait / usual - 1) > OFF:
                self._taps = self._taps[-1:]
        self._taps = [*self._taps, at][-MOST:]
        if len(self._taps) < LEAST:
            return None
        period = float(np.polyfit(np.arange(len(self._taps)), np.array(self._taps) - at, 1)[0])
        return min(max(period, 60.0 / FASTEST), 60.0 / SLOWEST)
