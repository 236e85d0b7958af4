"""What passages are judged by: each measure sees what it is named after, and the gates keep to their rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.passages import line, passage, prompt_in, wandering
from training.audition import freerun, judge, strawmen
from training.audition.classifier import auc, held_out_auc, seen
from training.audition.gates import gates
from training.audition.keys import Key, key_of
from training.audition.measures import FEATURES, distributions, overlaps, paces
from training.audition.passages import in_order, moves

C_MAJOR = Key(0, False, 1.0)
PIECE = wandering(1, 800)  # 200 s


def changed(notes, **columns):
    other = notes.copy()
    for name, values in columns.items():
        other[name] = values
    return in_order(other)


HUMAN = wandering(3, 80)
ONSETS = HUMAN["onset"]


@pytest.mark.parametrize(
    ("other", "moved"),
    [
        (changed(HUMAN, pitch=HUMAN["pitch"] + 1), {"pitch class", "share in key"}),
        (changed(HUMAN, pitch=np.sort(HUMAN["pitch"])), {"interval", "share in key"}),
        (changed(HUMAN, onset=2 * ONSETS), {"ioi", "notes per second"}),
        (changed(HUMAN, duration=1.0), {"duration"}),
        (changed(HUMAN, velocity=HUMAN["velocity"] + 40), {"velocity"}),
        (changed(HUMAN, velocity=np.where(np.arange(80) % 2, 40, 90)), {"velocity", "velocity spread"}),
        (changed(HUMAN, onset=0.5 * (np.arange(80) // 2)), {"ioi", "chord size"}),
    ],
)
def test_each_distribution_sees_what_it_is_named_after_and_nothing_else(other, moved):
    assert overlaps(HUMAN, HUMAN, C_MAJOR) == pytest.approx(dict.fromkeys(FEATURES, 1.0))
    found = overlaps(other, HUMAN, C_MAJOR)
    assert {name for name in FEATURES if found[name] < 0.85} >= moved - {"share in key"}
    assert {name for name in FEATURES if found[name] < 0.85} <= moved


def test_velocity_may_be_spread_over_a_piece_and_not_within_its_phrases():
    steps = changed(HUMAN, velocity=np.where(np.arange(80) < 40, 40, 90))
    restless = changed(HUMAN, velocity=np.where(np.arange(80) % 2, 40, 90))
    assert overlaps(steps, restless, C_MAJOR)["velocity"] == 1.0
    assert overlaps(steps, restless, C_MAJOR)["velocity spread"] < 0.1


def test_the_share_in_key_is_of_the_prompts_key():
    white = distributions(line(*(60, 62, 64, 65, 67, 69, 71, 72)), C_MAJOR)["share in key"]
    assert white.tolist() == [0] * 8 + [1]
    black = distributions(line(*(61, 63, 66, 68, 70, 73, 75, 60)), C_MAJOR)["share in key"]
    assert black.tolist() == [0, 1] + [0] * 7


def test_pace_is_notes_in_two_seconds():
    assert paces(line(*[60] * 17)).tolist() == [4.0, 4.0, 4.0]
    assert paces(line(60)).tolist() == [0.5]


@pytest.mark.parametrize("notes", [line(), line(60), passage((0.0, 60), (0.0, 64))], ids=len)
def test_next_to_nothing_can_be_measured_too(notes):
    assert all(0 <= value <= 1 for value in overlaps(notes, HUMAN, C_MAJOR).values())
    prompt = prompt_in(PIECE, 100.0, 20.0)
    assert np.isfinite(seen(prompt, notes)).all()
    players = {"human": [prompt.human], "machine": [notes]}
    assert judge.likeness([prompt], players)["machine"].keys() == set(FEATURES)
    assert judge.looping(players)["machine"]["notes in loops"] == 0.0


def test_straw_men_keep_what_they_are_said_to_keep_and_nothing_else():
    other = wandering(9, 400, step=0.125)
    prompt = prompt_in(PIECE, 100.0, 20.0, other=changed(other[:100], pitch=other["pitch"][:100] + 1))
    straw = strawmen.straw_men(prompt, prompt.human, prompt.other, 120.0, seed=1)
    assert tuple(straw) == strawmen.STRAW_MEN
    human, shuffled = prompt.human, straw["shuffled"]
    assert shuffled["onset"].tolist() == human["onset"].tolist()
    assert sorted(shuffled["pitch"]) == sorted(human["pitch"]) and (shuffled["pitch"] != human["pitch"]).any()
    late = straw["time-shifted"]
    assert 0.1 < np.abs(np.sort(late["onset"]) - human["onset"]).max() <= 0.3
    moved, away = straw["in key"], straw["in key"]["pitch"].astype(int) - prompt.other["pitch"]
    assert key_of(moved).tonic == prompt.key.tonic != key_of(prompt.other).tonic
    assert len(set(away.tolist())) == 1 and abs(away[0]) <= 6
    echo = straw["echo"]
    assert moves(echo, False).tolist() == moves(prompt.shown, False).tolist()
    assert echo["onset"][0] == prompt.shown["onset"][0] + 20
    unigram = straw["unigram"]
    assert set(unigram["pitch"]) <= set(prompt.shown["pitch"]) and 110 < unigram["onset"][-1] < 120
    again = strawmen.straw_men(prompt, prompt.human, prompt.other, 120.0, seed=1)
    assert all((again[name] == notes).all() for name, notes in straw.items())


def test_copying_tells_the_player_from_the_pieces_trained_on():
    prompt = prompt_in(PIECE, 100.0, 20.0)
    learned = wandering(7, 300)
    players = {
        "human": [prompt.human],
        "reciting the player": [changed(prompt.heard[40:60], onset=100 + 0.25 * np.arange(20))],
        "reciting the training": [changed(learned[40:60], onset=100 + 0.25 * np.arange(20))],
    }
    heard = judge.copying(judge.runs_heard([prompt], players), [0])
    trained = judge.copying(judge.runs_trained(players, [wandering(8, 300), learned]), [0])
    assert heard["reciting the player"]["literal, median"] == 20
    assert heard["reciting the training"]["literal, median"] < 10
    assert trained["reciting the training"]["literal, 95 %"] == 20
    assert trained["reciting the player"]["literal, 95 %"] < 10


def test_the_auc_is_the_chance_to_rank_a_pair_rightly():
    assert auc(np.array([2.0, 3.0]), np.array([0.0, 1.0])) == 1.0
    assert auc(np.array([0.0, 1.0]), np.array([0.0, 1.0])) == 0.5
    assert auc(np.array([]), np.array([1.0])) == 0.5


def pieces_and_players():
    prompts, chopped = [], []
    for seed in range(12):
        prompt = prompt_in(wandering(seed, 800), 100.0, 20.0, name=f"piece {seed}")
        prompts.append(prompt)
        chopped.append(changed(prompt.elsewhere, duration=0.05))
    return prompts, chopped


def test_the_classifier_tells_what_can_be_told_and_no_more():
    prompts, chopped = pieces_and_players()
    players = {"human": [p.human for p in prompts], "elsewhere": [p.elsewhere for p in prompts], "chopped": chopped}
    told = judge.told(prompts, players)
    assert told["chopped"]["AUC"] > 0.95
    assert 0.2 < told["elsewhere"]["AUC"] < 0.8
    assert "human" not in told


def test_of_one_piece_nothing_can_be_held_out_and_nothing_is_said():
    prompts, _ = pieces_and_players()
    assert judge.told(prompts[:1], {"human": [prompts[0].human], "elsewhere": [prompts[0].elsewhere]}) == {}


def test_the_classifier_is_judged_on_pieces_it_has_not_seen():
    """A mark by which only a piece can be told from others: learned by heart, of no use on the next piece."""
    rng = np.random.default_rng(0)
    marks = [rng.normal(size=(1, 40)) for _ in range(16)]
    found = held_out_auc(marks, [-mark for mark in marks], [f"piece {index}" for index in range(16)])
    assert 0.2 < found < 0.8


def half_minute(notes):
    return dict(zip(freerun.FIGURES, freerun.half_minutes(notes, 0.0, 30.0)[0], strict=True))


def test_each_figure_of_a_half_minute_is_what_it_is_called():
    figures = half_minute(line(*[60, 64, 67, 72] * 30, velocity=80))
    assert figures["notes per second"] == 4 and figures["loudness"] == 80
    assert figures["register centre"] == pytest.approx(65.75)
    assert figures["pitch-class entropy"] == pytest.approx(1.5)
    assert figures["longest silence"] == pytest.approx(0) and figures["key clarity"] > 0.8


def test_the_longest_silence_counts_what_rings_on_and_what_is_left_open():
    assert freerun.longest_silence(passage((2.0, 60, 8.0), (3.0, 62, 0.5), (14.0, 60, 1.0)), 0.0, 30.0) == 15.0
    assert freerun.longest_silence(line(), 0.0, 30.0) == 30.0


def test_who_falls_silent_is_in_no_band():
    bands = freerun.bands({"folder": [freerun.half_minutes(PIECE, 0.0, 180.0)] * 8})
    silent = freerun.inside(freerun.half_minutes(PIECE, 300.0, 360.0), bands["folder"])
    assert silent.shape == (2, 6) and not silent.any()


def test_a_small_folder_is_given_everybodys_band():
    low, high = (freerun.half_minutes(strawmen.transposed(PIECE, step), 0.0, 180.0) for step in (-12, 12))
    bands = freerun.bands({"many": [low] * 8, "few": [high]})
    register = freerun.FIGURES.index("register centre")
    assert bands["many"][1, register] < bands["few"][1, register]
    assert bands["few"][0, register] == pytest.approx(bands["many"][0, register], abs=1.0)
    assert freerun.bands({"short": [freerun.half_minutes(PIECE, 0.0, 20.0)]}) == {}


def test_playing_on_worse_and_worse_shows_in_the_last_minute():
    bands = freerun.bands({"folder": [freerun.half_minutes(PIECE, 0.0, 180.0)] * 8})
    climbing = changed(PIECE, pitch=PIECE["pitch"] + 12 * (np.arange(800) // 300))
    kept = {}
    for name, notes in (("steady", PIECE), ("climbing", climbing)):
        kept[name] = freerun.shares([freerun.inside(freerun.half_minutes(notes, 0.0, 180.0), bands["folder"])])
    assert kept["climbing"]["register centre"] < 0.75 < 0.8 < kept["steady"]["register centre"]
    assert kept["climbing"]["last minute"] < kept["climbing"]["first minute"]


def test_a_piece_that_ends_is_not_held_against_people_but_against_the_machine():
    prompt = prompt_in(PIECE, 100.0, 20.0)  # 100 s are left of it
    bands = freerun.bands({"folder": [freerun.half_minutes(PIECE, 0.0, 180.0)] * 8})
    table = judge.lasting([prompt], {"human": [prompt.later], "memory 0": [prompt.later]}, bands, 300.0)
    assert table["human"]["notes per second"] == 1.0 and table["memory 0"]["notes per second"] < 0.5


STRAW = {name: {"AUC": 0.9} for name in strawmen.STRAW_MEN}


def told_gate(**more):
    told = STRAW | {"elsewhere": {"AUC": 0.6}, "other": {"AUC": 0.8}, "memory 0": {"AUC": 0.7}} | more
    (gate,) = gates({"told": told})
    return gate


def test_a_gate_holds_the_machine_to_what_people_do():
    gate = told_gate()
    assert gate.counts and gate.bound == 0.6 and gate.passed == {"memory 0": False}
    assert told_gate(**{"memory 0": {"AUC": 0.6}}).passed == {"memory 0": True}


def test_nobody_is_asked_to_be_told_less_than_not_at_all():
    gate = told_gate(elsewhere={"AUC": 0.4}, **{"memory 0": {"AUC": 0.48}})
    assert gate.bound == 0.5 and gate.passed == {"memory 0": True}


def test_a_measure_that_prefers_a_straw_man_is_no_gate():
    gate = told_gate(echo={"AUC": 0.55})
    assert not gate.counts and gate.fooled_by == ("echo",)
    assert told_gate(unigram={"AUC": 0.6}).fooled_by == ("unigram",)  # as good as people is too good


def test_copying_is_held_to_the_human_continuation_and_from_training_to_another_piece_too():
    columns = {"literal, median": 6.0}
    table = {name: columns for name in ("human", "elsewhere", "other", *strawmen.STRAW_MEN)}
    table |= {"other": {"literal, median": 4.0}, "memory 0": {"literal, median": 5.0}}
    heard, trained = gates({"copying heard": table, "copying trained": table})
    assert (heard.bound, heard.passed) == (6.0, {"memory 0": True})
    assert (trained.bound, trained.passed) == (4.0, {"memory 0": False})


def test_the_last_minute_is_to_be_no_worse_than_the_first():
    row = dict.fromkeys(freerun.FIGURES, 0.95) | {"first minute": 0.9, "last minute": 0.9}
    worse = row | {"last minute": 0.8, "loudness": 0.85}
    found = {gate.name: gate for gate in gates({"lasting": {"human": row, "memory 0": row, "memory 1": worse}})}
    assert found["playing on: last less first minute"].passed == {"memory 0": True, "memory 1": False}
    assert found["playing on: loudness"].passed == {"memory 0": True, "memory 1": False}
    assert found["playing on: key clarity"].passed == {"memory 0": True, "memory 1": True}


def test_straw_men_of_a_prompt_differ_by_their_seed():
    prompt = prompt_in(PIECE, 100.0, 20.0)
    one, two = (strawmen.straw_men(replace(prompt), prompt.human, prompt.other, 120.0, seed) for seed in (1, 2))
    assert one["unigram"]["pitch"][:20].tolist() != two["unigram"]["pitch"][:20].tolist()
