"""The time that improv plays in: free, where the player may have a beat, or that of a clock that it follows or leads.
What a mode asks about time."""

from __future__ import annotations

from dataclasses import replace

from improv.beatfinder import SURE, BeatFinder
from improv.events import ClockEvent
from improv.leading import Leader
from improv.panel import Panel
from improv.plan import Conduct
from improv.pulse import Pulse
from improv.tapping import Taps
from improv.transport import State, Transport


class Timekeeper:
    """A mode asks for the `pulse` (None in free time) and, before it begins to play, whether it is `waiting`. Whose
    time it is may be turned while improv plays; in free time three taps turn it to improv's own."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._taps = Taps()
        self._tapped: tuple[float, float] | None = None  # in free time: the tap that made a tempo, and seconds a beat
        self._stops = False  # the clock that was sent is to stop
        self._begin()
        self._finder = BeatFinder()
        self._offered: tuple[float, float | None] | None = None  # the moment last asked for, and the beat

    def _begin(self) -> None:
        """Keep the time that is set."""
        settings = self._panel.settings
        self._kept = self._wanted
        self._transport = Transport(settings.bar) if settings.sync == "clock" else None
        self._leader = Leader(self._panel, self._taps, self._tapped) if settings.sync == "send" else None
        self._tapped = None

    @property
    def _wanted(self) -> tuple[str, tuple[int, int] | None]:
        """Whose time it is to be; a clock that is followed is counted anew where the metre is another."""
        settings = self._panel.settings
        return settings.sync, settings.meter if settings.sync == "clock" else None

    def hear(self, event: ClockEvent) -> bool:
        """Take in what a clock said; whether what was planned before it no longer holds."""
        return self._transport is not None and self._transport.hear(event)

    def look(self, now: float) -> bool:
        """Notice that the clock has ceased, or is to be another; whether what was planned no longer holds for that."""
        if self._wanted != self._kept:
            self._stops = self._leader is not None
            self._begin()
            return True
        return self._transport is not None and self._transport.look(now)

    def struck(self, onset: float) -> None:
        """The player began a note (absolute seconds), no sooner than those before."""
        self._finder.hear(onset)
        self._offered = None

    def beat_from(self, earliest: float) -> float | None:
        """In free time, the player's first beat from a moment on (absolute seconds); None if it is not sure enough."""
        if self.pulse is not None:
            return None
        if self._offered is None or self._offered[0] != earliest:
            beat, sure = self._finder.next_beat(earliest) or (None, 0.0)
            self._offered = earliest, (beat if sure >= SURE else None)
        return self._offered[1]

    @property
    def beats(self) -> BeatFinder | None:
        """In free time, all that is known of the player's beat; None beside a clock."""
        return self._finder if self.pulse is None else None

    def tap(self, at: float) -> None:
        """A beat was tapped. In free time the third begins improv's own; a clock that is followed has its tempo."""
        if self._leader is not None:
            self._leader.tap(at)
        elif self._transport is None and (period := self._taps.tap(at)) is not None:
            self._tapped = at, period
            self._panel.settings = replace(self._panel.settings, sync="send", tempo=60.0 / period)

    def lead(self, now: float) -> list[Conduct]:
        """What the clock that improv sends is to do from now on, where that is news."""
        stops, self._stops = self._stops, False
        stopped = [Conduct(now, 0.0, 0.0, 1.0)] if stops else []
        return stopped if self._leader is None else [*stopped, *self._leader.look(now)]

    def wake_at(self) -> float | None:
        """When `look` or `lead` may find something, in absolute seconds."""
        if self._stops or self._wanted != self._kept:
            return float("-inf")
        source = self._transport or self._leader
        return None if source is None else source.wake_at()

    @property
    def pulse(self) -> Pulse | None:
        """The beat as it is now; None in free time."""
        if self._leader is not None:
            return self._leader.pulse
        return None if self._transport is None else self._transport.pulse()

    @property
    def waiting(self) -> bool:
        """Whether nothing may begin: the clock is not there and is waited for, or its tempo is not known yet."""
        if self._transport is None:
            return False
        if self._transport.state != State.RUNNING:
            return self._waits
        return self._transport.pulse() is None

    @property
    def _waits(self) -> bool:
        return self._panel.settings.clock_absent == "wait"

    @property
    def says(self) -> str:
        """The time in words, for the status line; without its tempo. Nothing where no clock is wanted."""
        trading = ", not trading" if self._panel.settings.trade else ""
        if self._leader is not None:
            return "clock sent"
        if self._transport is None:
            return f"free time{trading}" if trading else ""
        state = self._transport.state
        if state == State.RUNNING:
            return str(state)
        return f"{state}, waiting" if self._waits else f"{state}, free time{trading}"
