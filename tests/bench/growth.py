"""What a note costs as a session grows: `python -m tests.bench.growth [--notes N] [--mode MODE]`; 100,000 in minutes.

The whole core hears note after note, with its session memory, learning as it does live; a small table stands in for the
network, whose cost is the same for every note. After 1,000, 3,000, 10,000 notes and so on, medians over the last LAST
of them in microseconds of a processor: hearing a note, the turn after it, learning it in spare time, and then, as the
player makes a pause, what is decided around each note that improv writes; and the private memory of this process. All
are to stay flat, beside a yardstick: the same bit of work each time, between the notes, by which it shows how much the
machine had to do besides.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from improv.encoding import Rows
from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.modes import MODES
from improv.settings import Settings
from improv.step import Controls, Floats, Step
from tests.table_model import TableModel

#: Notes that each line is about, and seconds of the pause after them.
LAST, PAUSE = 500, 4.0


class Forgetful(TableModel):
    """A table that keeps nothing of what it was fed but how many times it was."""

    steps = 0

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        self.steps += 1
        self.fed.clear()
        return super().step(rows, dials, state, how)


class Session:
    """A player who never plays the same twice, and how long what comes of it takes."""

    def __init__(self, mode: str) -> None:
        self._model, self._rng, self._moment = Forgetful(), random.Random(0), 0.0
        self._core = Improviser(self._model, Settings(mode=mode), np.random.default_rng(0))

    def note(self) -> list[float]:
        """Play one; microseconds for hearing it, for the turn after it, for learning it, and for the yardstick."""
        self._moment += self._rng.choice((0.1, 0.15, 0.2))
        pitch = self._rng.randrange(40, 90)
        moments = [time.process_time()]
        self._core.hear(NoteOn(self._moment, 0, pitch, self._rng.randrange(40, 100)))
        moments.append(time.process_time())
        self._core.turn(self._moment)
        moments.append(time.process_time())
        self._core.hear(NoteOff(self._moment + 0.09, 0, pitch))
        while self._core.wake_at() == float("-inf"):
            self._core.turn(self._moment + 0.09)
        moments.append(time.process_time())
        yardstick()
        moments.append(time.process_time())
        return [1e6 * one for one in np.diff(moments)]

    def pause(self) -> float:
        """Let improv do what it does in a pause; microseconds for each step it asks for."""
        began, steps, end = time.process_time(), self._model.steps, self._moment + PAUSE
        while (at := self._core.wake_at()) is not None and at < end:
            self._moment = max(at, self._moment + 1e-3)
            self._core.turn(self._moment)
        self._moment = end
        return 1e6 * (time.process_time() - began) / max(1, self._model.steps - steps)


def yardstick() -> None:
    """Some Python and some numpy."""
    for _ in range(20):
        table = {number: (number, number + 1) for number in range(20)}
        np.exp(np.arange(128.0)) @ np.arange(128.0)
        table.clear()


def marks(notes: int) -> Iterator[int]:
    """1,000, 3,000, 10,000 and so on, up to so many."""
    mark = 1000
    while mark < notes:
        yield mark
        mark = mark * 3 if str(mark).startswith("1") else mark // 3 * 10
    yield notes


def grow(notes: int, mode: str) -> None:
    """Print a line at each mark."""
    session, played = Session(mode), 0
    print(f"{'notes heard':>12} {'hear':>8} {'turn':>8} {'learn':>8} {'yardstick':>9} {'write':>8}   private memory")
    for mark in marks(notes):
        spent = deque((session.note() for _ in range(mark - played)), LAST)
        played = mark
        told = " ".join(f"{one:8.1f}" for one in (*np.median(spent, axis=0), session.pause()))
        print(f"{mark:12,} {told}   {_private_megabytes():.0f} MB", flush=True)


def _private_megabytes() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")) / 1024


def main() -> None:
    """A session, in one go."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=100_000)
    parser.add_argument("--mode", choices=[*MODES], default="answer")
    said = parser.parse_args()
    grow(said.notes, said.mode)


if __name__ == "__main__":
    main()
