"""A session of many hours: what a note leaves behind does not grow with how many there were."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
from pathlib import Path

import numpy as np

from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.settings import Settings
from improv.timing import Window
from tests.errands import Errand
from tests.table_model import TableModel

TOP = Path(__file__).parents[1]
NOTES, LOOKS = 100_000, 20


def grow() -> list[int]:
    """Blocks that Python has allocated, at each look."""
    rng = random.Random(0)
    model = TableModel()
    improviser = Improviser(model, Settings(), np.random.default_rng(0))
    window, blocks, moment = Window(), [], 0.0
    for _ in range(LOOKS):
        for _ in range(NOTES // LOOKS):
            moment += rng.choice((0.1, 0.15, 0.2))
            pitch = rng.randrange(40, 90)
            improviser.hear(NoteOn(moment, 0, pitch, rng.randrange(40, 100)))
            improviser.hear(NoteOff(moment + 0.09, 0, pitch))
            improviser.turn(moment + 0.09)
            window.add(rng.random())
        model.fed.clear()
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    assert improviser.status().heard == NOTES
    return blocks


PROGRAM = "from tests.test_long_session import grow; print(*grow())"
GROWTH = Errand(lambda: subprocess.run([sys.executable, "-c", PROGRAM], cwd=TOP, capture_output=True, text=True))


def test_nothing_grows_over_a_hundred_thousand_notes() -> None:
    """Blocks, in a process of its own: no more at any time in the second half than in the first.

    The memory keeps its contexts in two generations, so they rise and fall. `python -m tests.bench.memory` shows that
    the time a note takes is flat as well.
    """
    done = GROWTH.result()
    assert done.returncode == 0, done.stderr
    blocks = [int(count) for count in done.stdout.split()]
    assert len(blocks) == LOOKS
    first, second = max(blocks[: LOOKS // 2]), max(blocks[LOOKS // 2 :])
    assert second < 1.1 * first, blocks
