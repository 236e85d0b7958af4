"""Some minutes of the simulated day (tests/day.py); `python -m tests.bench.day` runs all of it."""

from __future__ import annotations

import gc
import sys

from tests.day import Day, is_flat


def test_some_minutes_on_stage() -> None:
    day = Day(seed=2, pause=30.0)
    day.play(240.0)
    counts = day.counts
    assert min(counts.heard, counts.floods, counts.deaths, counts.unplugged, counts.switches, day.far.begun) > 0, counts
    day.silence()


def test_memory_is_flat_from_scene_to_scene() -> None:
    """Beside the session memory, which grows with what is heard until it is full (tests/test_long_session.py)."""
    day, blocks = Day(seed=2, pause=30.0, memory="off"), []
    for minute in range(1, 9):
        day.play(60.0 * minute)
        gc.collect()
        blocks.append(sys.getallocatedblocks())
    assert is_flat(blocks), blocks
