"""The session memory: by hand in the small, by properties in the large, and on what players do."""

import copy
from math import exp, log, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.contexts import CONTEXTS, Trail
from improv.expectation import EVEN
from improv.firstweights import FIRST_WEIGHTS
from improv.followers import DEGREES, HALVE_AT, TOTAL, Followers, certainty
from improv.memory import Memory
from improv.mixing import EXCHANGE, FIRST_ALONE, RATE, Mixture

NOTES = st.lists(st.tuples(st.integers(0, 127), st.booleans(), st.floats(-20, 0)), max_size=60)
#: What a note costs a network that knows nothing.
BLIND = -log(128)


def memory_of(*pitches: int) -> Memory:
    memory = Memory()
    for pitch in pitches:
        memory.learn(pitch, True)
    return memory


def bits(memory: Memory, *pitches: int, network: float = BLIND) -> float:
    """Bits a note of single notes."""
    return -sum(log2(memory.learn(pitch, True, network)) for pitch in pitches) / len(pitches)


def keys(*chords: tuple[int, ...]) -> dict[str, object]:
    trail = Trail()
    for chord in chords:
        for index, pitch in enumerate(chord):
            trail.push(pitch, index == 0)
    return dict(zip(CONTEXTS, trail.keys(), strict=True))


def same(one: dict[str, object], other: dict[str, object]) -> set[str]:
    return {name for name in CONTEXTS if one[name] == other[name]}


def test_every_context_at_every_certainty_has_a_first_weight():
    assert len(FIRST_WEIGHTS) == len(CONTEXTS) * DEGREES
    assert min(FIRST_WEIGHTS) > 0


def test_contexts_reach_as_far_back_as_they_say():
    phrase = [(60,), (64,), (62,), (65,), (60,), (67,), (72,)]
    for order in (1, 2, 3, 4, 6):
        for kind, back in (("pitch", order), ("interval", order + 1)):
            if f"{kind} {order}" in CONTEXTS:
                assert f"{kind} {order}" in same(keys(*phrase), keys((30,), *phrase[-back:]))
                assert f"{kind} {order}" not in same(keys(*phrase), keys((30,), (99,), *phrase[-back:][1:]))


def test_a_transposed_phrase_shares_what_is_relative_and_nothing_else():
    phrase = [(60,), (64,), (62,), (65,), (60,), (67,), (72,)]
    higher = [(pitch + 3,) for (pitch,) in phrase]
    relative = {name for name in CONTEXTS if name.startswith(("interval", "shape"))}
    assert same(keys(*phrase), keys(*higher)) == relative | {"pitch 0"}


def test_some_contexts_bear_with_chords_in_disorder_and_changed_inner_notes():
    assert "any order 4" in same(keys((60,), (62,), (64,), (65,)), keys((64,), (60,), (62,), (65,)))
    assert "outline" in same(keys((48, 60, 64, 67), (50, 65), (72,)), keys((48, 55, 67), (50, 59, 65), (72,)))
    assert "bass" in same(keys((48, 60, 64, 67), (72,)), keys((48, 65), (72,)))


def test_a_copied_trail_goes_its_own_way():
    trail = Trail()
    for pitch in (60, 62, 64):
        trail.push(pitch, True)
    before = trail.keys()
    trail.copy().push(65, True)
    assert trail.copy().keys() == before == trail.keys()


def learnt(*symbols: int) -> Followers:
    followers = Followers()
    for symbol in symbols:
        followers.add(7, symbol, followers.find(7))
    return followers


def test_followers_count_and_tell_how_sure_they_are():
    assert Followers().find(7) is None
    assert [certainty(learnt(*[3] * times).find(7)) for times in (1, 2, 3, 4, 5, 100)] == [0, 1, 2, 2, 3, 3]
    assert learnt(3, 3, 5).find(7) == {3: 2, 5: 1, TOTAL: 3}
    assert [certainty(learnt(*what).find(7)) for what in ((3, 5), (3, 5, 3), range(9), [3, 5] * 6)] == [4, 4, 5, 8]


def test_what_is_old_weighs_less_and_is_forgotten():
    counts = learnt(5, *[3] * 200).find(7)
    assert 5 not in counts
    assert counts[3] == counts[TOTAL] <= HALVE_AT


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 127))))
def test_followers_are_bounded_and_keep_the_latest(stream):
    followers = Followers(capacity=4)
    for key, symbol in stream:
        followers.add(key, symbol, followers.find(key))
        assert len(followers) <= 2 * 4 + 1
    for key in list(dict.fromkeys(key for key, _ in reversed(stream)))[:4]:
        assert followers.find(key) is not None


def test_mixing_by_hand():
    mixture = Mixture([1.0])
    assert mixture.share(1.0) == (1 - FIRST_ALONE) / 2
    inner = (0.25 + 0.5) / 2
    mixed = FIRST_ALONE * 0.25 + (1 - FIRST_ALONE) * inner
    assert mixture.learn([0], [0.5], 0.25) == pytest.approx(mixed)
    assert mixture.weights([0]) == pytest.approx([exp(RATE * (0.25 / inner - 0.5))])
    alone = FIRST_ALONE * 0.25 / mixed
    alone += EXCHANGE * (1 - 2 * alone)
    weight = mixture.weights([0])[0]
    assert mixture.share(weight) == pytest.approx((1 - alone) * weight / (1 + weight))


