"""The port process at work: what is due goes out, what came in is passed on, and then it waits for the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from improv.clock import now
from improv.events import Event
from improv.midi import Parser
from improv.plan import Command
from improv.ports.pipe import Pipe
from improv.ports.reports import Dropped, Heard, Report, Sent
from improv.ports.waiting import Waiter
from improv.scheduler import Outgoing, Scheduler

#: When everything is silenced, in seconds from the first time: on JACK, a client that is killed stalls the graph,
#: and what others send in the next milliseconds vanishes; on a busy machine it may stand still for longer.
SILENCE_AT = (0.0, 0.010, 0.030, 0.080, 0.250)
#: How often the inputs are looked at, in seconds: while someone plays, and after RESTING seconds of silence.
#: Polled, because a callback has to wait for the interpreter's lock on JACK's own thread. Measured on a busy
#: machine, 300 messages ten milliseconds apart: of ten the callback lost two to eight in a hundred, polling one.
LOOK, LOOK_RESTING = 0.001, 0.004
RESTING = 10.0


class Input(Protocol):
    """A port that is heard."""

    def receive(self) -> list[bytes]:
        """The messages that came in since the last call."""
        ...


class Output(Protocol):
    """A port that is played on."""

    def send(self, data: bytes) -> None:
        """Send one message."""
        ...


class Loop:
    """Between the ports and the engine's pipe. What comes in on the first `thru` inputs is passed on."""

    def __init__(
        self, pipe: Pipe, waiter: Waiter, inputs: Sequence[Input], output: Output, *, thru: int, late_limit: float
    ) -> None:
        self._pipe = pipe
        self._waiter = waiter
        self._output = output
        self._thru = thru
        self._scheduler = Scheduler(late_limit=late_limit)
        self._inputs = list(zip(inputs, (Parser() for _ in inputs), strict=True))
        self._heard_at = now()
        self._ended = False

    def end(self) -> None:
        """Let `run` return after its present turn. For signal handlers."""
        self._ended = True

    def run(self) -> None:
        """Serve until the engine's end of the pipe closes or `end` is called."""
        while not (self._ended or self._pipe.closed):
            self.turn(asked=self._wait())

    def turn(self, *, asked: bool = True) -> None:
        """Hear, obey if the engine `asked` for something, play what is due and report; waits for nothing."""
        reports: list[Report] = []
        self._hear(reports)
        if asked:
            self._obey()
        self._play(reports)
        if reports:
            self._pipe.send(tuple(reports))
        elif self._pipe.waiting:
            self._pipe.flush()

    def _hear(self, reports: list[Report]) -> None:
        for number, (port, parser) in enumerate(self._inputs):
            for data in port.receive():
                self._heard_at = now()
                if number < self._thru:
                    self._output.send(data)
                    events = parser.feed(data, self._heard_at)
                    self._scheduler.pass_through(event for event in events if isinstance(event, Event))
                reports.append(Heard(self._heard_at, number, data))

    def _obey(self) -> None:
        for command in self._pipe.receive():
            if isinstance(command, Command):
                self._scheduler.apply(command, now())
            else:
                self._pipe.send(command)  # a ping: said back, to show that this process lives

    def _play(self, reports: list[Report]) -> None:
        for message in self._scheduler.due(now()):
            moment = now()
            self._output.send(message.data)
            if message.begins and message.note is not None:
                reports.append(_sent(message, moment))
        for note in self._scheduler.take_dropped():
            reports.append(Dropped(note.onset, note.pitch, note.velocity, note.channel))

    def _wait(self) -> bool:
        """Sleep until the next look at the inputs or the next deadline; whether the engine asks for something."""
        moment = now()
        seconds = LOOK if moment - self._heard_at < RESTING else LOOK_RESTING
        deadline = self._scheduler.next_deadline()
        return self._waiter.sleep(seconds if deadline is None else min(seconds, deadline - moment))

    def silence(self, pause: Callable[[float], None]) -> None:
        """End all that sounds and say so again a few times; `pause` waits some seconds."""
        messages = self._scheduler.ledger.silence()
        before = 0.0
        for moment in SILENCE_AT if messages else ():
            if moment > before:
                pause(moment - before)
            before = moment
            for data in messages:
                self._output.send(data)


def _sent(message: Outgoing, moment: float) -> Sent:
    assert message.note is not None
    note = message.note
    return Sent(message.deadline, moment - message.deadline, note.pitch, note.velocity, note.channel)
