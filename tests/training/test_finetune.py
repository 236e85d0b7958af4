"""Adapting a network: better on what was held out or as it was, said with figures, in one line where it cannot be."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import training.fit
from improv.errors import UserError
from improv.model import load
from tests.training.midifiles import little_music, tune, write_midi
from training.building import Settings
from training.checkpoint import load_card, load_network
from training.cli import main, parser
from training.commands.finetune import start_and_music
from training.corpus import Corpus, ingest
from training.evaluate import evaluate
from training.export import About, export
from training.finetune import finetune, hold_out, over_fitted, table, too_little
from training.fit import fit

TINY = Settings(channels=8, skip=8, hidden=8, pointwise=0, dropout=0.0, crop=16, batch=4, checkpoint_every=0.0)
SHORT = replace(TINY, steps=40, validate_every=20, learning_rate=0.01)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network trained for a moment on a few tunes, with its card and its ONNX file beside it."""
    folder = tmp_path_factory.mktemp("start")
    hold_out(ingest([little_music(folder / "music", 4)]), 0.25).save(folder / "c.npz")
    fit(folder / "c.npz", folder / "run", replace(TINY, steps=20, validate_every=20), quiet=True)
    for suffix in (".keras", ".json"):
        shutil.copy(folder / f"run/best{suffix}", folder / f"first{suffix}")
    about = About("first", "four tunes", "CC0", "somebody", (64.0, 20.0))
    export(load_network(folder / "first.keras"), folder / "first.onnx", about)
    return folder / "first.keras"


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings in another manner: quicker, lower, louder."""
    folder = tmp_path_factory.mktemp("mine") / "mine"
    for index in range(5):
        notes = [(onset / 2, 0.0625, pitch - 24, 110) for onset, _, pitch, _ in tune(index, 60)]
        write_midi(folder / f"take {index}.mid", {"keys": notes})
    return folder


def test_it_gets_better_on_what_was_held_out_and_says_by_how_much(start, music, tmp_path):
    corpus = hold_out(ingest([music]), 0.2)
    adapted = finetune(start, corpus, tmp_path / "out", SHORT, music="five takes", quiet=True)
    assert adapted.after["total"] < adapted.before["total"] - 0.5
    total = sum(value for name, value in adapted.after.items() if name != "total")
    assert total == pytest.approx(adapted.after["total"], abs=0.001)
    assert [line.split()[0] for line in table(adapted).splitlines()[1:]] == ["before", "after", "change"]
    # Both figures are those that evaluate finds with the ONNX files, on the files held out.
    (tmp_path / "held").mkdir()
    for index in corpus.pieces("validation"):
        shutil.copy(music.parent / corpus.names[index], tmp_path / "held")
    for model, bits in ((start.with_suffix(".onnx"), adapted.before), (adapted.model, adapted.after)):
        found = evaluate(load(model), [tmp_path / "held"]).report()["bits"]
        assert found == pytest.approx(bits, abs=0.002)
    card = load(adapted.model).card
    assert (card.data, card.licence, card.attribution) == ("four tunes; five takes", "CC0", "somebody")
    assert load(adapted.model).velocity == pytest.approx((110, 0))
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {"best.keras", "best.json", "best.onnx", "best.8bit.onnx", "corpus.npz", "history.csv", "curves.png"}


def test_what_helps_nothing_leaves_the_network_as_it_was(start, music, tmp_path):
    corpus = hold_out(ingest([music]), 0.2)
    wild = replace(SHORT, learning_rate=50.0, clip=1e9, warm_up=0.0)
    adapted = finetune(start, corpus, tmp_path / "out", wild, music="five takes", quiet=True)
    assert adapted.after == adapted.before
    before, after = load_network(start).get_weights(), load_network(adapted.network).get_weights()
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True))
    assert load_card(adapted.network)["velocity"] == load_card(start)["velocity"]


def test_ctrl_c_keeps_the_best_so_far(start, music, tmp_path, monkeypatch):
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training.fit, "draw_curves", interrupt)
    monkeypatch.setattr(
        training.fit.Rounds, "interrupted", lambda self: training.fit.save_state(self._folder, self._state, self.model)
    )
    adapted = finetune(start, hold_out(ingest([music]), 0.2), tmp_path / "out", SHORT, music="takes", quiet=True)
    assert adapted.after["total"] < adapted.before["total"] and load(adapted.model)


def test_a_folder_with_a_training_run_is_left_alone(start, music, tmp_path, eagerly):
    corpus = hold_out(ingest([music]), 0.2)
    corpus.save(tmp_path / "c.npz")
    fit(tmp_path / "c.npz", tmp_path / "run", replace(TINY, steps=1), quiet=True)
    before = (tmp_path / "run" / "best.keras").read_bytes()
    with pytest.raises(UserError, match="holds a run of 'improv-train fit'"):
        finetune(start, corpus, tmp_path / "run", SHORT, music="takes", quiet=True)
    assert (tmp_path / "run" / "best.keras").read_bytes() == before


def test_whole_compositions_are_held_out_about_as_many_notes_as_asked(tmp_path):
    corpus = ingest([little_music(tmp_path / "music", 20)])
    found = hold_out(corpus, 0.25)
    assert np.bincount(found.splits).tolist() == [15, 5]
    assert hold_out(corpus, 0.25).splits.tolist() == found.splits.tolist()
    assert len(hold_out(ingest([little_music(tmp_path / "two", 2)]), 0.0).pieces("train")) == 1


def test_of_a_single_recording_the_end_is_held_out(tmp_path):
    corpus = ingest([little_music(tmp_path / "music", 1)])
    found = hold_out(corpus, 0.2)
    train, held = found.piece(0), found.piece(1)
    assert (len(train), len(held)) == (40, 10)
    assert np.concatenate([train, held]).tolist() == corpus.notes.tolist()
    assert found.pieces("train").tolist() == [0] and found.pieces("validation").tolist() == [1]
    with pytest.raises(UserError, match="2 notes in all: too few"):
        hold_out(ingest([write_midi(tmp_path / "a.mid", {"": [(0.0, 0.5, 60, 64), (1.0, 0.5, 62, 64)]})]), 0.2)


def of(notes: int) -> Corpus:
    """A corpus of so many training notes, one a quarter of a second."""
    from improv.encoding import NOTE_DTYPE

    played = np.zeros(notes, NOTE_DTYPE)
    played["onset"] = np.arange(notes) / 4
    name = np.array(["a"])
    return Corpus(played, np.array([0, notes]), name, name, np.zeros(1, np.uint8), np.zeros(1, np.uint8))


def test_too_little_music_says_how_much_there_is_and_how_much_would_do():
    assert too_little(of(20_000)) == ""
    said = too_little(of(481))
    assert "481 notes" in said and "(2 minutes)" in said and "10,000 (about 42 minutes" in said


def record(step: int, train: float, validation: float) -> dict[str, float]:
    return {"step": step, "train_total": train, "validation_total": validation}


def test_over_fitting_is_training_falling_while_held_out_rises():
    history = [record(0, 14, 14), record(20, 12, 13), record(40, 11, 13.5)]
    assert "after step 20" in over_fitted(history) and "12.00 to 11.00" in over_fitted(history)
    assert over_fitted(history[:2]) == ""
    assert over_fitted([*history[:2], record(40, 11, 13.01)]) == ""
    assert over_fitted([*history[:2], record(40, 12.5, 13.5)]) == ""


@pytest.mark.parametrize(
    ("line", "start", "music"),
    [
        ("{mine}", "default.keras", ["{mine}"]),
        ("default {mine}", "default.keras", ["{mine}"]),
        ("a.keras {mine}", "a.keras", ["{mine}"]),
        ("{mine} {mine}", "default.keras", ["{mine}", "{mine}"]),
    ],
)
def test_the_network_may_be_left_out(music_options, line, start, music):
    found, folders = start_and_music(music_options(line))
    assert (found.name, folders) == (start, [Path(word.format(mine=music_options.mine)) for word in music])


@pytest.fixture
def music_options(tmp_path):
    def options(line: str):
        return parser().parse_args(["finetune", *line.format(mine=tmp_path).split()])

    options.mine = tmp_path
    return options


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("default", ["default", "name a folder"]),
        ("a.keras", ["a.keras", "name a folder"]),
        ("nonsense {tmp}", ["nonsense", "'default'"]),
        ("default {tmp}/empty", ["empty: no music in this folder"]),
        ("{tmp}/none.keras {tmp}/music", ["none.keras: no such file"]),
        ("{tmp}/bad.keras {tmp}/music", ["bad.json: missing"]),
        ("{tmp}/foreign.keras {tmp}/music", ["foreign.keras: not a readable .keras file"]),
    ],
)
def test_bad_input_gets_one_line(tmp_path, capsys, line, words):
    (tmp_path / "empty").mkdir()
    little_music(tmp_path / "music", 2)
    (tmp_path / "bad.keras").write_text("nothing")
    (tmp_path / "foreign.keras").write_text("nothing")
    (tmp_path / "foreign.json").write_text(json.dumps({"velocity": [64, 20]}))
    assert main(["finetune", *line.format(tmp=tmp_path).split(), "-o", str(tmp_path / "out")]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert all(word in said for word in words), said


def test_as_it_is_typed(start, music, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sizes = "--steps 20 --crop 16 --batch 4 --learning-rate 0.01 --quiet"
    assert main(["finetune", str(start), str(music), *sizes.split()]) == 0
    said, noise = capsys.readouterr()
    assert "what was held out of mine (60 notes in 1 pieces)" in said
    assert "improv --model runs/mine/best.onnx" in said
    assert noise.splitlines()[0].startswith("improv-train: warning: little music: 240 notes")
    assert load(Path("runs/mine/best.onnx")).card.data == "four tunes; mine (5 recordings)"


def test_of_its_own_sessions_the_players_voice_alone_is_learned_from_unless_asked(
    start, tmp_path, capsys, monkeypatch, eagerly
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for index in range(3):
        voices = {"player": tune(index, 60), "improv": tune(index + 9, 72)[:40]}
        write_midi(tmp_path / "mine" / f"take {index}.mid", voices)
    sizes, trained_on = "--steps 2 --crop 16 --batch 4 --quiet", []
    for more in ([], ["--own-voice"]):
        assert main(["finetune", str(start), "mine", *sizes.split(), *more]) == 0
        trained_on.append(int(re.search(r"([\d,]+) notes to train on", capsys.readouterr().err)[1]))
    assert trained_on == [trained_on[0], trained_on[0] + 2 * 40]