@settings(deadline=None)
@given(NOTES)
def test_memory_never_costs_more_than_its_bound(notes):
    memory = Memory()
    lost = sum(network / log(2) - log2(memory.learn(pitch, begins, network)) for pitch, begins, network in notes)
    assert lost <= -log2(FIRST_ALONE) - len(notes) * log2(1 - EXCHANGE) + 1e-6


def test_random_notes_cost_next_to_nothing():
    for size in (5, 12, 40, 128):
        rng = np.random.default_rng(size)
        pitches = rng.integers(0, size, 500).tolist()
        assert bits(Memory(), *pitches, network=-log(size)) < log2(size) + 0.02


def test_two_notes_by_hand():
    memory = Memory(mixture=Mixture([1.0] * len(FIRST_WEIGHTS)))
    memory.learn(60, True)
    memory.learn(62, True)
    prior, weight = memory.prior(memory.predict())  # only "pitch 0" has been here before
    assert weight == (1 - FIRST_ALONE) / 2
    assert prior[[60, 62]] == pytest.approx((1 - EVEN) / 2 + EVEN / 128)
    assert np.delete(prior, [60, 62]) == pytest.approx(EVEN / 128)


def test_an_empty_memory_says_nothing():
    prior, weight = Memory().prior(Memory().predict())
    assert weight == 0
    assert prior == pytest.approx(1 / 128)


@settings(deadline=None)
@given(NOTES)
def test_a_prior_is_a_distribution_and_what_the_mixture_goes_by(notes):
    memory = Memory()
    for pitch, begins, network in notes:
        memory.learn(pitch, begins, network)
    prior, weight = memory.prior(memory.predict())
    assert prior.shape == (128,) and prior.min() > 0 and prior.sum() == pytest.approx(1, abs=1e-4)
    assert 0 <= weight < 1
    for pitch in (0, 60, memory.trail.last, 127):
        mixed = (1 - weight) * 0.25 + weight * prior[pitch]
        assert copy.deepcopy(memory).learn(pitch, True, log(0.25)) == pytest.approx(mixed, rel=1e-4)


def test_a_riff_is_known_when_it_comes_again():
    riff = (60, 63, 65, 66, 65, 63, 70, 67)
    memory = Memory()
    assert bits(memory, *riff) > 6
    assert bits(memory, *riff) < 3.5
    assert bits(memory, *riff) < 1.5


def test_a_motif_is_known_in_another_key():
    motif = (60, 64, 62, 67, 65, 69)
    memory = memory_of(*motif, *motif, *(pitch + 5 for pitch in motif[:-1]))
    prior, weight = memory.prior(memory.predict())
    assert prior.argmax() == motif[-1] + 5
    assert weight * prior.max() > 0.4


def test_a_sequence_that_climbs_is_cheap_though_no_note_returns():
    memory = Memory()
    for start in range(36, 60, 2):
        cost = bits(memory, *(start + step for step in (0, 4, 7, 12, 9)))
    assert cost < 1


def test_improvs_own_notes_are_context_and_not_learned():
    memory = memory_of(60, 62, 64)
    size = len(memory)
    for pitch in (70, 71, 72):
        memory.follow(pitch, True)
    assert len(memory) == size and memory.learned == 3
    prior, _ = memory.prior(memory.predict())
    assert prior[[70, 71, 72]].max() < 0.01
    assert memory.trail.last == 72


@settings(deadline=None)
@given(NOTES.filter(lambda notes: len(notes) <= 32))
def test_what_is_settled_later_moves_the_weights_as_if_known_at_once(notes):
    at_once, later = Memory(), Memory()
    for pitch, begins, network in notes:
        at_once.learn(pitch, begins, network)
        later.learn(pitch, begins)
    for _ in range(2):  # the second time nothing is left to settle
        later.settle([pitch for pitch, _, _ in notes], [network for _, _, network in notes])
        one, other = (memory.prior(memory.predict()) for memory in (at_once, later))
        assert one[1] == pytest.approx(other[1])
        assert one[0] == pytest.approx(other[0])


def test_settling_stops_where_the_notes_differ():
    def weight_after(*pitches: int) -> float:
        memory = memory_of(60, 62, 60, 62, 60, 62)
        memory.settle(pitches, [log(0.001)] * len(pitches))
        return memory.prior(memory.predict())[1]

    assert weight_after(60, 62, 60, 61) == weight_after()
    assert weight_after(50, 62) == weight_after(62) != weight_after()


def test_memory_is_bounded():
    rng = np.random.default_rng(0)
    memory = Memory(capacity=16)
    for pitch in rng.integers(0, 128, 2000).tolist():
        memory.learn(pitch, True)
    assert len(memory) <= len(CONTEXTS) * (2 * 16 + 1)
