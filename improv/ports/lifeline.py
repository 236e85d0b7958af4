"""Ports that come back: when the MIDI system or the port process dies, another process takes over.

1. The engine keeps a copy of what sounds: a scheduler that obeys the same commands (improv.scheduler).
2. When the port process is lost, that copy says what may still sound: this is what the next one ends first. Offs of
   the last seconds count too: they may have died with it.
3. Notes that were planned and have not begun by then go to the next one; what came due in between is not made up for.
4. Nothing here blocks: a new process is looked at whenever there is time. One stands by for it all the while.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from improv.clock import now
from improv.events import Event
from improv.ledger import Key
from improv.midi import Parser
from improv.plan import Command, Conduct, Play, Silence
from improv.ports import process
from improv.ports.link import Beside, Link, Stopped, open_ports
from improv.ports.reports import Back, Gone, Heard, Lost, Opened, PortSettings, Quench, Report
from improv.ports.starting import Opening
from improv.scheduler import Scheduler

__all__ = ["Lifeline", "Stopped"]
#: Offs of so many seconds may have been lost with a process: it counts as hung after three.
DOUBTFUL = 4.0
#: A command reaches the port process within so many seconds, unless it hangs. What it takes back may have begun then.
ON_THE_WAY = 0.5
#: Seconds before another process is tried when one did not open.
TRY_AGAIN = 0.5


class Copy:
    """What the port process has done by now, as far as the engine can tell; `thru` inputs are passed on."""

    def __init__(self, thru: int) -> None:
        self._scheduler = Scheduler(late_limit=math.inf)  # what it left out for being late sounds here: no harm
        self._parsers = [Parser() for _ in range(thru)]
        self._ended: deque[tuple[float, Key]] = deque(maxlen=4096)

    def obey(self, command: Command, at: float) -> None:
        """A command was given."""
        self.go_on(at)
        before = [] if isinstance(command, Play) else self._scheduler.planned()
        self._scheduler.apply(command, at)
        left = set(self._scheduler.planned()) if before else set()
        gone = [note for note in before if note not in left and note.onset <= at + ON_THE_WAY]
        self._ended += [(note.onset, (note.channel, note.pitch)) for note in gone]

    def hear(self, report: Heard) -> None:
        """Bytes came in."""
        if report.port < len(self._parsers):
            events = self._parsers[report.port].feed(report.data, report.at)
            self._scheduler.pass_through(event for event in events if isinstance(event, Event))

    def go_on(self, at: float) -> None:
        """Do what is due by now."""
        for message in self._scheduler.due(at):
            if message.note is not None and not message.begins:
                self._ended.append((message.deadline, (message.note.channel, message.note.pitch)))

    def doubtful(self, at: float) -> Quench:
        """What may sound if the port process has died by now."""
        self.go_on(at)
        ledger = self._scheduler.ledger
        keys = {*ledger.sounding(), *(key for moment, key in self._ended if at - moment <= DOUBTFUL)}
        return Quench(tuple(sorted(keys)), ledger.channels())

    def start_over(self, at: float) -> list[Command]:
        """A new port process begins in silence; what it must be told."""
        self.go_on(at)
        rest = self._scheduler.remaining()
        self._scheduler.apply(Silence(), at)
        self._scheduler.due(at)
        for command in rest:
            self._scheduler.apply(command, at)
        return rest


class Lifeline:
    """The engine's end of the pipe to whichever port process lives; opens the first, and raises UserError as
    `open_ports` does."""

    def __init__(self, settings: PortSettings, stopping: Callable[[], bool] = lambda: False) -> None:
        self._link: Link | None = open_ports(settings, stopping)
        #: What was opened at first.
        self.opened: Opened = self._link.opened
        self._again = _as_opened(settings, self.opened)
        self._copy = Copy(len(self.opened.inputs) if settings.thru else 0)
        self._given: list[tuple[Command, float]] = []  # what the copy has yet to obey, and when it was given
        self._opening: Opening | None = None
        self._spare: Opening | None = Opening()  # stands by
        self._open_at = 0.0
        self._quench = Quench((), ())
        self._conduct: Conduct | None = None  # the clock that is sent, as it was last asked for

    @property
    def pid(self) -> int | None:
        """The port process's number in the operating system, while there is one."""
        return None if self._link is None else self._link.pid

    def send(self, command: Command) -> None:
        """Hand a command over; while there is no port process, it is kept for the next."""
        if self._link is not None:
            self._link.send(command)
        self._given.append((command, now()))  # the copy is told when nobody waits for it
        if isinstance(command, Conduct):
            self._conduct = command

    def wait(self, timeout: float | None, beside: Beside = None) -> list[Report]:
        """Reports, in order, as soon as there are any; after `timeout` seconds (None: never) none, and none as soon as
        there is something to read `beside`. Never a Lost."""
        for command, moment in self._given:
            self._copy.obey(command, moment)
        self._given.clear()
        self._copy.go_on(now())
        reports = self._reopen(timeout) if self._link is None else self._link.wait(timeout, beside)
        for index, report in enumerate(reports):
            if isinstance(report, Heard):
                self._copy.hear(report)
            elif isinstance(report, Lost):
                self._lose()
                return [*reports[:index], Gone(report.message)]
        return reports

    def _lose(self) -> None:
        assert self._link is not None
        self._link.abandon()
        self._link = None
        self._quench = self._copy.doubtful(now())
        self._open_at = now()

    def _reopen(self, timeout: float | None) -> list[Report]:
        """Look after the new port process, at most `timeout` seconds long."""
        longest = 1.0 if timeout is None else timeout
        if self._opening is None:
            if (left := self._open_at - now()) > 0:
                time.sleep(min(left, longest))
                return []
            self._opening, self._spare = self._spare or Opening(), None
            self._opening.ask(process.serve, self._again)
        answer, more = self._opening.look(longest)
        if isinstance(answer, Opened):
            opening, self._opening = self._opening, None
            self._link = Link(opening.worker, opening.pipe, answer, more)
            self._link.send(self._quench)
            clock = [] if self._conduct is None else [self._conduct]
            for command in (*self._copy.start_over(now()), *clock):
                self._link.send(command)
            self._spare = Opening()
            return [Back(answer)]
        if answer is not None or self._opening.failed:
            self._opening.give_up()
            self._opening, self._open_at = None, now() + TRY_AGAIN
        return []

    def close(self) -> None:
        """Silence what sounds, close the ports and end the process."""
        for one in (self._spare, self._opening):
            if one is not None:
                one.give_up()
        if self._link is not None:
            self._link.close()


def _as_opened(settings: PortSettings, opened: Opened) -> PortSettings:
    """Settings for a process that is to open the same ports again, in the same numbering, as they come."""
    inputs = opened.inputs if settings.inputs else ()
    output = opened.output if settings.output else None
    return replace(settings, inputs=inputs, output=output, clock=opened.clock, api=opened.api, waits=True)
