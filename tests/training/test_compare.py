"""The comparison: what it trains, what it scores, and that the likeliest pitch is right with memory too."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

import training.comparison.runs as runs
from improv.encoding import FIELDS, IOI, PITCH, Encoding
from improv.errors import UserError
from improv.memory import Memory
from improv.model import OnnxModel
from tests.training.midifiles import little_music, tune, write_midi
from training import cli
from training.commands import compare
from training.comparison.report import COLUMNS
from training.comparison.rivals import (
    MEMORY,
    UNIGRAM,
    by_chance,
    even,
    foresee,
    guesses_with_memory,
    held_out,
    measure,
    performance,
    unigram,
)
from training.corpus import Corpus, ingest
from training.evaluate import listen, score
from training.networks import NAMES

ENCODING = Encoding()
TINY = "--minutes 0.001 --channels 8 --skip 8 --hidden 8 --pointwise 0 --dials 0 --crop 32 --batch 2"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of two folders, each with a piece held out."""
    folder = tmp_path_factory.mktemp("compare")
    music = [little_music(folder / "one", 3), folder / "two"]
    for index in range(2):
        write_midi(folder / "two" / f"song-{index}.mid", {"": tune(10 + index)})
    ingest(music, named={"validation": ["piece-0"], "test": ["piece-1", "song-1"]}).save(folder / "corpus.npz")
    return folder / "corpus.npz"


@pytest.fixture(scope="module")
def corpus(path: Path) -> Corpus:
    return Corpus.load(path)


def test_a_network_asked_note_by_note_says_what_it_says_at_once(corpus: Corpus, model: OnnxModel) -> None:
    """Pieces of any lengths, read side by side."""
    performances = [performance(corpus, index) for index in corpus.pieces("test")]
    performances.insert(0, performances[0].passage(20, len(performances[0].notes)))
    for arranged, seen in zip(performances, foresee(model, performances), strict=True):
        rows, heard, best = listen(model, arranged)
        np.testing.assert_allclose(seen.heard[1:], heard[1:], atol=1e-4)
        np.testing.assert_allclose(seen.pitch[1:].sum(-1), 1, atol=1e-4)
        chosen = seen.pitch[np.arange(len(rows)), rows[:, PITCH]]
        np.testing.assert_allclose(np.log(chosen[1:]), heard[1:, PITCH], atol=1e-4)
        assert np.array_equal(seen.pitch[1:].argmax(-1), best[1:])


def test_the_likeliest_pitch_with_memory_is_that_of_the_mixture(corpus: Corpus) -> None:
    """Of all 128 pitches, the one to which the memory, asked for its mixture, gives most."""
    rows = ENCODING.rows(performance(corpus, corpus.pieces("test")[0]))
    seen = by_chance(unigram(corpus, ENCODING), ENCODING, rows)
    guessed = guesses_with_memory(rows, seen)
    for index in (5, 20, len(rows) - 1):
        chances = []
        for pitch in range(128):
            memory = Memory()
            for row, chance in zip(rows[:index].tolist(), seen.heard[:, PITCH].tolist(), strict=False):
                memory.learn(row[PITCH], row[IOI] > 0, chance)
            chances.append(memory.learn(pitch, bool(rows[index, IOI] > 0), math.log(seen.pitch[index, pitch])))
        assert guessed[index] == int(np.argmax(chances))


def test_a_unigram_costs_the_entropy_of_what_was_counted(corpus: Corpus) -> None:
    counted = [ENCODING.rows(performance(corpus, index))[1:, PITCH] for index in corpus.pieces("train")]
    counts = 1 + np.bincount(np.concatenate(counted), minlength=128)
    expected = -np.log2(counts / counts.sum())
    index = int(corpus.pieces("test")[0])
    rows = ENCODING.rows(performance(corpus, index))
    found = by_chance(unigram(corpus, ENCODING), ENCODING, rows)
    np.testing.assert_allclose(found.heard[:, PITCH] / -np.log(2), expected[rows[:, PITCH]], rtol=1e-5)
    flat = by_chance(even(ENCODING), ENCODING, rows)
    np.testing.assert_allclose(flat.heard, np.broadcast_to(-np.log(ENCODING.sizes), (len(rows), 5)), rtol=1e-5)


