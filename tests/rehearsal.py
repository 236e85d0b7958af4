"""The whole instrument without its ports, on a clock that is told how late it is: the port process's loop, the pipe,
the engine and the core as they are, a table of probabilities in the place of the network.

    with Rehearsal(mode="harmonize") as rehearsal:
        rehearsal.play([(1.0, note_on(0, 60, 64))], until=5.0)     # absolute seconds, bytes of a keyboard
        rehearsal.received                                         # (moment, bytes) on the far side
        rehearsal.sounding                                         # what sounds there
"""

from __future__ import annotations

import io
import multiprocessing
from collections import deque
from collections.abc import Sequence
from unittest import mock

import numpy as np

from improv import engine
from improv.events import Heard, NoteOn
from improv.improviser import Improviser, Status
from improv.midi import is_broken
from improv.plan import Command
from improv.ports import loop
from improv.ports.pipe import Pipe
from improv.ports.reports import Report
from improv.ports.waiting import Waiter
from improv.reception import Reception
from improv.settings import Settings
from improv.status import StatusLine
from tests.day import LONGEST, FarSide
from tests.ports.room import Board, Port
from tests.table_model import TableModel

Said = tuple[float, bytes]
#: Seconds between two turns of the port process at most.
STEP = 0.02


class Output(Port):
    """The far side: what arrives there, and when."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        super().__init__()
        self._rehearsal = rehearsal

    def send(self, data: bytes) -> None:
        self._rehearsal.arrived(data)


class Slow:
    """A core that takes `cost` seconds for each key that goes down, as a network does."""

    def __init__(self, core: Improviser, rehearsal: Rehearsal, cost: float) -> None:
        self._core, self._rehearsal, self._cost = core, rehearsal, cost

    def hear(self, event: Heard) -> None:
        self._rehearsal.late.append((event.at, self._rehearsal.now - event.at))
        self._core.hear(event)
        if isinstance(event, NoteOn):
            self._rehearsal.go_on(self._cost)

    def turn(self, now: float) -> Sequence[Command]:
        return self._core.turn(now)

    def wake_at(self) -> float | None:
        return self._core.wake_at()

    def status(self) -> Status:
        return self._core.status()


class Rehearsal:
    """Runs from second 0; `play` goes on. `thru` passes the player's bytes on; `cost`: see Slow."""

    def __init__(self, *, thru: bool = False, cost: float = 0.0, **settings: object) -> None:
        self.now = 0.0
        self.received: list[Said] = []
        #: When something happened that was heard, and how much later it was.
        self.late: list[tuple[float, float]] = []
        self._far = FarSide()
        self._script: deque[Said] = deque()
        engines, ports = multiprocessing.Pipe()
        self._pipe, self._end = Pipe(engines), Pipe(ports)
        self._keys = Port()
        board = Board(self._keys, output=Output(self))
        self._clock = mock.patch.object(loop, "now", lambda: self.now)
        self._clock.start()
        self._loop = loop.Loop(self._end, Waiter(ports), board, thru=int(thru), late_limit=0.25, longest=LONGEST)
        model = TableModel(rest_after=9)
        self._core = Slow(Improviser(model, Settings(**settings), np.random.default_rng(0)), self, cost)  # type: ignore[arg-type]
        self._reception, self._timing = Reception(), engine.Timing()

    def __enter__(self) -> Rehearsal:
        return self

    def __exit__(self, *_: object) -> None:
        self._clock.stop()
        self._pipe.close()
        self._end.close()

    @property
    def sounding(self) -> set[tuple[int, int]]:
        """What sounds on the far side: (channel, pitch)."""
        return set(self._far.sounding)

    def begun(self, since: float = 0.0) -> list[Said]:
        """Improv's notes on the far side since a moment."""
        return [(at, data) for at, data in self.received if at >= since and data[0] == 0x91]

    def play(self, messages: Sequence[Said], until: float) -> None:
        """Let the player play these, and all go on until then. AssertionError where a note outlives the longest."""
        self._script = deque(sorted([*self._script, *messages], key=lambda said: said[0]))
        line = StatusLine(io.StringIO(), "quiet")
        engine.run(
            self._core, self, self._timing, line, lambda: self.now >= until, lambda: self.now, reception=self._reception
        )

    def send(self, command: Command) -> None:
        """Hand a command over, as the engine does."""
        self._pipe.send(command)

    def wait(self, timeout: float | None) -> list[Report]:
        """What the port process reported, as soon as there is anything."""
        assert timeout is not None
        end = self.now + timeout
        while True:
            self._turn()
            reports = [report for reports in self._pipe.receive() for report in reports]
            if reports or self.now >= end:
                return reports
            self._step(end)

    def go_on(self, seconds: float) -> None:
        """The engine is busy for so long; the port process is not."""
        end = self.now + seconds
        while self.now < end:
            self._step(end)
            self._turn()

    def arrived(self, data: bytes) -> None:
        """Bytes arrived on the far side."""
        self.received.append((self.now, data))
        if len(data) == 3 and not is_broken(data):  # what is no whole message goes nowhere (improv.ports.wire)
            self._far.receive(data, self.now)

    def _step(self, end: float) -> None:
        due = self._script[0][0] if self._script else end
        self.now = min(end, max(due, self.now), self.now + STEP)

    def _turn(self) -> None:
        while self._script and self._script[0][0] <= self.now:
            self._keys.comes_in.append(self._script.popleft()[1])
        self._loop.turn()
        held = [at for (channel, _), at in self._far.sounding.items() if channel == 1]
        assert all(self.now - at <= LONGEST + 2 * STEP for at in held), "every note of improv's ends"
