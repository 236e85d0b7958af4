"""With the player's beat in free time: waits that end on it grow likelier, and onsets lean to it within a bin. Pure.

As much as the beat is sure (improv.beatfinder): each beat that is believed in has its say, and where they disagree
nothing changes. (On validation songs the pulse of accompaniments was half as regular as people's without it, and as
regular as most of theirs with it; the player's onsets were joined more often as well.)
"""

from __future__ import annotations

import numpy as np

from improv.beatfinder import BeatFinder
from improv.encoding import IOI, LONGEST, Encoding
from improv.step import Floats

#: How much the beat counts for which wait is drawn, and for where in its bin the onset lies: powers of its odds.
STRENGTH, WITHIN = 1.5, 4.0
#: No moment is less likely than this, beside any other; how many moments of a bin are looked at.
LEAST, PLACES = 1e-3, 8


class Sway:
    """For the group that follows the one at `head` (absolute seconds); with no `beats` all is as it comes."""

    def __init__(self, beats: BeatFinder | None, head: float, encoding: Encoding) -> None:
        self._beats, self._head, self._encoding = beats, head, encoding

    def bias(self) -> Floats:
        """Nats an ioi bin, shape (bins,); none for joining the group at `head`."""
        encoding, bias = self._encoding, np.zeros(self._encoding.sizes[IOI], np.float32)
        if self._beats is not None:
            odds = self._beats.odds(self._head + encoding.ioi_values[1:])
            bias[1:] = STRENGTH * np.log(np.maximum(odds, LEAST))
        return bias

    def onset(self, ioi: int) -> float:
        """The moment (absolute seconds) at which a note begins whose wait is in bin `ioi`; 0 joins the group."""
        if self._beats is None or ioi == 0:
            return self._head + self._encoding.ioi(ioi)
        low, high = (*self._encoding.ioi_edges, LONGEST)[ioi : ioi + 2]
        moments = self._head + low + (high - low) * (np.arange(PLACES) + 0.5) / PLACES
        weights = np.maximum(self._beats.odds(moments), LEAST) ** WITHIN
        return float(moments @ weights / weights.sum())