def test_each_set_is_scored_as_evaluate_does(corpus: Corpus, model: OnnxModel, onnx_path: Path) -> None:
    assert {name: len(pieces) for name, pieces in held_out(corpus).items()} == {"one": 1, "two": 1}
    found = measure(corpus, {"small": onnx_path})
    assert list(found) == ["one", "two"]
    assert list(found["one"]) == ["small", "small + memory", MEMORY, UNIGRAM]
    for name, pieces in held_out(corpus).items():
        wanted = score(model, performance(corpus, pieces[0]), label=False, memory=True).report()
        alone, both = (found[name][rival].report() for rival in ("small", "small + memory"))
        assert alone["notes"] == wanted["notes"]
        assert alone["pitch_accuracy"] == wanted["pitch_accuracy"]
        for field in (*FIELDS, "total"):
            assert alone["bits"][field] == pytest.approx(wanted["bits"][field], abs=2e-3)
            assert both["bits"][field] == pytest.approx(wanted["bits_memory"][field], abs=2e-2)


@pytest.mark.usefixtures("eagerly")
def test_the_command_trains_scores_and_writes_one_table(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[list[str]] = []

    def here(command: list[str], **rest: object) -> subprocess.CompletedProcess[str]:
        ran.append(command[3:])
        return subprocess.CompletedProcess(command, cli.main(command[3:]))

    monkeypatch.setattr(runs.subprocess, "run", here)  # a process for each would take longer than the rest
    arguments = ["compare", str(path), "-o", str(tmp_path / "out"), "--workers", "1", *TINY.split()]
    assert cli.main(arguments) == 0
    crops = {
        words[words.index("--network") + 1]: words[words.index("--crop") + 1] for words in ran if words[0] == "fit"
    }
    assert crops == {"wavenet": "32", "lstm": "32", "lstm-carried": "32", "article": "1"}
    assert [words[0] for words in ran] == ["fit", "export"] * len(NAMES)
    said = json.loads((tmp_path / "out" / "compare.json").read_text())
    assert list(said["networks"]) == list(NAMES)
    assert said["command"] == "improv-train compare corpus.npz " + TINY
    table = said["sets"]["two"]
    assert table["wavenet"]["bits"]["total"] < 40
    page = (tmp_path / "out" / "compare.md").read_text()
    alone = [f"{table[MEMORY]['bits'][column]:.3f}" for column in COLUMNS]
    assert f"| {MEMORY} | {' | '.join(alone)} |" in page
    assert "wavenet against lstm on two" in capsys.readouterr().out
    assert (tmp_path / "out" / "compare.png").read_bytes().startswith(b"\x89PNG")
    # What is trained stays trained.
    before = (tmp_path / "out" / "lstm" / "state.json").read_bytes()
    ran.clear()
    assert cli.main(arguments) == 0
    assert [words[0] for words in ran] == ["fit"] * len(NAMES)
    assert (tmp_path / "out" / "lstm" / "state.json").read_bytes() == before


def test_a_run_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(command: list[str], **rest: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 2)

    monkeypatch.setattr(runs.subprocess, "run", fails)
    with pytest.raises(UserError, match=r"'improv-train fit .*' failed"):
        runs.train(tmp_path / "c.npz", tmp_path, runs.Plan(1.0, 64, {}))


def test_the_command_line_is_said_without_what_is_usual() -> None:
    options = cli.parser().parse_args(["compare", "runs/c.npz", "--precision", "bfloat16", "--batch", "32"])
    assert compare.command(options) == "improv-train compare c.npz --minutes 10 --precision bfloat16"
