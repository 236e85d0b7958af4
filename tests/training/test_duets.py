"""Duets: what each measure says of partners made by hand, and the whole command on little files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from improv.encoding import IOI, Encoding
from improv.errors import UserError
from improv.settings import Settings
from tests.table_model import TableModel
from tests.training.midifiles import write_midi
from tests.training.passages import line, passage
from training.audition.passages import Notes, moved
from training.audition.prompts import Held
from training.audition.strawmen import transposed
from training.cli import main
from training.duets import answers, goings, run, table
from training.duets.duets import HUMAN, SHIFTED, STRAW_MEN, Duet, read_duets, straw_men
from training.duets.measures import MEASURES, figures

TUNE = line(72, 74, 76, 77, 79, 77, 76, 74, 72, 74, 76, 72, 79, 76, 74, 72, step=0.5)


def chords(*roots: int, step: float = 1.0, length: float = 1.0, start: float = 0.0) -> Notes:
    struck = [(start + step * i, root + up, length) for i, root in enumerate(roots) for up in (0, 4, 7)]
    return passage(*struck)


@pytest.mark.parametrize(
    ("interval", "consonance"), [(-12, 1.0), (-8, 1.0), (-7, 1.0), (-1, 0.0), (-2, 0.0), (-6, 0.0), (-24, 1.0)]
)
def test_consonance_is_of_intervals_whatever_the_octave(interval: int, consonance: float) -> None:
    said = figures(TUNE, transposed(TUNE, interval))
    assert said["consonance"] == pytest.approx(consonance, abs=0.03)  # frames are not quite the notes


def test_consonance_is_weighed_by_time() -> None:
    player = passage((0.0, 72, 4.0))
    partner = passage((0.0, 60, 3.0), (3.0, 61, 1.0))
    assert figures(player, partner)["consonance"] == pytest.approx(0.75, abs=0.01)


def test_who_joins_is_there_within_30_milliseconds() -> None:
    for late, joined in ((0.0, 1.0), (0.029, 1.0), (0.04, 0.0), (-0.02, 1.0)):
        partner = moved(chords(*[48] * 8, step=1.0), late)
        assert figures(TUNE, partner)["joined"] == pytest.approx(joined / 2), late


def test_doubling_and_parallel_octaves() -> None:
    octaves, thirds = (figures(TUNE, transposed(TUNE, by)) for by in (-12, -4))
    assert (octaves["doubled"], octaves["parallel octaves"]) == (1.0, 1.0)
    assert (thirds["doubled"], thirds["parallel octaves"]) == (0.0, 0.0)


def test_harmonies_and_voice_leading() -> None:
    still, moving = figures(TUNE, chords(*[48] * 8)), figures(TUNE, chords(48, 54, 48, 54, 48, 54, 48, 54))
    assert (still["harmonies a minute"], moving["harmonies a minute"]) == (0.0, pytest.approx(7 * 60 / 8))
    near = np.concatenate([chords(48), passage((1.0, 48, 1.0), (1.0, 53, 1.0), (1.0, 57, 1.0))])
    assert figures(TUNE, near)["semitones a voice"] < figures(TUNE, chords(48, 53))["semitones a voice"]
    assert figures(TUNE, near)["tones kept"] == pytest.approx(1 / 3), "of the second chord"


def test_register() -> None:
    below, above = figures(TUNE, transposed(TUNE, -24)), figures(TUNE, transposed(TUNE, 1))
    assert (below["above the player"], below["in the player's range"]) == (0.0, 0.0)
    assert (below["below the player"], above["below the player"]) == (1.0, 0.0)
    assert above["above the player"] == 1.0 and above["in the player's range"] > 0.5


def test_pulse_pace_and_loudness() -> None:
    even = figures(TUNE, chords(*[48] * 16, step=0.5))
    rng = np.random.default_rng(0)
    uneven = line(*[48] * 16)
    uneven["onset"] = np.sort(rng.uniform(0, 8, 16))
    assert even["pulse"] > 0.8 > figures(TUNE, uneven)["pulse"] + 0.2
    assert even["chords a second"] == pytest.approx(2.0) and even["notes a second"] == pytest.approx(6.0)
    swelling, follower = TUNE.copy(), line(*[48] * 16, step=0.5)
    swelling["velocity"] = np.arange(40, 72, 2)
    follower["velocity"] = swelling["velocity"] - 10
    said = figures(swelling, follower)
    assert said["loudness follows"] == pytest.approx(1.0) and said["louder by"] == pytest.approx(-10.0)


def test_who_plays_nothing_has_no_figures_but_what_is_none() -> None:
    said = figures(TUNE, TUNE[:0])
    assert set(said) == set(MEASURES)
    assert (said["joined"], said["notes a second"]) == (0.0, 0.0) and np.isnan(said["consonance"])


def duet() -> Duet:
    roots = (48, 53, 55, 48, 48, 53, 55, 48)
    return Duet("one", TUNE, chords(*roots))


def test_straw_men_are_what_they_say() -> None:
    men = straw_men(duet(), duet(), 0)
    assert tuple(men) == STRAW_MEN
    assert sorted(men[SHIFTED]["pitch"]) == sorted(duet().partner["pitch"])
    assert figures(TUNE, men["octave down"])["parallel octaves"] == 1.0
    assert figures(TUNE, men["drone"])["harmonies a minute"] == 0.0
    assert set(men["drone"]["pitch"] % 12) == {0, 7}
    assert set(men["random diatonic"]["pitch"] % 12) <= {0, 2, 4, 5, 7, 9, 11}
    assert men["random diatonic"]["onset"].tolist() == duet().partner["onset"].tolist()
    assert (men["echo"]["onset"][0], len(men["echo"])) == (0.5, len(TUNE))


def test_the_reading_is_beside_the_human_and_the_shifted() -> None:
    def row(consonance: float, joined: float) -> dict[str, float]:
        return dict.fromkeys(MEASURES, 0.0) | {"consonance": consonance, "joined": joined}

    found = {HUMAN: [row(0.9, 0.5)], run.MACHINE: [row(0.85, 0.4)], SHIFTED: [row(0.7, 0.0)]}
    reading = run.read(found)
    assert reading.consonance == pytest.approx(0.75) and reading.above_human == pytest.approx(-0.05)
    assert reading.joined_away == pytest.approx(-0.1) and reading.outside == ("consonance", "joined")
    assert any("0.75 (asked: 0.8" in said for said in table.verdict(reading))


def test_improv_is_the_partner_of_the_player_alone() -> None:
    """What it hears is the player; what is counted is what it plays."""
    played = run.partner(TableModel(), duet(), Settings(), 0)
    assert len(played) and (played["onset"] > TUNE["onset"][-1]).all(), "an answer comes after"


def song(path: Path) -> Path:
    melody = [(0.5 * i, 0.5, int(p), 70) for i, p in enumerate(TUNE["pitch"].tolist() * 3)]
    comping = [(float(i), 0.5, 48 + up, 50) for i in range(24) for up in (0, 4, 7)]
    return write_midi(path, {"MELODY": melody, "PIANO": comping}, pedal=[(0.0, 127), (20.0, 0)])


def test_the_player_of_a_file_is_one_of_its_parts_and_plays_without_the_pedal(tmp_path: Path) -> None:
    song(tmp_path / "a.mid")
    write_midi(tmp_path / "b.mid", {"x": [(0.0, 1.0, 60, 64)], "y": [(0.0, 1.0, 72, 64)]})
    complaints: list[str] = []
    one = read_duets([tmp_path], True, 10.0, complaints.append)[0]
    assert set(one.player["pitch"]) == set(TUNE["pitch"]) and one.player["onset"][-1] < 10.0
    assert one.player["duration"].max() == pytest.approx(0.5)
    assert one.partner["duration"].max() == pytest.approx(1.0), "until the chord comes again"
    assert len(complaints) == 1 and "b.mid" in complaints[0]
    other = read_duets([tmp_path], False, 10.0, complaints.append)[0]
    assert set(other.player["pitch"]) == set(one.partner["pitch"])
    with pytest.raises(UserError, match="no piece with a melody"):
        read_duets([tmp_path / "b.mid"], True, 10.0)


def test_who_goes_on_is_judged_by_what_was_heard() -> None:
    heard = line(*[60, 64, 67, 72] * 10, step=0.5)
    stretch = goings.stretches([Held("f", "p", np.concatenate([line(*[60] * 20, step=0.5), moved(heard, 10.0)]))])
    assert stretch == [], "nothing follows"
    both = np.concatenate([line(*[60] * 20, step=0.5), moved(heard, 10.0), moved(heard, 30.0)])
    (one,) = goings.stretches([Held("f", "p", both)])
    assert one.player["onset"][-1] == 0.0 and one.partner["onset"][0] == 0.5 and len(one.player) == len(one.partner)
    again = moved(one.player, -float(one.player["onset"][0]))
    same, lower, later = (
        goings.went_on(again, notes) for notes in (one.partner, transposed(one.partner, -1), one.partner[:0])
    )
    assert set(same) == set(goings.GOING)
    assert (same["first wait"], same["in the key"], same["like what was heard"]) == (
        0.5,
        1.0,
        pytest.approx(1.0, abs=1e-3),
    )
    assert lower["in the key"] < 0.5 and lower["like what was heard"] < 0.1
    assert (later["notes a second"], later["harmonies a minute"]) == (0.0, pytest.approx(np.nan, nan_ok=True))


@pytest.mark.parametrize("mode", ["continue", "solo"])
def test_improv_goes_on_after_what_was_heard_and_not_before(mode: str) -> None:
    heard = line(*[60, 64, 67, 72] * 10, step=0.25)
    model = TableModel({IOI: {Encoding().ioi_bin(0.25): 1.0}})
    played = goings.machine(model, moved(heard, 3.0), Settings(mode=mode), 0)
    assert len(played) > 20 and 0.0 < played["onset"][0] < 5.0 and played["onset"][-1] > 15.0


def test_phrases_are_cut_at_the_longest_waits_and_followed_by_the_next() -> None:
    notes = np.concatenate([line(*range(60, 70), start=start, step=0.5) for start in (0.0, 8.0, 16.0, 24.0)])
    cut = answers.calls([Held("f", "p", notes)])
    assert [len(call.phrase) for call in cut] == [10, 10]
    assert cut[0].phrase["onset"].tolist() == cut[0].following["onset"].tolist()
    assert cut[0].wait == pytest.approx(8.0 - 4.5)


def test_the_command_prints_a_table_or_json_and_refuses_what_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Path(__file__).parents[2] / "models" / "default.onnx"
    music = tmp_path / "music"
    music.mkdir()
    song(music / "a.mid")
    typed = ["duet", str(model), str(music), "--workers", "1", "--seconds", "20"]
    assert main([*typed, "--mode", "answer"]) == 0
    assert "length, ratio" in capsys.readouterr().out
    assert main([*typed, "--mode", "continue", "--pieces", "1"]) == 2, "too short"
    assert "no piece that is long enough" in capsys.readouterr().err
    assert main([*typed, "--mode", "nobody"]) == 2
    assert "accepted is one of" in capsys.readouterr().err
    assert main([*typed, "--set", "nothing=1"]) == 2
    assert main([*typed, "--set", "shy=much"]) == 2
    assert capsys.readouterr().err.count("\n") == 2
    assert main([*typed, "--mode", "answer", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"human", "machine", "broken off"}
