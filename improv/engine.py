"""The live loop: what the ports heard goes to the core, what the core asks goes to the ports."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from improv import clock, improviser
from improv.alertness import Alertness
from improv.desk import Desk
from improv.events import Heard as Input
from improv.events import NoteOn
from improv.plan import Command, Play
from improv.ports.reports import Heard, Lost, Report, Said, Sent
from improv.reception import Reception
from improv.status import Status, StatusLine
from improv.thinning import thinned
from improv.timing import Window

#: Seconds the loop sleeps at most, so that a signal to stop is noticed.
LONGEST_WAIT = 0.1


class Core(Protocol):
    """What plays: improv.improviser, or a stand-in."""

    def hear(self, event: Input) -> None:
        """Take in what the keyboard, or a clock, said."""
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
    """How promptly improv plays; all in seconds.

    `reaction`: from a note-on arriving to all it caused being handed to the port process. `entry`: from the
    decision to answer to the answer's first note leaving, which includes the moment the music wants.
    `lateness`: from when a note was due to when it left. `age`: how old what was heard is by the time that a note made
    from it is due.
    """

    def __init__(self) -> None:
        self.reaction = Window()
        self.entry = Window()
        self.lateness = Window()
        self.age = Window()
        self._ready: deque[bool] = deque(maxlen=1000)
        self._decided: float | None = None

    def turned(self, struck: float | None, now: float) -> None:
        """A turn ended at `now`; `struck` is when the first key that it dealt with went down."""
        if struck is not None:
            self.reaction.add(now - struck)

    def decided(self, moment: float | None) -> None:
        """At `moment` improv made up its mind to answer; None: it has let go of that."""
        self._decided = moment

    def asked(self, command: Command, moment: float) -> None:
        """From what was heard by `moment` came this command, which is handed over now."""
        if isinstance(command, Play):
            for note in command.notes:
                self._ready.append(note.onset >= moment)
                self.age.add(note.onset - moment)

    @property
    def ready(self) -> float | None:
        """Of improv's last notes, the share that was there when it was due, 0 to 1; None while there is none."""
        return sum(self._ready) / len(self._ready) if self._ready else None

    def sent(self, sent: Sent) -> None:
        """One of improv's notes began."""
        self.lateness.add(sent.lateness)
        if self._decided is not None:
            self.entry.add(sent.deadline + sent.lateness - self._decided)
            self._decided = None

    def __str__(self) -> str:
        named = {"reaction": self.reaction, "answers begin after": self.entry, "notes late by": self.lateness}
        told = [f"{name} {_milliseconds(window)}" for name, window in named.items()]
        if self.ready is not None:
            told.append(
                f"{self.ready:.1%} of notes there when due, from what was heard {_milliseconds(self.age)} before"
            )
        return "; ".join(told)


def _milliseconds(window: Window) -> str:
    if window.median is None or window.p99 is None:
        return "-"
    return f"{window.median * 1000:.1f} ms (p99 {window.p99 * 1000:.1f})"


def run(
    core: Core,
    link: Link,
    timing: Timing,
    line: StatusLine,
    stopping: Callable[[], bool],
    now: Callable[[], float] = clock.now,
    reception: Reception | None = None,
    desk: Desk | None = None,
) -> str | None:
    """Play until `stopping()`, then return None; or until the ports are lost, then return why, in one line.

    `reception` knows what each input may say; without it each may say all. `desk` is shown what is reported, and looks
    after the rest.
    """
    reception, desk = reception or Reception(), desk or Desk(line)
    alertness = Alertness(lambda: _status(core, timing))
    while not stopping():
        desk.look(now())
        status = _status(core, timing)
        line.show(status, now())
        events: list[Input] = []
        for report in alertness.wait(link.wait, _timeout(now(), core.wake_at(), line.wake_at()), now):
            desk.heed(report, now())
            match report:
                case Heard():
                    events += reception.events(report)
                case Said(said):
                    events += reception.said(said)
                case Sent():
                    timing.sent(report)
                    reception.sent(report)
                case Lost(message):
                    return message
        for event in _few_enough(events, desk):
            core.hear(event)
        struck = next((event.at for event in events if isinstance(event, NoteOn)), None)
        commands = core.turn(moment := now())
        for command in commands:
            link.send(command)
        timing.turned(struck, now())
        for command in commands:
            reception.asked(command)
            timing.asked(command, moment)
        if struck is not None:
            alertness.struck(moment)
        answers = core.status().answering
        if answers != status.answering:
            timing.decided(moment if answers else None)
    return None


def _few_enough(events: Sequence[Input], desk: Desk) -> Sequence[Input]:
    """What of a backlog is heard; the rest is only written down."""
    kept, left_out = thinned(events)
    desk.left_out(left_out)
    return kept


def _status(core: Core, timing: Timing) -> Status:
    said = core.status()
    counts = (said.answering, said.heard, said.played)
    return Status(*counts, timing.reaction.p99, said.time, said.tempo, said.key, timing.ready, timing.age.median)


def _timeout(now: float, *wake_at: float | None) -> float:
    """Seconds until the first of these moments, between 0 and LONGEST_WAIT."""
    return max(0.0, min([LONGEST_WAIT, *(moment - now for moment in wake_at if moment is not None)]))
