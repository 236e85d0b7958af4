"""The engine's side of the port process: open, send commands, wait for reports, close. Nothing here blocks for ever.

In use::

    link = open_ports(PortSettings(inputs=("USB Keyboard",), output="IAC Bus"))
    link.send(Play((PlannedNote(...),)))
    for report in link.wait(0.1): ...        # Heard | Sent | Dropped | Lost
    link.close()                             # silences whatever sounds
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from typing import Any, TypeAlias

from improv.clock import now
from improv.errors import UserError
from improv.plan import Command
from improv.ports import process
from improv.ports.apis import TITLES
from improv.ports.pipe import Pipe
from improv.ports.process import Refused
from improv.ports.reports import Lost, Opened, PortInfo, PortSettings, Quench, Report
from improv.ports.starting import Opening, end

#: A port process that has not been heard of for so many seconds is asked whether it lives,
PING_AFTER = 1.0
#: and given up when it does not answer in so many.
PING_LIMIT = 2.0


Beside: TypeAlias = "multiprocessing.connection.Connection[Any, Any] | None"  # something else that is waited for


class Link:
    """A running port process."""

    def __init__(self, worker: SpawnProcess, pipe: Pipe, opened: Opened, early: list[Any]) -> None:
        self._worker = worker
        self._pipe = pipe
        self._heard_of = now()
        self._asked: float | None = None
        self._lost: Lost | None = None
        self._hung = False
        self._early = early  # what came right behind the answer
        #: What was opened.
        self.opened = opened

    @property
    def pid(self) -> int:
        """The port process's number in the operating system."""
        assert self._worker.pid is not None
        return self._worker.pid

    @property
    def running(self) -> bool:
        """Whether the port process lives."""
        return self._worker.is_alive()

    def send(self, command: Command | Quench) -> None:
        """Hand over a command. After a Lost it does nothing."""
        if self._lost is None:
            self._pipe.send(command)

    def echo(self, report: Report) -> None:
        """Let the port process say this, as if it had just heard it: so the way from there is measured."""
        if self._lost is None:
            self._pipe.send((report,))

    def wait(self, timeout: float | None, beside: Beside = None) -> list[Report]:
        """Reports, in order, as soon as there are any; after `timeout` seconds (None: never) none, and none as soon as
        there is something to read `beside`.

        A Lost is the last report. Waiting on after it waits `timeout` seconds for nothing; with None it is
        reported again at once.
        """
        end = None if timeout is None else now() + timeout
        while True:
            reports = self._collect()
            left = None if end is None else end - now()
            if reports or (left is not None and left <= 0.0) or (beside is not None and _speaks(beside)):
                return reports
            if self._lost is not None and left is None:
                return [self._lost]
            self._rest(left, beside)

    def _rest(self, seconds: float | None, beside: Beside) -> None:
        """Wait for the pipe, at most `seconds` and at most until the process must be asked or given up."""
        if self._lost is not None:
            time.sleep(seconds or 0.0)
            return
        longest = 0.02 if self._pipe.waiting else PING_AFTER
        self._pipe.rest(longest if seconds is None else min(seconds, longest), beside)

    def _collect(self) -> list[Report]:
        """What has come; asks after the process when nothing has for a while."""
        if self._lost is not None:
            return []
        self._pipe.flush()
        values, self._early = self._early + self._pipe.receive(), []
        reports: list[Report] = []
        for value in values:
            self._heard_of, self._asked = now(), None
            if isinstance(value, tuple):
                reports += value
            elif isinstance(value, Lost):
                self._give_up(value)
        if self._lost is None:
            self._look_after()
        if self._lost is not None:
            reports.append(self._lost)
        return reports

    def _look_after(self) -> None:
        if self._pipe.closed:
            self._give_up(Lost("the port process has ended"))
        elif self._asked is not None and now() - self._asked > PING_LIMIT:
            self._hung = True
            self._give_up(Lost(f"{TITLES.get(self.opened.api, self.opened.api)}: the MIDI system hangs"))
        elif self._asked is None and now() - self._heard_of > PING_AFTER:
            self._asked = now()
            self._pipe.send("are you there?")

    def _give_up(self, lost: Lost) -> None:
        self._lost = lost
        self._pipe.close()

    def abandon(self) -> None:
        """Let go of a process that is lost, and wait for nothing: one that hangs is killed."""
        self._pipe.close()
        if self._hung:
            self._worker.kill()

    def close(self) -> None:
        """Silence what sounds, close the ports and end the process; kill it if that takes over CLOSING seconds."""
        self._pipe.close()
        end(self._worker, patience=0.0 if self._hung else None)

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _speaks(connection: multiprocessing.connection.Connection[Any, Any]) -> bool:
    """Whether there is something to read; the end of the other side is."""
    try:
        return connection.poll(0)
    except OSError:
        return True


class Stopped(Exception):
    """The ports were waited for, and then not wanted any more."""


def open_ports(settings: PortSettings, stopping: Callable[[], bool] = lambda: False) -> Link:
    """Open ports in a process of their own; Stopped if `stopping()` before they are open.

    UserError, in one line: no such port, several, one taken by another program, no MIDI system at all.
    """
    opening, answer, more = _ask(process.serve, settings, stopping)
    if isinstance(answer, Opened):
        return Link(opening.worker, opening.pipe, answer, more)
    opening.give_up(patience=None)
    raise UserError(_reason(answer))


def list_ports(api: str = "auto") -> list[PortInfo]:
    """All ports there are, of every MIDI system that opens (or of `api`). UserError if none does."""
    opening, answer, _ = _ask(process.list_ports, api)
    opening.give_up(patience=None)
    if isinstance(answer, list):
        return answer
    raise UserError(_reason(answer))


def _reason(answer: object) -> str:
    return answer.message if isinstance(answer, Refused) else "the port process does not start"


def _ask(
    target: Callable[..., None], what: object, stopping: Callable[[], bool] = lambda: False
) -> tuple[Opening, object, list[Any]]:
    """Start a port process and wait for its answer; one that dies of a MIDI system is followed by one without it."""
    failed: list[tuple[str, str]] = []
    while True:
        opening = Opening()
        opening.ask(target, what, failed)
        answer: object = None
        while answer is None and not opening.failed:
            if stopping():
                opening.give_up()
                raise Stopped
            answer, more = opening.look(0.1)
        if answer is not None or opening.tried is None or opening.tried in dict(failed):
            return opening, answer, more if answer is not None else []
        failed.append((opening.tried, opening.failed))
        opening.give_up()
