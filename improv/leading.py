"""The beat that improv itself leads: a steady line, whose tempo is set or tapped. Pure; absolute seconds."""

from __future__ import annotations

from dataclasses import replace

from improv.panel import Panel
from improv.plan import Conduct
from improv.pulse import Pulse
from improv.tapping import LEAST, Taps

#: The first tick comes so many seconds after the start: who follows has to get ready.
AHEAD = 0.05


class Leader:
    """Its `pulse` begins at the first `look`; beats only ever go on, at whatever tempo. What is tapped is the setting
    from then on."""

    def __init__(self, panel: Panel, taps: Taps | None = None, tapped: tuple[float, float] | None = None) -> None:
        """`taps` so far; where they made a tempo, `tapped` are the last of them and seconds a beat: the first tap was
        the one."""
        self._panel = panel
        self._taps = taps or Taps()
        self._tapped = tapped
        self._tempo = 0.0  # the one that was set when the line was laid
        self.pulse: Pulse | None = None

    def tap(self, at: float) -> None:
        """A beat was tapped; from the third on the taps are the beat."""
        period = self._taps.tap(at)
        if period is not None:
            self._tapped = at, period

    def look(self, now: float) -> list[Conduct]:
        """Lay the line anew if tempo or metre are others; what the ports are to send."""
        settings = self._panel.settings
        bar = settings.bar
        if self._tapped is not None:
            at, period = self._tapped
            beat = LEAST - 1.0 if self.pulse is None else float(round(self.pulse.beat_at(at)))
            self.pulse = Pulse(at, beat, period, bar)
            self._panel.settings = replace(settings, tempo=60.0 / period)
        elif self.pulse is None:
            self.pulse = Pulse(now + AHEAD, 0.0, 60.0 / settings.tempo, bar)
        elif (settings.tempo, bar) != (self._tempo, self.pulse.bar):
            self.pulse = Pulse(now, self.pulse.beat_at(now), 60.0 / settings.tempo, bar)
        else:
            return []
        self._tempo, self._tapped = self._panel.settings.tempo, None
        return [Conduct(self.pulse.at, self.pulse.beat, self.pulse.period, self.pulse.bar)]

    def wake_at(self) -> float | None:
        """When `look` has something to do: at once, or not before something changes."""
        return float("-inf") if self.pulse is None or self._tapped is not None else None
