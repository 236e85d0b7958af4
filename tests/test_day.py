"""Some minutes of the simulated day (tests/day.py); `python -m tests.bench.day` runs all of it."""

from __future__ import annotations

from tests.day import Day


def test_some_minutes_on_stage() -> None:
    day = Day(seed=2, pause=30.0)
    day.play(240.0)
    counts = day.counts
    assert min(counts.heard, counts.floods, counts.deaths, counts.unplugged, counts.switches, day.far.begun) > 0, counts
    day.silence()
