"""The memory of rhythm: by hand in the small, bounded in the large."""

from math import exp, log, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.followers import DEGREES
from improv.mixing import EXCHANGE, FIRST_ALONE, Mixture
from improv.rhythm import FIRST_WEIGHTS, RHYTHMS, Rhythm

BLIND = -log(64)


def bits(rhythm: Rhythm, notes: list[tuple[int, int]], network: float = BLIND) -> float:
    return -sum(log2(rhythm.learn(pitch, ioi, network)) for pitch, ioi in notes) / len(notes)


def test_every_context_at_every_certainty_has_a_first_weight():
    assert len(FIRST_WEIGHTS) == len(RHYTHMS) * DEGREES


def test_two_notes_by_hand():
    """The second note is predicted by "ioi 0" alone, which is sure of bin 5."""
    rhythm = Rhythm(mixture=Mixture([1.0] * len(FIRST_WEIGHTS)))
    assert rhythm.learn(64, 5, log(0.25)) == pytest.approx(0.25)
    expected = FIRST_ALONE * 0.25 + (1 - FIRST_ALONE) * (0.25 + 1) / 2
    assert rhythm.learn(62, 5, log(0.25)) == pytest.approx(expected)


def test_a_rhythm_is_known_when_it_comes_again_with_other_notes_and_in_another_key():
    pattern = [(0, 20), (4, 30), (7, 20), (12, 40), (9, 0), (5, 30)]
    same = [(60 + pitch, ioi) for pitch, ioi in pattern]
    higher = [(63 + pitch, ioi) for pitch, ioi in pattern]
    other = [(48 + 5 * index % 17, ioi) for index, (_, ioi) in enumerate(pattern)]
    for variant in (same, higher, other):
        rhythm = Rhythm()
        assert bits(rhythm, same) > 4
        bits(rhythm, same)
        assert bits(rhythm, variant) < 3


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 127), st.integers(0, 90), st.floats(-20, 0)), max_size=60))
def test_it_never_costs_more_than_its_bound(notes):
    rhythm = Rhythm()
    chances = [rhythm.learn(*note) for note in notes]
    assert all(0 < chance <= 1 + 1e-9 for chance in chances)
    lost = sum(log2(exp(network)) - log2(chance) for (_, _, network), chance in zip(notes, chances, strict=True))
    assert lost <= -log2(FIRST_ALONE) - len(notes) * log2(1 - EXCHANGE) + 1e-6


def test_what_it_gives_all_waits_together_is_one():
    notes = [(60 + index % 5, 20 + index % 3) for index in range(40)]
    total = 0.0
    for ioi in range(64):
        rhythm = Rhythm()
        bits(rhythm, notes)
        total += rhythm.learn(60, ioi, BLIND)
    assert total == pytest.approx(1)


def test_it_is_bounded():
    rng = np.random.default_rng(0)
    rhythm = Rhythm(capacity=16)
    bits(rhythm, rng.integers(0, 90, (2000, 2)).tolist())
    assert len(rhythm) <= len(RHYTHMS) * (2 * 16 + 1)
