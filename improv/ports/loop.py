"""The port process at work: what is due goes out, what came in is passed on, and then it waits for the next."""

from __future__ import annotations

import contextlib
import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from improv.clock import now
from improv.conductor import CLOCK_BYTES, Conductor
from improv.events import Event, NoteOff, NoteOn
from improv.ledger import let_go
from improv.midi import Parser, note_off
from improv.plan import Command, Conduct, Silence
from improv.ports.attention import CLOSELY, Attention
from improv.ports.faces import Board, Input
from improv.ports.held import Held
from improv.ports.pipe import Pipe
from improv.ports.repeats import LAST_WITHIN, Repeats
from improv.ports.reports import Dropped, Heard, Plugged, Quench, Report, Sent, Unplugged
from improv.ports.waiting import Waiter
from improv.scheduler import Outgoing, Scheduler

#: Reports that go to the engine in one piece, some 30 KB; and those that wait for it, if it does not read for minutes.
AT_ONCE, MOST_UNTOLD = 400, 200_000


@dataclass(slots=True)
class _Ear:
    """An input, what its bytes say, and what is held on it."""

    port: Input
    parser: Parser
    held: Held


class Loop:
    """Between the ports and the engine's pipe. What comes in on the first `thru` inputs is passed on. Inputs are
    looked at closely until `closely` seconds after the last note. `lossy`: the ports may lose messages on their way."""

    def __init__(
        self,
        pipe: Pipe,
        waiter: Waiter,
        board: Board,
        *,
        thru: int,
        late_limit: float,
        late_soft: float = math.inf,
        longest: float = 60.0,
        closely: float = CLOSELY,
        lossy: bool = False,
    ) -> None:
        self._pipe, self._waiter = pipe, waiter
        self._board, self._output = board, board.output
        self._thru = thru
        self._scheduler = Scheduler(late_limit=late_limit, late_soft=late_soft, longest=longest)
        self._conductor = Conductor()
        self._repeats = Repeats(self._scheduler.ledger, lossy=lossy)
        self._owed: list[bytes] = []  # what is to be said first when the output comes back
        self._ears = [_Ear(port, Parser(), Held()) for port in board.inputs]
        self._attention = Attention(board.inputs, waiter, now(), closely)
        self._untold: deque[Report] = deque(maxlen=MOST_UNTOLD)
        self._ended = False

    def end(self) -> None:
        """Let `run` return after its present turn, and not sleep any more. For signal handlers."""
        self._ended = True
        self._waiter.wake()

    def run(self) -> None:
        """Serve until the engine's end of the pipe closes or `end` is called."""
        while not (self._ended or self._pipe.closed):
            self.turn(asked=self._wait())

    def turn(self, *, asked: bool = True) -> None:
        """Hear, obey if the engine `asked` for something, play what is due and report; waits for nothing."""
        reports: list[Report] = []
        self._look_after_cables(reports)
        self._hear(reports)
        if reports:  # what the player did is told before all else
            self._report(reports)
            reports = []
        if asked:
            self._obey()
        self._play(reports)
        self._report(reports)

    def _report(self, reports: list[Report]) -> None:
        """Tell the engine; what it does not take at once goes out together later. So a backlog comes in large pieces,
        and is seen for what it is."""
        self._untold += reports
        if self._pipe.waiting:
            self._pipe.flush()
        while self._untold and not self._pipe.waiting:
            told = [self._untold.popleft() for _ in range(min(len(self._untold), AT_ONCE))]
            self._pipe.send(tuple(told))

    def _look_after_cables(self, reports: list[Report]) -> None:
        happened, changed = self._board.look(now())
        if changed:
            reports.append(self._board.there)
        for port, news in happened:
            reports.append(news)
            if port is not self._output:
                if isinstance(news, Unplugged):
                    number = next(number for number, ear in enumerate(self._ears) if ear.port is port)
                    self._let_go(number, reports)
            elif isinstance(news, Unplugged):
                self._owed = [*self._scheduler.ledger.silence(), *self._repeats.recent(now())]
            else:  # whatever the device kept sounding while it was away ends
                self._send_now(self._owed)
                self._owed = []
                self._conductor.begin_again(now())
        if any(isinstance(news, Plugged) for _, news in happened):
            self._waiter.watch()  # a new client has a socket of its own
        if changed:
            self._repeats.changed(now())

    def _let_go(self, number: int, reports: list[Report]) -> None:
        """Say for an input that is gone what it no longer can."""
        for data in self._ears[number].held.let_go():
            self._heard(number, data, reports)

    def _send_now(self, messages: Sequence[bytes]) -> None:
        self._repeats.silenced(messages, now())  # first: what does not leave is said again
        for data in messages:
            self._output.send(data)

    def _hear(self, reports: list[Report]) -> None:
        for number, ear in enumerate(self._ears):
            for data in ear.port.receive():
                self._heard(number, data, reports)
            if ear.held.fell_silent(now()):
                self._let_go(number, reports)

    def _heard(self, number: int, data: bytes, reports: list[Report]) -> None:
        ear, moment = self._ears[number], now()
        events = ear.parser.feed(data, moment)
        ear.held.hear(data, events, moment)
        self._attention.heard(data, moment)
        if number < self._thru and not (self._conductor.conducts and data[0] in CLOCK_BYTES):
            self._pass_on(data, [event for event in events if isinstance(event, Event)])
        reports.append(Heard(moment, number, data))

    def _pass_on(self, data: bytes, events: Sequence[Event]) -> None:
        """Send what came in (thru). What begins is in the ledger before it leaves, what ends until it has left."""
        self._scheduler.pass_through(event for event in events if isinstance(event, NoteOn))
        self._output.send(data)
        self._scheduler.pass_through(event for event in events if not isinstance(event, NoteOn))
        for event in events:
            if isinstance(event, NoteOff):
                self._repeats.passed_on((event.channel, event.pitch), now())

    def _obey(self) -> None:
        for command in self._pipe.receive():
            if isinstance(command, Quench):
                messages = [*(note_off(*key) for key in command.keys), *let_go(command.channels)]
                self._owed += messages
                self._send_now(messages)
            elif isinstance(command, Conduct):
                self._conductor.obey(command, now())
            elif isinstance(command, Command):
                if isinstance(command, Silence):
                    self._repeats.silenced(self._scheduler.ledger.silence(), now())
                self._scheduler.apply(command, now())
            else:
                self._pipe.send(command)  # a ping: said back, to show that this process lives

    def _play(self, reports: list[Report]) -> None:
        due = self._scheduler.due(now())
        for message in due:  # first: of these the ledger knows no more, should one of them fail to leave
            if message.note is not None and not message.begins:
                self._repeats.ended((message.note.channel, message.note.pitch), now())
        for message in due:
            moment = now()
            self._output.send(message.data)
            if message.begins:
                reports.append(_sent(message, moment))
        for data in (*self._conductor.due(now()), *self._repeats.due(now())):
            self._output.send(data)
        for note in self._scheduler.take_dropped():
            reports.append(Dropped(note.onset, note.pitch, note.velocity, note.channel))

    def _wait(self) -> bool:
        """Sleep until the next look at the inputs or the next deadline; whether the engine asks for something."""
        moment = now()
        seconds = self._attention.pay(moment)
        own = (one.next_deadline() for one in (self._scheduler, self._conductor, self._repeats))
        deadlines = (*own, self._board.look_at)
        return self._waiter.sleep(min([seconds, *(at - moment for at in deadlines if at is not None)]))

    def silence(self, pause: Callable[[float], None]) -> None:
        """Stop the clock, end all that sounds and say so again a few times; `pause` waits some seconds."""
        self._conductor.stop(now())
        for data in self._conductor.due(now()):
            self._output.send(data)
        messages = [*self._scheduler.ledger.silence(), *self._repeats.recent(now(), LAST_WITHIN)]
        before = 0.0
        for moment in self._repeats.silence_at if messages else ():
            if moment > before:
                pause(moment - before)
            before = moment
            for data in messages:
                with contextlib.suppress(Exception):  # the others leave all the same
                    self._output.send(data)


def _sent(message: Outgoing, moment: float) -> Sent:
    assert message.note is not None
    note = message.note
    return Sent(message.deadline, moment - message.deadline, note.pitch, note.velocity, note.channel)
