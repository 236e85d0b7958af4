"""The player's beat leans on what improv plays with them, and on nothing where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from improv.beatfinder import BeatFinder
from improv.encoding import Encoding
from improv.swaying import Sway

ENCODING = Encoding()


def beats(count: int = 24, beat: float = 0.5) -> BeatFinder:
    finder = BeatFinder()
    for index in range(count):
        finder.hear(10 + index * beat)
    return finder


LAST = 10 + 23 * 0.5


def test_a_wait_that_ends_on_the_beat_is_likelier_than_one_that_misses_it() -> None:
    bias = Sway(beats(), LAST, ENCODING).bias()
    on, off = (float(bias[ENCODING.ioi_bin(wait)]) for wait in (0.5, 0.4))
    assert on > 1.0 and off < -1.0
    assert bias[0] == 0.0, "who strikes with the last note is where it is"


def test_it_is_the_moment_that_counts_and_not_the_wait() -> None:
    bias = Sway(beats(), LAST + 0.25, ENCODING).bias()
    assert bias[ENCODING.ioi_bin(0.25)] > bias[ENCODING.ioi_bin(0.5)]


def test_an_onset_lies_where_in_its_bin_the_beat_is() -> None:
    ioi = ENCODING.ioi_bin(0.5)
    low, high = ENCODING.ioi_edges[ioi], ENCODING.ioi_edges[ioi + 1]
    assert high - low > 0.03, "by the bin alone it would be off by this much"
    for head in (LAST, LAST - 0.01, LAST + 0.01):
        moment = Sway(beats(), head, ENCODING).onset(ioi)
        assert low <= moment - head < high
        assert moment == pytest.approx(LAST + 0.5, abs=0.012)
    assert Sway(beats(), LAST, ENCODING).onset(0) == LAST


def test_where_no_beat_is_known_nothing_is_changed_but_where_in_its_bin_an_onset_is() -> None:
    assert not Sway(BeatFinder(), 3.0, ENCODING).bias().any()
    ioi = ENCODING.ioi_bin(0.5)
    assert Sway(BeatFinder(), 3.0, ENCODING).onset(ioi) == pytest.approx(3.0 + ENCODING.ioi(ioi), abs=0.004)
    flat = Sway(beats(count=1), 10.0, ENCODING).bias()
    assert not Sway(None, 3.0, ENCODING).bias().any(), "a clock keeps time otherwise"
    assert Sway(None, 3.0, ENCODING).onset(ioi) == 3.0 + ENCODING.ioi(ioi)
    assert np.ptp(flat[1:]) < np.ptp(Sway(beats(), LAST, ENCODING).bias()[1:]) / 2
