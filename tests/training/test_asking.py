"""What is asked and what comes: measured on players and models whose answers are known."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from improv.dials import FIELD, Dial, asked, density, height
from improv.encoding import IOI, PITCH, Encoding, Order, arrange, as_array
from improv.errors import UserError
from improv.notes import Note, Part
from improv.settings import Settings
from improv.step import Step
from tests.training.midifiles import tune, write_midi
from training import asking, cli
from training.asking import DIALS, PASSAGE, TOLD, cost, report, text, told_of, turn
from training.audition.passages import Notes
from training.audition.prompts import Prompt
from training.commands import dials as command

ENCODING = Encoding()


def steady(count: int, pace: float, pitch: int, velocity: int = 64, begin: float = 0.0) -> Notes:
    notes = [Note(begin + i / pace, pitch, velocity, 0.125, Part.UNSPLIT) for i in range(count)]
    return as_array(notes)


def prompt(cut: float) -> Prompt:
    none = steady(0, 1.0, 60)
    return Prompt("set", "piece", cut, 8.0, steady(32, 4.0, 60, begin=cut - 8), none, none, none, none)


def obedient(path: Path, jobs: list, workers: int = 1):
    """Plays just what is asked for; 4 notes a second at pitch 60 and velocity 64 where nothing is."""
    for job in jobs:
        one: Settings = job.settings
        pace, pitch = one.density or 4.0, int(one.register or 60)
        begin = job.until - 8.0
        yield steady(int(8 * pace), pace, pitch, round(64 * min(one.loudness, 1.9)), begin)


def test_who_does_as_asked_rises_throughout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "play", obedient)
    turned = turn(Path("m.onnx"), [prompt(8.0), prompt(20.0)], 8.0)
    assert turned["density"].means == list(DIALS["density"].settings)
    assert turned["register"].means == list(DIALS["register"].settings)
    assert turned["loudness"].means == pytest.approx([32, 45, 64, 90, 122])
    assert all(one.monotone and one.rising == 1 for one in turned.values())


def test_who_does_not_listen_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    deaf = [replace(Settings(), density=2.0)] * 100
    monkeypatch.setattr(
        asking, "play", lambda path, jobs, workers: obedient(path, [replace(j, settings=deaf[0]) for j in jobs])
    )
    turned = turn(Path("m.onnx"), [prompt(8.0)], 8.0)
    assert not any(one.monotone for one in turned.values())
    assert turned["density"].rising == 0


def test_all_else_is_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list = []
    monkeypatch.setattr(asking, "play", lambda path, jobs, workers: seen.extend(jobs) or obedient(path, jobs))
    turn(Path("m.onnx"), [prompt(8.0), prompt(20.0)], 8.0, seed=3)
    assert len(seen) == 2 * 5 * len(DIALS)
    assert {job.seed for job in seen} == {(3, 0), (3, 1)}
    for number, job in enumerate(seen):
        name = list(DIALS)[number // 10]
        assert replace(job.settings, **{name: getattr(Settings(), name)}) == Settings()
        assert job.until == (16.0, 28.0)[number % 2]


def test_a_passage_is_told_what_it_will_be_like() -> None:
    notes = np.concatenate([steady(PASSAGE, 4.0, 60), steady(PASSAGE, 8.0, 72, begin=PASSAGE / 4)])
    arranged = arrange(notes, Order.ASCENDING)
    for what, octaves in (("true", 0), ("too low", -1), ("too high", 1)):
        beside = told_of(arranged, "register", what)
        assert beside.shape == (2 * PASSAGE + 1, sum(one.stop - one.start for one in FIELD.values()))
        found = beside[[0, PASSAGE - 1, PASSAGE, 2 * PASSAGE - 1], FIELD[Dial.ASKED_REGISTER].start]
        assert found == pytest.approx([height(60) + octaves] * 2 + [height(72) + octaves] * 2)
        pace = told_of(arranged, "density", what)[0, FIELD[Dial.ASKED_DENSITY].start]
        true = asked(arrange(notes[:PASSAGE], Order.ASCENDING)).density
        assert pace == pytest.approx(float(density(true * 2.0**octaves)))


class Heeds:
    """A model to which all is equally likely, and whose pitches cost a bit more for each octave the asked register is
    away from theirs, if one is asked; else two."""

    encoding = ENCODING
    velocity = (64.0, 20.0)

    def start(self, batch: int = 1) -> np.ndarray:
        return np.zeros((batch, 1), np.float32)

    def step(self, rows, dials, state, how) -> Step:
        heard = np.broadcast_to(-np.log(np.array(ENCODING.sizes)), (1, rows.shape[1], 5)).copy()
        register, known = np.moveaxis(dials[:, :-1, FIELD[Dial.ASKED_REGISTER]], -1, 0)
        away = np.where(known, np.abs(register - height(rows[..., PITCH])), 2.0)
        heard[..., PITCH] -= math.log(2) * away
        none = np.zeros((1, 0), np.float32)
        return Step(heard, rows[..., PITCH], rows[:, 0, :5], none, none, state)


def test_the_cost_of_a_dial_is_what_the_model_pays() -> None:
    costs = cost(Heeds(), [steady(100, 4.0, 60), steady(50, 2.0, 72)])
    assert list(costs["register"]) == list(TOLD)
    assert [own for own, _ in costs["register"].values()] == pytest.approx([9, 7, 8, 8])
    ioi = costs["density"]["nothing"][0]
    assert ioi > math.log2(ENCODING.sizes[IOI])
    assert all(found == pytest.approx([ioi, costs["register"]["nothing"][1]]) for found in costs["density"].values())


def test_the_report_says_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "play", obedient)
    found = report(turn(Path("m.onnx"), [prompt(8.0)], 8.0), cost(Heeds(), [steady(40, 4.0, 60)]))
    assert json.loads(json.dumps(found)) == found
    assert found["register"]["bits"]["true"] == {
        "pitch": 7.0,
        "total": pytest.approx(found["density"]["bits"]["true"]["total"] - 2),
    }
    lines = text(found).splitlines()
    assert lines[0].startswith("density: 2: 2.00, 4: 4.00, 6: 6.00, 9: 9.00, 13: 13.00; rises throughout")
    assert "told what is true, bits a note more than told nothing: pitch -2.000, total -2.000" in "\n".join(lines)


def test_a_model_without_dials_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from improv import model

    class Without:
        reads_dials = False

    monkeypatch.setattr(model, "load", lambda path: Without())
    music = write_midi(tmp_path / "music" / "a.mid", {"": tune(0)}).parent
    options = cli.parser().parse_args(["dials", "m.onnx", str(music)])
    with pytest.raises(UserError, match=r"m.onnx: its network reads no dials"):
        command.run(options)
