"""A day on stage under a simulated clock: playing, silence, floods, faults; what must hold is checked at every step.

The core plays on a table of probabilities that now and then fails, the port process is its scheduler, which now and
then dies and is followed by another as improv.ports.lifeline has it, and the far side counts what sounds there.
`python -m tests.bench.day` runs 24 hours of it, tests/test_day.py some minutes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from improv.encoding import Rows
from improv.events import ControlChange, Heard, NoteOff, NoteOn, Start, Stop, Tick, Turned
from improv.fallback import Fallback
from improv.improviser import Improviser
from improv.ledger import let_go
from improv.midi import ALL_NOTES_OFF, CONTROL, NOTE_OFF, NOTE_ON, Parser, note_off
from improv.modes import MODES
from improv.plan import Command
from improv.ports.held import Held
from improv.ports.lifeline import DOUBTFUL, Copy
from improv.ports.repeats import Repeats
from improv.scheduler import Scheduler
from improv.settings import Settings
from improv.step import Controls, Floats, Step
from improv.thinning import thinned
from tests.table_model import TableModel

#: Seconds between two turns of the engine at most, and within which a backlog is heard at once in a flood.
TURN, BATCH = 0.1, 0.02
#: A note of improv's is over after so many seconds, whatever happened.
LONGEST = 60.0


class Moody(TableModel):
    """A table that fails now and then, and that keeps nothing of what it was fed."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rest_after=9)
        self._rng = rng

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        self.fed.clear()
        if self._rng.random() < 0.001:
            raise RuntimeError("it is tired")
        return super().step(rows, dials, state, how)


def is_flat(blocks: Sequence[int]) -> bool:
    """Whether the second half of what was counted is, as a rule, no more than a twentieth beyond the first: in the
    middle of a flood more is needed for a moment."""
    half = len(blocks) // 2
    return median(blocks[half:]) <= 1.05 * max(blocks[:half])


class FarSide:
    """What sounds on the synth: by (channel, pitch), since when."""

    def __init__(self) -> None:
        self.sounding: dict[tuple[int, int], float] = {}
        self.begun = 0

    def receive(self, data: bytes, now: float) -> None:
        kind, key = data[0] & 0xF0, (data[0] & 0x0F, data[1])
        if kind == NOTE_ON and data[2]:
            self.sounding[key] = now
            self.begun += 1
        elif kind in (NOTE_ON, NOTE_OFF):
            self.sounding.pop(key, None)
        elif kind == CONTROL and data[1] == ALL_NOTES_OFF:
            self.sounding = {one: at for one, at in self.sounding.items() if one[0] != key[0]}


@dataclass
class Counts:
    """What happened so far."""

    heard: int = 0
    floods: int = 0
    deaths: int = 0
    unplugged: int = 0
    switches: int = 0


