"""The memory of rhythm: by hand in the small, bounded in the large."""

from math import exp, log, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.expectation import EVEN
from improv.followers import DEGREES
from improv.mixing import EXCHANGE, FIRST_ALONE, Mixture
from improv.rhythm import FIRST_WEIGHTS, RHYTHMS, Rhythm

BLIND = -log(128)


def bits(rhythm: Rhythm, notes: list[tuple[int, int]], network: float = BLIND) -> float:
    return -sum(log2(rhythm.learn(pitch, ioi, network)) for pitch, ioi in notes) / len(notes)


def test_every_context_at_every_certainty_has_a_first_weight():
    assert len(FIRST_WEIGHTS) == len(RHYTHMS) * DEGREES


def test_two_notes_by_hand():
    """The second note is predicted by "ioi 0" alone, which is sure of bin 5."""
    rhythm = Rhythm(mixture=Mixture([1.0] * len(FIRST_WEIGHTS)))
    assert rhythm.learn(64, 5, log(0.25)) == pytest.approx(0.25)
    expected = FIRST_ALONE * 0.25 + (1 - FIRST_ALONE) * (0.25 + 1) / 2
    assert rhythm.learn(62, 5, log(0.25)) == pytest.approx(expected, abs=EVEN)


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
    for ioi in range(128):
        rhythm = Rhythm()
        bits(rhythm, notes)
        total += rhythm.learn(60, ioi, BLIND)
    assert total == pytest.approx(1)


def test_it_is_bounded():
    rng = np.random.default_rng(0)
    rhythm = Rhythm(capacity=16)
    bits(rhythm, rng.integers(0, 90, (2000, 2)).tolist())
    assert len(rhythm) <= len(RHYTHMS) * (2 * 16 + 1)


def test_a_prior_is_a_distribution_over_the_bins_there_are():
    rhythm = Rhythm()
    assert rhythm.prior(rhythm.predict(), 77)[1] == 0.0
    bits(rhythm, [(60, 20), (62, 30)] * 20)
    prior, weight = rhythm.prior(rhythm.predict(), 77)
    assert prior.shape == (77,) and prior.min() > 0 and prior.sum() == pytest.approx(1, abs=1e-5)
    assert prior.argmax() == 20 and 0 < weight < 1


def test_steps_copied_go_their_own_way():
    rhythm = Rhythm()
    bits(rhythm, [(60, 20), (62, 30)] * 3)
    before, copy = rhythm.steps.keys(), rhythm.steps.copy()
    assert copy.keys() == before
    copy.push(60, 5)
    assert copy.keys() != before == rhythm.steps.keys()
