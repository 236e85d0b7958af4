"""What is asked of passages: moves, keys, loops, copied runs."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.passages import line, passage, wandering
from training.audition.copying import longest_runs
from training.audition.keys import key_of
from training.audition.loops import share_in_loops
from training.audition.passages import moves, phrases, sizes, tops, waits

THEME = (60, 62, 64, 67, 65, 64, 62, 69, 67, 60)


def runs(ours, source, *, transposed=False):
    return longest_runs([ours], source, transposed=transposed).tolist()[0]


def test_a_chord_is_one_group_whatever_order_its_keys_came_in():
    chord = passage((0.0, 67), (0.01, 60), (0.02, 64), (0.5, 72))
    assert sizes(chord).tolist() == [3, 1]
    assert tops(chord).tolist() == [67, 72]
    assert (
        moves(chord, transposed=False).tolist()
        == moves(passage((0.0, 60), (0.01, 64), (0.02, 67), (0.5, 72)), transposed=False).tolist()
    )


def test_waits_are_told_apart_in_half_octaves_and_inside_a_chord_there_is_none():
    assert waits(passage((0.0, 60), (0.02, 64), (0.25, 60), (0.51, 60), (1.5, 60))).tolist() == [0, 7, 7, 11]


def test_of_few_notes_there_is_one_phrase_and_of_none_none():
    assert [len(one) for one in phrases(line(*range(60, 68)), 8)] == [8]
    assert [len(one) for one in phrases(line(*range(60, 72)), 8)] == [8, 8]
    assert [len(one) for one in phrases(line(60), 8)] == [1]
    assert phrases(line(), 8) == []


def test_a_copied_run_is_as_long_as_it_is():
    source = [wandering(1, 200), line(*THEME)]
    copied = line(40, *THEME[:7], 41)
    assert runs(copied, source) == 7
    assert runs(line(*THEME), source) == 10


def test_a_transposed_copy_counts_as_transposed_only():
    higher = line(*(pitch + 6 for pitch in THEME))
    assert runs(higher, [line(*THEME)]) == 0
    assert runs(higher, [line(*THEME)], transposed=True) == 10


def test_the_same_pitches_in_another_rhythm_are_no_copy_but_a_little_rubato_is():
    assert runs(line(*THEME, step=0.5), [line(*THEME)]) == 0
    assert runs(line(*THEME, step=0.26), [line(*THEME)]) == 10


def test_no_run_goes_on_from_one_piece_into_the_next():
    halves = [line(*THEME[:5]), line(*THEME[5:])]
    assert runs(line(*THEME), halves) == 5
    ours = longest_runs([line(*THEME[:5]), line(*THEME[5:])], [line(*THEME)], transposed=False)
    assert ours.tolist() == [5, 5]


def test_nothing_is_shared_with_nothing():
    assert longest_runs([line(), line(60), line(60, 62)], [line()], transposed=False).tolist() == [0, 0, 0]
    assert runs(line(*THEME), []) == 0


@pytest.mark.parametrize("seed", range(5))
def test_runs_are_those_a_plain_search_finds(seed):
    rng = np.random.default_rng(seed)
    ours, source = (line(*(60 + rng.integers(0, 3, count))) for count in (40, 200))
    said, given = (moves(notes, transposed=False).tolist() for notes in (ours, source))
    longest = max(
        length
        for length in range(len(said) + 1)
        if any(
            said[i : i + length] == given[j : j + length]
            for i in range(len(said) - length + 1)
            for j in range(len(given) - length + 1)
        )
    )
    assert runs(ours, [source]) == (longest + 1 if longest else 0)


@pytest.mark.parametrize(
    ("scale", "tonic", "minor"),
    [((0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0), 0, False), ((0, 2, 3, 5, 7, 8, 11, 12, 7, 3, 0), 9, True)],
)
def test_a_scale_ending_on_its_triad_is_in_its_key(scale, tonic, minor):
    key = key_of(line(*(60 + tonic + degree for degree in scale)))
    assert (key.tonic, key.minor) == (tonic, minor)
    assert key.clarity > 0.7
    assert key.scale().sum() == (8 if minor else 7) and key.scale()[tonic]


def test_long_notes_weigh_more_and_all_pitches_alike_make_no_key():
    held = passage(*((0.0, 60 + degree, 4.0) for degree in (0, 4, 7)), *((0.1 * i, 61 + i, 0.05) for i in range(11)))
    assert (key_of(held).tonic, key_of(held).minor) == (0, False)
    assert key_of(line(*range(60, 72))).clarity == 0.0


def test_a_loop_is_a_pattern_three_times_over_and_twelve_notes_long():
    tune = wandering(2, 40)["pitch"].tolist()
    assert share_in_loops(line(*tune)) == 0.0
    assert share_in_loops(line(*tune, *(48, 50, 52, 53) * 3)) == pytest.approx(12 / 52)
    assert share_in_loops(line(*tune, *(48, 50, 52, 53) * 2)) == 0.0
    assert share_in_loops(line(*tune, *(48,) * 11)) == 0.0
    assert share_in_loops(line(*tune, *(48,) * 12)) == pytest.approx(12 / 52)


def test_the_same_pitches_in_ever_other_rhythms_are_no_loop():
    onsets = np.cumsum([0.25, 0.5, 1.0, 0.125, 0.25, 1.0, 0.5, 0.125, 1.0, 0.25, 0.125, 0.5])
    assert share_in_loops(passage(*((onset, 60 + i % 2) for i, onset in enumerate(onsets.tolist())))) == 0.0


def test_an_empty_passage_has_no_loops():
    assert share_in_loops(line()) == 0.0
