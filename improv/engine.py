"""The live loop: what the ports heard goes to the core, what the core asks goes to the ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

from improv import clock, improviser
from improv.events import Event, NoteOn
from improv.midi import Parser
from improv.plan import Command, Play
from improv.ports.reports import Heard, Lost, Report, Sent
from improv.status import Status, StatusLine
from improv.timing import Window

#: Seconds the loop sleeps at most, so that a signal to stop is noticed.
LONGEST_WAIT = 0.1


class Core(Protocol):
    """What plays: improv.improviser, or a stand-in."""

    def hear(self, event: Event) -> None:
        """Take in what the keyboard said."""
        ...

    def turn(self, now: float) -> Sequence[Command]:
        """Do a bounded slice of work and say what the ports are to do."""
        ...

    def wake_at(self) -> float | None:
        """When the next turn is wanted, in absolute seconds."""
        ...

    def status(self) -> improviser.Status:
        """What it is doing."""
        ...


class Link(Protocol):
    """The engine's end of the pipe to the port process."""

    def send(self, command: Command) -> None:
        """Hand a command over."""
        ...

    def wait(self, timeout: float | None) -> list[Report]:
        """What was reported, after at most `timeout` seconds."""
        ...


class Timing:
    """How promptly improv plays, measured where the messages leave.

    Reaction: from the note-on that caused it, or else from the moment improv made up its mind, to the first
    note leaving, or to the answer's withdrawal being handed over. Lateness: sent minus due. Both in seconds.
    """

    def __init__(self) -> None:
        self.reaction = Window()
        self.lateness = Window()
        self._cause: float | None = None

    def turned(self, commands: Sequence[Command], cause: float, now: float, began: bool) -> None:
        """What a turn asked for was handed over at `now`. `cause` is when the first key of the turn went down, or
        else when the turn began; `began` is whether improv made up its mind to answer in it.
        """
        if any(not isinstance(command, Play) for command in commands):
            self.reaction.add(now - cause)
            self._cause = None
        if began:
            self._cause = cause

    def sent(self, sent: Sent) -> None:
        """One of improv's notes began."""
        self.lateness.add(sent.lateness)
        if self._cause is not None:
            self.reaction.add(sent.deadline + sent.lateness - self._cause)
            self._cause = None


def run(
    core: Core,
    link: Link,
    timing: Timing,
    line: StatusLine,
    stopping: Callable[[], bool],
    now: Callable[[], float] = clock.now,
) -> str | None:
    """Play until `stopping()`, then return None; or until the ports are lost, then return why, in one line."""
    parsers: defaultdict[int, Parser] = defaultdict(Parser)
    while not stopping():
        line.show(_status(core, timing), now())
        struck: float | None = None  # when the first key of this turn went down
        for report in link.wait(_timeout(now(), core.wake_at(), line.wake_at())):
            match report:
                case Heard(at, port, data):
                    for event in parsers[port].feed(data, at):
                        core.hear(event)
                        if struck is None and isinstance(event, NoteOn):
                            struck = at
                case Sent():
                    timing.sent(report)
                case Lost(message):
                    return message
        moment, answering = now(), core.status().answering
        commands = core.turn(moment)
        for command in commands:
            link.send(command)
        began = core.status().answering and not answering
        timing.turned(commands, moment if struck is None else struck, now(), began)
    return None


def _status(core: Core, timing: Timing) -> Status:
    said = core.status()
    return Status(said.answering, said.heard, said.played, timing.reaction.p99)


def _timeout(now: float, *wake_at: float | None) -> float:
    """Seconds until the first of these moments, between 0 and LONGEST_WAIT."""
    return max(0.0, min([LONGEST_WAIT, *(moment - now for moment in wake_at if moment is not None)]))