class Day:
    """Runs from second 0; `play(until)` goes on. AssertionError where something that must hold does not.

    A tenth of the scenes is silence, of `pause` seconds at most; `memory` is the setting of that name.
    """

    def __init__(self, seed: int = 0, pause: float = 6000.0, memory: str = "session") -> None:
        self.now, self.counts, self.far = 0.0, Counts(), FarSide()
        self._rng, self._pause = random.Random(seed), pause
        model = Fallback([("a table", Moody(random.Random(seed + 1)))] * 10_000, now=lambda: 0.0)
        self.core = Improviser(model, Settings(memory=memory), np.random.default_rng(seed))
        self._model = model
        self._copy, self._held, self._parser = Copy(thru=0), Held(), Parser()
        self._script = self._events()
        self._next = next(self._script)
        self._start_port_process()

    def _start_port_process(self) -> None:
        self._scheduler = Scheduler(longest=LONGEST)
        self._repeats = Repeats(self._scheduler.ledger)

    def play(self, until: float) -> None:
        """Let the day go on until this second."""
        while self.now < until:
            self._step(until)
            self._check()

    def _step(self, until: float) -> None:
        wake = self.core.wake_at()
        moments = [self.now + TURN, self._next[0], until, *([] if wake is None else [max(wake, self.now)])]
        self.now = max(self.now, min(moments))
        self._ports()
        events: list[Heard] = []
        # What comes faster than that waits, as it does where the engine is busy.
        while self._next[0] <= self.now + (BATCH if events else 0.0):
            events += self._hear(self._next[1])
            self._next = next(self._script)
        self.counts.heard += sum(isinstance(event, NoteOn) for event in events)
        for event in thinned(events)[0]:
            self.core.hear(event)
        for command in self.core.turn(self.now):
            self._ask(command)
        self._model.news()
        self._ports()

    def _ask(self, command: Command) -> None:
        self._copy.obey(command, self.now)
        self._scheduler.apply(command, self.now)

    def _ports(self) -> None:
        """What the port process does by now, in time."""
        while (deadline := self._scheduler.next_deadline()) is not None and deadline <= self.now:
            for message in self._scheduler.due(deadline):
                self.far.receive(message.data, deadline)
                if message.note is not None and not message.begins:
                    self._repeats.ended((message.note.channel, message.note.pitch), deadline)
        for data in self._repeats.due(self.now):
            self.far.receive(data, self.now)
        self._scheduler.take_dropped()
        self._copy.go_on(self.now)

    def _hear(self, what: object) -> list[Heard]:
        """What the script says: an event, or a fault by name."""
        if what == "the port process dies":
            self.counts.deaths += 1
            doubtful = self._copy.doubtful(self.now)
            assert set(self.far.sounding) <= set(doubtful.keys), "the copy knows of all that sounds"
            self._start_port_process()
            for data in [*(note_off(*key) for key in doubtful.keys), *let_go(doubtful.channels)]:
                self.far.receive(data, self.now)
            for command in self._copy.start_over(self.now):
                self._scheduler.apply(command, self.now)
            return []
        if what == "the keyboard is unplugged":
            self.counts.unplugged += 1
            return [event for data in self._held.let_go() for event in self._parser.feed(data, self.now)]
        if what == "the ports change":
            self._repeats.changed(self.now)
            return []
        assert isinstance(what, Heard)
        self._held.hear(b"", [what], self.now)
        self.counts.switches += isinstance(what, Turned)
        return [what]

    def _check(self) -> None:
        """What must hold at every step."""
        ledger = self._scheduler.ledger.sounding()
        assert set(self.far.sounding) == set(ledger), "what sounds is in the ledger, and nothing else"
        assert all(count == 1 for count in ledger.values()), "no key is struck twice"
        assert all(self.now - at <= LONGEST + 1e-6 for at in self.far.sounding.values()), "every note ends"
        assert len(self._copy._ended) <= 4096 and DOUBTFUL < LONGEST

    def silence(self) -> None:
        """The day is over: the player has gone, and within a minute all is quiet."""
        self._script = iter(lambda: (float("inf"), "nothing"), None)
        self._next = (float("inf"), "nothing")
        for _ in range(3):
            for event in (event for data in self._held.let_go() for event in self._parser.feed(data, self.now)):
                self.core.hear(event)
        self.core.hear(Turned(self.now, "mode", "answer"))
        self.play(self.now + 2 * LONGEST)
        assert not self.far.sounding

    def _events(self) -> Iterator[tuple[float, object]]:
        """The script of the day, in order: scenes of a minute or so, one after the other."""
        at = 1.0
        scenes = [self._phrases, self._phrases, self._phrases, self._noodling, self._nothing, self._with_clock]
        scenes += [self._stuck, self._flood, self._faults]
        while True:
            scene = self._rng.choice(scenes)
            for moment, what in scene(at):
                yield moment, what
                at = max(at, moment)
            at += self._rng.uniform(0.5, 5.0)
            if self._rng.random() < 0.3:
                yield at, Turned(at, "mode", self._rng.choice([*MODES]))

    def _phrase(self, at: float, notes: int, step: float) -> Iterator[tuple[float, object]]:
        pitch = self._rng.randint(45, 75)
        for _ in range(notes):
            yield at, NoteOn(at, 0, pitch, self._rng.randint(30, 110))
            at += step * self._rng.uniform(0.8, 1.2)
            yield at, NoteOff(at, 0, pitch)
            pitch = min(max(pitch + self._rng.randint(-4, 4), 30), 90)

    def _phrases(self, at: float) -> Iterator[tuple[float, object]]:
        for _ in range(self._rng.randint(3, 10)):
            for moment, what in self._phrase(at, self._rng.randint(3, 24), self._rng.choice((0.125, 0.25, 0.5))):
                yield moment, what
                at = moment
            at += self._rng.uniform(1.0, 8.0)

    def _noodling(self, at: float) -> Iterator[tuple[float, object]]:
        yield at, ControlChange(at, 0, 64, 127)
        for moment, what in self._phrase(at, 200, 0.15):
            yield moment, what
            at = moment
        yield at, ControlChange(at, 0, 64, 0)

    def _nothing(self, at: float) -> Iterator[tuple[float, object]]:
        end = at + self._rng.uniform(0.3, 1.0) * self._pause
        yield end, ControlChange(end, 0, 1, 0)

    def _with_clock(self, at: float) -> Iterator[tuple[float, object]]:
        bpm = self._rng.choice((10.0, 60.0, 120.0, 240.0, 1000.0))
        tick = 60.0 / bpm / 24
        yield at, Turned(at, "sync", "clock")
        yield at, Start(at)
        for number in range(min(int(30.0 / tick), 2000)):
            yield at + number * tick, Tick(at + number * tick)
            if number % 24 == 0 and number % 384 < 96:
                yield at + number * tick, NoteOn(at + number * tick, 0, 60 + number // 24 % 12, 64)
                yield at + number * tick, NoteOff(at + number * tick, 0, 60 + number // 24 % 12)
        end = at + 31.0
        yield end, Stop(end)
        yield end, Turned(end, "sync", "free")

    def _stuck(self, at: float) -> Iterator[tuple[float, object]]:
        """All keys are held, struck again while they are, and let go twice; some never."""
        for pitch in range(128):
            yield at, NoteOn(at, 0, pitch, 64)
        for pitch in range(128):
            yield at + 0.5, NoteOn(at + 0.5, 0, pitch, 64)
        for pitch in range(0, 256):
            yield at + 5.0, NoteOff(at + 5.0, pitch % 16 // 15, pitch % 120)

    def _flood(self, at: float) -> Iterator[tuple[float, object]]:
        """Five thousand messages a second, for a few seconds."""
        self.counts.floods += 1
        for _ in range(10_000):
            at += 0.0002
            kind = self._rng.choice((NoteOn, NoteOff))
            more = (self._rng.randint(1, 127),) if kind is NoteOn else ()
            yield at, kind(at, self._rng.randint(0, 15), self._rng.randint(0, 127), *more)

    def _faults(self, at: float) -> Iterator[tuple[float, object]]:
        for _ in range(5):
            for moment, what in self._phrase(at, 8, 0.2):
                yield moment, what
                at = moment
            at += self._rng.uniform(0.0, 3.0)
            yield at, self._rng.choice(("the port process dies", "the keyboard is unplugged", "the ports change"))
