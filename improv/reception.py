"""What each input may say: its bytes become events, notes from those that are heard, clock from the one that leads."""

from __future__ import annotations

from collections import defaultdict

from improv.events import ClockEvent, Event
from improv.midi import Parser
from improv.ports.reports import Heard
from improv.transport import GONE


class Reception:
    """`clock`: the number of the input whose clock is followed; notes on inputs that stand after those `heard` are none
    of ours. Without it the first input that ticks leads, until it has been silent for GONE seconds: two clocks at once
    would be a tempo twice as fast."""

    def __init__(self, clock: int | None = None, heard: int | None = None) -> None:
        self._parsers: defaultdict[int, Parser] = defaultdict(Parser)
        self._heard = heard
        self._named = clock
        self._leading: int | None = clock
        self._ticked_at = float("-inf")

    def events(self, report: Heard) -> list[Event | ClockEvent]:
        """The events that these bytes complete, those left out that this input may not say."""
        found = self._parsers[report.port].feed(report.data, report.at)
        return [event for event in found if self._counts(event, report.port)]

    def _counts(self, event: Event | ClockEvent, port: int) -> bool:
        if isinstance(event, Event):
            return self._heard is None or port < self._heard
        if self._named is None and (self._leading is None or event.at - self._ticked_at > GONE):
            self._leading = port
        if port == self._leading:
            self._ticked_at = event.at
        return port == self._leading
