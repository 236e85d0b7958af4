"""The beat of a player in free time: found where there is one, and not claimed where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from improv.beatfinder import SURE, BeatFinder


def after(onsets: list[float]) -> BeatFinder:
    finder = BeatFinder()
    for onset in onsets:
        finder.hear(onset)
    return finder


def rhythm(beat: float, bars: int = 6, jitter: float = 0.0, seed: int = 0) -> list[float]:
    """Quarters and eighths; chords on the first and third beats."""
    rng = np.random.default_rng(seed)
    places = [0, 0.002, 1, 1.5, 2, 2.002, 3, 3.5]
    at = [10 + beat * (4 * bar + place) for bar in range(bars) for place in places]
    return sorted(float(moment) for moment in np.array(at) + rng.normal(0.0, jitter, len(at)))


def off(moment: float, beat: float) -> float:
    """Seconds from the nearest beat."""
    return (moment - 10 + beat / 2) % beat - beat / 2


@pytest.mark.parametrize("beat", [0.4, 0.5, 0.61, 0.75])
@pytest.mark.parametrize("jitter", [0.0, 0.012])
def test_a_steady_player_has_a_beat(beat: float, jitter: float) -> None:
    finder = after(rhythm(beat, jitter=jitter))
    offer = finder.next_beat(10 + 24 * beat + 0.3)
    assert offer is not None
    moment, sure = offer
    assert sure > SURE
    assert abs(off(moment, beat)) < 0.05
    assert 0 <= moment - (10 + 24 * beat + 0.3) <= 1.0


def test_a_beat_that_slows_is_kept() -> None:
    onsets, at, beat = [], 10.0, 0.5
    for _ in range(40):
        onsets.append(at)
        at, beat = at + beat, beat * 1.01
    offer = after(onsets).next_beat(onsets[-1] + 0.1)
    assert offer is not None
    assert offer[1] > SURE
    assert min(abs(offer[0] - at), abs(offer[0] - (onsets[-1] + at) / 2)) < 0.06, "the next, or halfway to it"


def test_who_plays_without_a_beat_is_offered_none() -> None:
    sure = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        onsets = (10 + np.cumsum(rng.exponential(0.3, 40) + 0.05)).tolist()
        offer = after(onsets).next_beat(onsets[-1] + 0.4)
        assert offer is not None
        sure.append(offer[1])
    assert np.median(sure) < SURE


def test_nothing_is_known_of_nobody_and_less_as_silence_lasts() -> None:
    assert BeatFinder().next_beat(1.0) is None
    finder = after(rhythm(0.5))
    soon, late = (finder.next_beat(22.0 + wait) for wait in (0.4, 20.0))
    assert soon is not None and late is not None
    assert late[1] < SURE < soon[1]
    finder.forget()
    assert finder.next_beat(23.0) is None


def test_it_stays_sane_whatever_comes() -> None:
    rng = np.random.default_rng(0)
    finder, at = BeatFinder(), 0.0
    for wait in rng.choice([0.0, 1e-6, 0.02, 0.031, 0.2, 5.0, 4000.0], 500).tolist():
        at += wait
        finder.hear(at)
        offer = finder.next_beat(at)
        assert offer is not None
        assert np.isfinite(offer).all() and 0 <= offer[1] <= 1 + 1e-9


def test_onsets_are_likelier_on_the_beats_to_come_than_on_their_halves_and_least_between() -> None:
    finder = after(rhythm(0.5))
    last = rhythm(0.5)[-1]  # on a half
    beat, half, between = finder.odds(np.array([last + 0.25, last + 0.5, last + 0.35]))
    assert beat > half > 1.0 > 0.5 > between
    assert finder.odds(np.array([last + 2.25]))[0] > 1.5, "two bars on as well"


def test_without_a_beat_all_moments_are_alike() -> None:
    assert BeatFinder().odds(np.array([0.3, 7.0])).tolist() == [1.0, 1.0]
    odds = after([10.0]).odds(np.linspace(10.5, 14.5, 200))
    assert odds.mean() == pytest.approx(1.0, abs=0.1)
    assert odds.max() < 2.0, "one note tells of no beat"
