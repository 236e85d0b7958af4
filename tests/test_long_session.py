"""A session of many hours: what a note leaves behind does not grow with how many there were."""

from __future__ import annotations

import gc
import random
import sys

import numpy as np

from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.settings import Settings
from improv.timing import Window
from tests.table_model import TableModel

NOTES, LOOKS = 100_000, 20


def test_nothing_grows_over_a_hundred_thousand_notes() -> None:
    """Blocks that Python has allocated: no more at any time in the second half than in the first.

    The memory keeps its contexts in two generations, so they rise and fall. `python -m tests.bench.memory` shows that
    the time a note takes is flat as well.
    """
    rng = random.Random(0)
    improviser = Improviser(TableModel(), Settings(), np.random.default_rng(0))
    window, blocks, moment = Window(), [], 0.0
    for _ in range(LOOKS):
        for _ in range(NOTES // LOOKS):
            moment += rng.choice((0.1, 0.15, 0.2))
            pitch = rng.randrange(40, 90)
            improviser.hear(NoteOn(moment, 0, pitch, rng.randrange(40, 100)))
            improviser.hear(NoteOff(moment + 0.09, 0, pitch))
            improviser.turn(moment + 0.09)
            window.add(rng.random())
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    assert improviser.status().heard == NOTES
    first, second = max(blocks[: LOOKS // 2]), max(blocks[LOOKS // 2 :])
    assert second < 1.1 * first, blocks
