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


@pytest.mark.parametrize("beat", [0.34, 0.4, 0.45, 0.5, 0.6, 0.75])
@pytest.mark.parametrize("jitter", [0.0, 0.01, 0.02])
def test_even_quarters_are_a_beat_though_nobody_knows_whether_they_are_eighths(beat: float, jitter: float) -> None:
    """By a person, who is off by 10 to 20 ms."""
    offers = []
    for seed in range(8):
        late = np.random.default_rng(seed).normal(0.0, jitter, 16)
        onsets = (10 + beat * np.arange(16) + late).tolist()
        offers.append(after(onsets).next_beat(onsets[-1] + 0.4))
    assert all(offer is not None and abs(off(offer[0], beat)) < 0.06 for offer in offers)
    assert sum(offer is not None and offer[1] > SURE for offer in offers) >= 7


FREE = {
    "waits of any length": lambda rng: rng.uniform(0.2, 0.8, 40),
    "a pulse that breathes": lambda rng: 0.5 * np.exp(rng.normal(0.0, 0.15, 40)),
    "one that wanders": lambda rng: 0.5 * np.exp(np.cumsum(rng.normal(0.0, 0.08, 40))),
    "halves, quarters and wholes of it": lambda rng: rng.choice([0.25, 0.5, 1.0], 40) * np.exp(rng.normal(0, 0.15, 40)),
}


@pytest.mark.parametrize("free", FREE)
def test_rubato_is_seldom_taken_for_a_beat(free: str) -> None:
    sure = 0
    for seed in range(20):
        onsets = (10 + np.cumsum(FREE[free](np.random.default_rng(seed)))).tolist()
        offer = after(onsets).next_beat(onsets[-1] + 0.4)
        sure += offer is not None and offer[1] > SURE
    assert sure <= 3


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
