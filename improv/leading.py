"""The beat that improv itself leads: a steady line, whose tempo is set or tapped. Pure; absolute seconds."""

from __future__ import annotations

from improv.divisions import FASTEST, SLOWEST
from improv.panel import Panel
from improv.plan import Conduct
from improv.pulse import Pulse
from improv.tapping import Taps

#: The first tick comes so many seconds after the start: who follows has to get ready.
AHEAD = 0.05


class Leader:
    """Its `pulse` begins at the first `look`; beats only ever go on, at whatever tempo."""

    def __init__(self, panel: Panel, bar: float) -> None:
        self._panel = panel
        self._bar = bar
        self._taps = Taps()
        self._tapped: tuple[float, float] | None = None  # a tap that set the tempo, and seconds a beat
        self._tempo = 0.0  # the one that was set when the line was laid
        self.pulse: Pulse | None = None

    def tap(self, at: float) -> None:
        """A beat was tapped; from the third on the taps are the beat."""
        period = self._taps.tap(at)
        if period is not None:
            self._tapped = at, min(max(period, 60.0 / FASTEST), 60.0 / SLOWEST)

    def look(self, now: float) -> list[Conduct]:
        """Lay the line anew if the tempo is another; what the ports are to send."""
        tempo = self._panel.settings.tempo
        if self.pulse is None:
            self.pulse = Pulse(now + AHEAD, 0.0, 60.0 / tempo, self._bar)
        elif self._tapped is not None:
            at, period = self._tapped
            self.pulse = Pulse(at, float(round(self.pulse.beat_at(at))), period, self._bar)
        elif tempo != self._tempo:
            self.pulse = Pulse(now, self.pulse.beat_at(now), 60.0 / tempo, self._bar)
        else:
            return []
        self._tempo, self._tapped = tempo, None
        return [Conduct(self.pulse.at, self.pulse.beat, self.pulse.period, self.pulse.bar)]

    def wake_at(self) -> float | None:
        """When `look` has something to do: at once, or not before something changes."""
        return float("-inf") if self.pulse is None or self._tapped is not None else None
