"""The memory of touch: what it expects of players who always do the same, and that it bounds what it costs."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.followers import DEGREES
from improv.touch import DURATIONS, VELOCITIES, Strokes, Touch
from improv.touchweights import DURATION_WEIGHTS, VELOCITY_WEIGHTS

FLAT = (math.log(1 / 32), math.log(1 / 80))
QUARTER, EIGHTH = 30, 20  # bins of ioi


def bits(notes, network=FLAT):
    """Bits a note of velocity and of duration, in the second half."""
    touch, costs = Touch(), []
    for note in notes:
        costs.append([-math.log2(chance) for chance in touch.learn(note, network)])
    late = costs[len(costs) // 2 :]
    return [sum(column) / len(late) for column in zip(*late, strict=True)]


def test_there_is_a_weight_for_every_context_and_degree():
    assert len(VELOCITY_WEIGHTS) == 2 * DEGREES * len(VELOCITIES)  # to the letter, and about so
    assert len(DURATION_WEIGHTS) == 2 * DEGREES * len(DURATIONS)
    strokes = Strokes()
    assert len(strokes.velocity_keys(60, 0)) == len(VELOCITIES)
    assert len(strokes.duration_keys(60, 0)) == len(DURATIONS)


def test_who_always_plays_short_and_loud_is_expected_to():
    rng = random.Random(0)
    notes = [(rng.choice((QUARTER, EIGHTH)), rng.randrange(40, 90), 25, 7) for _ in range(200)]
    velocity, duration = bits(notes)
    assert velocity < 0.5 and duration < 0.5


def test_long_after_long_waits_and_short_after_short_ones():
    """What decides is known only of the note itself: its wait."""
    rng = random.Random(1)
    iois = [rng.choice((QUARTER, EIGHTH)) for _ in range(400)]
    notes = [(ioi, rng.randrange(40, 90), 16, 40 if ioi == QUARTER else 12) for ioi in iois]
    assert bits(notes)[1] < 0.6


def test_who_plays_about_the_same_is_expected_to():
    """Struck somewhere in a range of six, never twice the same in a row: to the letter that is hard to learn soon."""
    rng = random.Random(4)
    notes = [(QUARTER, rng.randrange(40, 90), 14 + (3 * i + rng.randrange(2)) % 6, 30 + 5 * i % 7) for i in range(60)]
    velocity, duration = bits(notes)
    assert velocity < 3.4 and duration < 3.8  # 5 and 6.3 bits to the network


def test_a_phrase_played_again_elsewhere_is_struck_as_before():
    rng = random.Random(2)
    phrase = [
        (rng.choice((QUARTER, EIGHTH)), rng.randrange(0, 12), rng.randrange(32), rng.randrange(80)) for _ in range(12)
    ]
    notes = []
    for _ in range(30):
        key = rng.randrange(40, 80)
        notes += [(ioi, key + pitch, velocity, duration) for ioi, pitch, velocity, duration in phrase]
    velocity, duration = bits(notes)
    assert velocity < 1.5 and duration < 1.5


@settings(deadline=None)
@given(st.randoms(use_true_random=False))
def test_who_does_as_he_likes_costs_hardly_more_than_the_network(rng):
    notes = [(rng.randrange(80), rng.randrange(128), rng.randrange(32), rng.randrange(80)) for _ in range(200)]
    touch, cost = Touch(), [0.0, 0.0]
    for note in notes:
        for index, chance in enumerate(touch.learn(note, FLAT)):
            cost[index] += FLAT[index] / math.log(2) - math.log2(chance)
    # Bayes' rule: log2 of what the network alone was given at first, and what flows back and forth.
    bound = -math.log2(0.25) + len(notes) * -math.log2(1 - 0.0005) + 1e-6
    assert max(cost) <= bound


def test_the_cost_and_the_room_do_not_grow_without_end():
    rng, touch = random.Random(3), Touch(capacity=50)
    for _ in range(3000):
        touch.learn((rng.randrange(80), rng.randrange(128), rng.randrange(32), rng.randrange(80)))
    assert len(touch) <= 2 * 51 * (len(VELOCITIES) + len(DURATIONS))


def test_what_is_written_ahead_leaves_the_memory_as_it_was():
    touch = Touch()
    for _ in range(8):
        touch.learn((QUARTER, 60, 16, 12))
    before = touch.strokes.duration_keys(60, QUARTER), len(touch)
    ahead = touch.strokes.copy()
    prior, weight = touch.duration_prior(touch.predict_duration(ahead, (QUARTER, 60, 0, 0)), 80)
    assert prior.sum() == pytest.approx(1, abs=1e-5) and prior.argmax() == 12 and weight > 0.2
    ahead.push((QUARTER, 61, 3, 5))
    assert ahead.duration_keys(60, QUARTER) != before[0]
    assert (touch.strokes.duration_keys(60, QUARTER), len(touch)) == before
