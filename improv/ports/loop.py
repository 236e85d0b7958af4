"""The port process at work: what is due goes out, what came in is passed on, and then it waits for the next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from improv.clock import now
from improv.midi import Parser
from improv.plan import Cancel, Play, Silence
from improv.ports.pipe import Pipe
from improv.ports.reports import Dropped, Heard, Report, Sent
from improv.ports.waiting import Waiter
from improv.scheduler import Outgoing, Scheduler

#: When everything is silenced, in seconds from the first time: on JACK, a client that is killed stalls the graph,
#: and what others send in the next milliseconds vanishes.
SILENCE_AT = (0.0, 0.010, 0.030, 0.080)


class Input(Protocol):
    """A port that is heard."""

    def on_message(self, callback: Callable[[tuple[list[int], float], Any], None]) -> None:
        """Call back with ([bytes], seconds since the last) for each message, on any thread."""
        ...


class Output(Protocol):
    """A port that is played on."""

    def send(self, data: bytes) -> None:
        """Send one message."""
        ...


class Loop:
    """Between the ports and the engine's pipe."""

    def __init__(
        self, pipe: Pipe, waiter: Waiter, inputs: Sequence[Input], output: Output, *, thru: bool, late_limit: float
    ) -> None:
        self._pipe = pipe
        self._waiter = waiter
        self._output = output
        self._thru = thru
        self._scheduler = Scheduler(late_limit=late_limit)
        self._came_in: deque[tuple[float, int, list[int]]] = deque()
        self._parsers = [Parser() for _ in inputs]
        self._ended = False
        for number, port in enumerate(inputs):
            port.on_message(self._callback(number))

    def _callback(self, number: int) -> Callable[[tuple[list[int], float], Any], None]:
        """What the MIDI system's own thread runs: as short as can be, for on JACK whoever is late loses messages."""
        append, wake = self._came_in.append, self._waiter.wake

        def heard(message: tuple[list[int], float], _: Any) -> None:
            append((now(), number, message[0]))
            wake()

        return heard

    def end(self) -> None:
        """Let `run` return after its present turn. For signal handlers."""
        self._ended = True
        self._waiter.wake()

    def run(self) -> None:
        """Serve until the engine's end of the pipe closes or `end` is called."""
        while not (self._ended or self._pipe.closed):
            reports: list[Report] = []
            self._hear(reports)
            self._obey()
            self._play(reports)
            if reports:
                self._pipe.send(tuple(reports))
            self._wait()

    def _hear(self, reports: list[Report]) -> None:
        while self._came_in:
            at, number, numbers = self._came_in.popleft()
            data = bytes(numbers)
            if self._thru:
                self._output.send(data)
                self._scheduler.pass_through(self._parsers[number].feed(data, at))
            reports.append(Heard(at, number, data))

    def _obey(self) -> None:
        for command in self._pipe.receive():
            if isinstance(command, Play | Cancel | Silence):
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

    def _wait(self) -> None:
        if self._pipe.waiting:
            self._pipe.flush()
        deadline = self._scheduler.next_deadline()
        seconds = None if deadline is None else max(0.0, deadline - now())
        if self._pipe.waiting:  # the engine does not read at present
            seconds = 0.02 if seconds is None else min(seconds, 0.02)
        if not self._came_in:
            self._waiter.sleep(seconds)

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
