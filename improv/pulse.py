"""The beat as a line: seconds to beats and back, and where the bars begin. What a mode asks about time."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: A beat this near a bar line, in beats, is on it: what has been computed may be off by a hair.
_HAIR = 1e-6


@dataclass(frozen=True, slots=True)
class Pulse:
    """Beat number `beat` falls at `at` (absolute seconds), one every `period` seconds, `bar` of them a bar.

    A beat is a quarter note, whatever the metre. Beats only ever go on, also where a song jumps back; every multiple
    of `bar` is a bar line.
    """

    at: float
    beat: float
    period: float
    bar: float = 4.0

    @property
    def bpm(self) -> float:
        """Quarter notes a minute."""
        return 60.0 / self.period

    def beat_at(self, seconds: float) -> float:
        """The beat, with its fraction, at a moment (absolute seconds)."""
        return self.beat + (seconds - self.at) / self.period

    def seconds_at(self, beat: float) -> float:
        """The moment (absolute seconds) of a beat."""
        return self.at + (beat - self.beat) * self.period

    def bar_line(self, beat: float) -> float:
        """The first bar line at or after a beat, as a beat."""
        return math.ceil((beat - _HAIR) / self.bar) * self.bar
