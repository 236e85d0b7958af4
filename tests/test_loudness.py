import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from improv.loudness import drawn_so_far, loudness
from improv.sums import sums

MODEL = (64.0, 20.0)


def test_a_drawn_velocity_lies_in_the_player_s_mean_and_spread():
    player = [30, 40, 50] * 8
    found = loudness(sums(player), MODEL)
    drawn = np.random.default_rng(1).normal(*MODEL, 4000)
    as_played = [found.to_player(int(velocity)) for velocity in drawn]
    assert abs(np.mean(as_played) - np.mean(player)) < 1
    assert abs(np.std(as_played) - np.std(player)) < 1


def test_the_model_hears_the_player_at_its_own_mean():
    found = loudness(sums([20] * 10 + [40] * 10), MODEL)
    assert (found.to_model(20), found.to_model(30), found.to_model(40)) == (44, 64, 84)


def test_a_keyboard_without_touch_is_answered_at_its_one_velocity():
    found = loudness(sums([100] * 32), MODEL)
    assert found.to_model(100) == 64
    assert {found.to_player(velocity) for velocity in (10, 64, 120)} == {100}


def test_three_notes_do_not_tell_the_spread_yet():
    found = loudness(sums([100, 100, 100]), MODEL)
    assert found.player[0] == 100
    assert found.player[1] > MODEL[1] / 2


def test_before_any_note_nothing_is_moved():
    assert loudness(sums([]), MODEL).to_player(77) == 77


def test_before_it_draws_the_model_is_taken_to_draw_as_in_training():
    assert drawn_so_far(sums([]), MODEL) == MODEL


def test_a_model_that_drifts_is_followed():
    mean, spread = drawn_so_far(sums([110, 114] * 100), MODEL)
    assert 109 < mean < 112
    assert spread < 5


@given(st.lists(st.integers(1, 127), max_size=40), st.integers(1, 127))
def test_never_outside_midi(player, velocity):
    found = loudness(sums(player), MODEL)
    assert 1 <= found.to_player(velocity) <= 127
    assert 1 <= found.to_model(velocity) <= 127
