"""What a note costs as a session grows: `python -m tests.bench.growth [--notes N] [--mode MODE]`.

The whole core hears note after note, with its session memory, learning as it does live; a small table stands in for the
network, whose cost is the same for every note. Prints, for each tenth of the session, microseconds of a
processor for hearing a note, for the turn after it and for learning in spare time, and the private memory of this
process: all are to stay flat.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np

from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.modes import MODES
from improv.settings import Settings
from tests.table_model import TableModel


def grow(notes: int, mode: str) -> None:
    """Print a line for each tenth."""
    rng, moment = random.Random(0), 0.0
    core = Improviser(TableModel(), Settings(mode=mode), np.random.default_rng(0))
    print(f"{'notes heard':>12} {'hear':>8} {'turn':>8} {'learn':>8}   median;  private memory")
    for tenth in range(1, 11):
        spent = np.zeros((notes // 10, 3))
        for row in spent:
            moment += rng.choice((0.1, 0.15, 0.2))
            pitch = rng.randrange(40, 90)
            moments = [time.process_time()]
            core.hear(NoteOn(moment, 0, pitch, rng.randrange(40, 100)))
            moments.append(time.process_time())
            core.turn(moment)
            moments.append(time.process_time())
            core.hear(NoteOff(moment + 0.09, 0, pitch))
            while core.wake_at() == float("-inf"):
                core.turn(moment + 0.09)
            moments.append(time.process_time())
            row[:] = 1e6 * np.diff(moments)
        told = " ".join(f"{one:8.1f}" for one in np.median(spent, axis=0))
        print(f"{tenth * len(spent):12,} {told}   {_private_megabytes():.0f} MB", flush=True)


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
