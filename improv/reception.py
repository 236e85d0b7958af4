"""What each input may say: its bytes become events, notes from those that are heard, clock from the one that leads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from improv.controls import Controls
from improv.events import ClockEvent, Event, ProgramChange, Turned
from improv.events import Heard as Input
from improv.guard import Guard
from improv.hands import Hands, Hearing
from improv.midi import Parser
from improv.plan import Command, Pedal
from improv.ports.reports import Heard, Sent
from improv.settings import Settings
from improv.transport import GONE


class Reception:
    """`clock`: the number of the input whose clock is followed; notes on inputs that stand after those `heard` are none
    of ours. Without it the first input that ticks leads, until it has been silent for GONE seconds: two clocks at once
    would be a tempo twice as fast. What turns a setting or makes a gesture is no note (improv.controls). Of the notes
    what improv has sent itself is left out (improv.guard), and what is not the player's (improv.hands)."""

    def __init__(
        self,
        clock: int | None = None,
        heard: int | None = None,
        hearing: Sequence[Hearing] = (),
        controls: Controls | None = None,
    ) -> None:
        self._parsers: defaultdict[int, Parser] = defaultdict(Parser)
        self._heard = heard
        self._named = clock
        self._leading: int | None = clock
        self._ticked_at = float("-inf")
        self._guard = Guard()
        self._hands = Hands(*hearing)
        self._controls = Controls() if controls is None else controls

    def events(self, report: Heard) -> list[Input]:
        """The events that these bytes complete, those left out that this input may not say."""
        said: list[Input] = []
        for event in self._parsers[report.port].feed(report.data, report.at):
            if isinstance(event, ClockEvent):
                said += [event] * self._leads(report.port, event.at)
            elif self._heard is None or report.port < self._heard:
                said += self._played(event, report.port)
        return said

    def _played(self, event: Event | ProgramChange, port: int) -> Sequence[Input]:
        """What the player plays or turns."""
        if isinstance(event, Event) and self._guard.takes_back(event, port):
            return ()
        turned = self._controls.hear(event, port)
        if turned is not None or isinstance(event, ProgramChange):
            return turned or ()
        return self._hands.hear(event, port)

    def said(self, events: Sequence[Input | ProgramChange]) -> list[Input]:
        """What a player did who plays on no port: what is bound turns a setting or makes a gesture there too."""
        said: list[Input] = []
        for event in events:
            turned = self._controls.hear(event, "said") if isinstance(event, Event | ProgramChange) else None
            if isinstance(event, Turned):
                self._controls.turned(event)
            if turned is not None:
                said += turned
            elif not isinstance(event, ProgramChange):
                said.append(event)
        return said

    def settle(self, hearing: Sequence[Hearing], settings: Settings) -> None:
        """From now on this is what is heard, and these are the settings that controls turn on from."""
        self._hands.hearing = tuple(hearing)
        self._controls.settle(settings)

    def sent(self, report: Sent) -> None:
        """One of improv's notes began: it may come back."""
        self._guard.sent(report.deadline + report.lateness, report.channel, report.pitch, report.velocity)

    def asked(self, command: Command) -> None:
        """This was asked of the ports: improv's pedal may come back too."""
        if isinstance(command, Pedal):
            self._guard.pedalled(command.at, command.channel, 127 if command.down else 0)

    def _leads(self, port: int, at: float) -> bool:
        """Whether this input's clock is the one that is followed."""
        if self._named is None and (self._leading is None or at - self._ticked_at > GONE):
            self._leading = port
        if port == self._leading:
            self._ticked_at = at
        return port == self._leading
