import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from improv.loudness import answered, loudness, within
from improv.notes import Note
from improv.tally import Look, Tally

MODEL = (64.0, 20.0)


def look(velocities: list[int]) -> Look | None:
    notes = [Note(0.25 * index, 60, velocity, 0.2) for index, velocity in enumerate(velocities)]
    return Tally(512, notes).last(512)


def played(heard: list[int], drawn: list[int]) -> list[int]:
    """What the model drew, as it is played."""
    found = answered(look(heard), look(drawn), MODEL)
    return [found.to_player(velocity) for velocity in drawn]


def test_a_drawn_velocity_lies_in_the_player_s_mean_and_spread():
    player = np.random.default_rng(0).normal(40, 8, 400).astype(int).tolist()
    drawn = np.random.default_rng(1).normal(*MODEL, 400).astype(int).clip(1, 127).tolist()
    as_played = played(player, drawn)
    assert abs(np.mean(as_played) - np.mean(player)) < 1
    assert abs(np.std(as_played) - np.std(player)) < 1


def test_an_answer_to_soft_and_to_loud_passages_lets_no_single_note_stand_out():
    """Half of it is soft and half loud, and note beside note differs by little: so the answer."""
    heard = [velocity + index % 3 for velocity in (30, 90) for index in range(60)]
    as_played = played(heard, np.random.default_rng(1).normal(64, 10, 400).astype(int).tolist())
    assert 55 < np.mean(as_played) < 67
    assert 8 < np.std(as_played) < 0.6 * np.std(heard)


def test_in_one_passage_velocities_spread_less_than_over_a_training():
    mean, spread = within(MODEL)
    assert mean == MODEL[0] and 0 < spread < 0.7 * MODEL[1]


def test_the_model_hears_the_player_at_its_own_mean():
    found = loudness(look([20] * 10 + [40] * 10), MODEL)
    assert (found.to_model(20), found.to_model(30), found.to_model(40)) == (44, 64, 84)


def test_a_keyboard_without_touch_is_answered_at_its_one_velocity():
    found = loudness(look([100] * 32), MODEL)
    assert found.to_model(100) == 64
    assert {*played([100] * 32, [10, 64, 120])} <= {99, 100, 101}


def test_three_notes_do_not_tell_the_spread_yet():
    found = loudness(look([100, 100, 100]), MODEL)
    assert found.player[0] == 100
    assert found.player[1] > MODEL[1] / 2


def test_before_any_note_nothing_is_moved():
    assert loudness(look([]), MODEL).to_player(77) == 77


def test_before_it_draws_the_model_is_taken_to_draw_as_ever():
    found = answered(look([30, 40, 50] * 8), None, MODEL)
    assert found.model == MODEL and found.to_player(64) == 40


def test_a_model_that_drifts_is_followed():
    assert 38 < np.mean(played([30, 40, 50] * 8, [110, 114] * 100)[-50:]) < 43


@given(st.lists(st.integers(1, 127), max_size=40), st.integers(1, 127))
def test_never_outside_midi(player, velocity):
    assert 1 <= loudness(look(player), MODEL).to_model(velocity) <= 127
    assert 1 <= answered(look(player), look([velocity]), MODEL).to_player(velocity) <= 127
