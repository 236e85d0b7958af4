"""Whose turn it is."""

import pytest

from improv.panel import Panel
from improv.settings import Settings
from improv.turntaking import TurnTaking


def heard(turns: TurnTaking, *onsets: float) -> list[bool]:
    return [turns.heard(onset) for onset in onsets]


def steady(interval: float, count: int = 60, **settings) -> TurnTaking:
    turns = TurnTaking(Panel(Settings(**settings)))
    heard(turns, *[index * interval for index in range(count)])
    return turns


def test_the_gap_follows_the_player_s_own_pace_between_its_bounds():
    assert steady(0.75).gap() == 0.75
    assert steady(1.5).gap() == 1.5
    assert steady(0.0625).gap() == 0.35
    assert steady(4.0).gap() == 2.5


def test_a_chord_is_one_onset():
    turns = TurnTaking(Panel(Settings()))
    heard(turns, *[beat + late for beat in range(40) for late in (0.0, 0.0078125, 0.015625)])
    assert turns.gap() == 1.0


def test_the_gap_is_a_high_quantile_and_not_the_longest():
    turns = TurnTaking(Panel(Settings(gap_quantile=0.9)))
    heard(turns, *[index / 2 for index in range(100)], 51.5, 53.5, 55.5)
    assert turns.gap() == 0.5


def test_an_answer_is_due_when_the_gap_has_passed_in_silence():
    turns = steady(0.5)
    assert turns.due(29.5) == 30.0
    assert turns.due(None) is None


def test_what_the_last_note_was_held_counts_as_waiting_but_for_the_least_gap():
    turns = steady(1.0)  # the last begins at 59 s
    assert turns.due(59.25) == 60.0
    assert turns.due(59.5) == 60.0
    assert turns.due(62.0) == 62.35


def test_the_pace_is_the_usual_interval():
    turns = steady(0.25)
    heard(turns, 20.0, 22.0)
    assert turns.pace() == 0.25


def test_too_few_notes_are_no_phrase():
    turns = TurnTaking(Panel(Settings()))
    heard(turns, 0.0, 1.0)
    assert turns.due(1.5) is None
    heard(turns, 2.0)
    assert turns.due(2.5) is not None


def test_after_an_answer_it_waits():
    turns = steady(0.5)
    turns.answered(30.25)
    assert turns.due(29.75) is None
    assert heard(turns, 40.0, 40.5) == [False, False]
    assert turns.due(41.0) is None, "a new phrase has begun, of two notes"
    assert turns.phrase_length() == 0.5


@pytest.mark.parametrize(("resumed", "false_turn"), [(30.125, True), (30.25, True), (31.125, True), (31.25, False)])
def test_resuming_within_a_second_of_the_answer_was_a_false_turn(resumed, false_turn):
    turns = steady(0.5)
    turns.answered(30.25)
    assert heard(turns, resumed) == [false_turn]
    assert turns.false_turns == false_turn


def test_a_false_turn_raises_the_gap_and_it_shrinks_back():
    turns = steady(0.5)
    before = turns.gap()
    turns.answered(30.0)
    heard(turns, 30.5)
    raised = turns.gap()
    assert raised > 1.3 * before
    heard(turns, *[30.5 + index / 2 for index in range(1, 1200)])
    assert turns.gap() == pytest.approx(before, rel=0.01)


def test_after_a_false_turn_the_phrase_goes_on_as_one():
    turns = TurnTaking(Panel(Settings()))
    heard(turns, 0.0, 0.5, 1.0)
    turns.answered(2.0)
    heard(turns, 2.5)
    assert turns.phrase_length() == 2.5


def test_a_phrase_is_its_last_seconds():
    assert steady(0.5, 100, max_phrase=4.0).phrase_length() == 4.0


def test_many_false_turns_do_not_silence_it_for_good():
    turns = steady(0.25)
    for index in range(50):
        turns.answered(20.0 + index)
        heard(turns, 20.5 + index)
    assert turns.gap() <= 2.5


def test_what_is_forgotten_is_not_answered_and_what_follows_is():
    turns = TurnTaking(Panel(Settings()))
    heard(turns, 0.0, 0.5, 1.0)
    turns.forget()
    assert turns.due(1.25) is None
    heard(turns, 5.0, 5.5)
    assert turns.due(5.75) is None, "a phrase of its own, of two notes yet"
    heard(turns, 6.0)
    assert turns.due(6.25) is not None
    assert turns.phrase_length() == 1.0
