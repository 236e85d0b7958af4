"""Training runs of seconds: what they leave behind, and that a run broken off goes on as if it had not been."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import training.fit
from improv.encoding import Encoding
from improv.errors import UserError
from tests.training.midifiles import little_music
from training.building import Settings, build, compile_network
from training.checkpoint import State, load_card, load_network, load_state
from training.corpus import ingest
from training.fit import Rounds, fit
from training.objective import rate

TINY = Settings(
    channels=8,
    skip=8,
    hidden=8,
    pointwise=0,
    dropout=0.0,
    crop=16,
    batch=4,
    steps=40,
    validate_every=20,
    checkpoint_every=0.0,
    learning_rate=0.01,
)
SIZE = "--channels 8 --skip 8 --hidden 8 --pointwise 0 --dropout 0"
OPTIONS = f"{SIZE} --crop 16 --batch 4 --learning-rate 0.01 --checkpoint-every 0"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    music = little_music(folder / "music", 5)
    ingest([music], named={"validation": ["piece-0"], "test": ["piece-1"]}).save(folder / "corpus.npz")
    return folder / "corpus.npz"


@pytest.fixture(scope="module")
def beside(corpus: Path) -> Iterator[subprocess.Popen[str]]:
    """A run in a process of its own, which goes on and on, into the folder "killed"."""
    command = [sys.executable, "-m", "training.cli", "fit", str(corpus), "-o", str(corpus.parent / "killed")]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [*command, *OPTIONS.split(), "--steps", "1000000", "--validate-every", "20"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def run(corpus: Path, beside: object, blank_curves: Callable[..., None]) -> Iterator[Path]:
    """A run of 40 steps that was left alone."""
    folder = corpus.parent / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.fit, "draw_curves", blank_curves)
        assert fit(corpus, folder, TINY, quiet=True) == folder / "best.keras"
    yield folder


def weights(folder: Path) -> np.ndarray:
    network = build(TINY, Encoding())
    compile_network(network, TINY)
    state = load_state(folder)
    assert state is not None
    network.load_weights(folder / state.weights)
    return np.concatenate([w.ravel() for w in network.get_weights()])


def test_a_run_learns_and_leaves_its_best_network_history_and_curves(run):
    with (run / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [int(row["step"]) for row in history] == [20, 40]
    assert [int(row["notes_seen"]) for row in history] == [20 * 4 * 16, 40 * 4 * 16]
    totals = [float(row["validation_total"]) for row in history]
    assert totals[1] < totals[0] - 0.5
    fields = sum(float(history[1][f"validation_{name}"]) for name in ("ioi", "pitch", "velocity", "duration"))
    assert fields == pytest.approx(totals[1], abs=0.001)
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    network = load_network(run / "best.keras")
    assert network.config.channels == 8
    mean, spread = load_card(run / "best.keras")["velocity"]
    assert 40 < mean < 80 and 0 < spread < 20


def test_a_run_killed_outright_is_resumed(corpus, beside):
    folder = corpus.parent / "killed"
    seen = []
    for line in beside.stderr:
        seen.append(line)
        if line.startswith("step 60,"):  # so what followed step 40 has been saved
            break
    beside.send_signal(signal.SIGKILL)
    beside.wait()
    assert [line.split(",")[0] for line in seen] == ["step 20", "step 40", "step 60"]  # and nothing of TensorFlow's
    state = load_state(folder)
    assert state is not None and state.step >= 40
    fit(corpus, folder, replace(TINY, steps=state.step + 20), quiet=True)
    after = load_state(folder)
    assert after is not None and after.finished and after.step == state.step + 20
    assert after.history[: len(state.history)] == state.history
    assert after.seconds > state.seconds


def test_the_best_network_scores_what_the_history_says(run, corpus):
    from training.corpus import Corpus
    from training.dataset import bin_bits, held_out

    network = load_network(run / "best.keras")
    batch = held_out(Corpus.load(corpus), network.config.encoding, "validation", crop=16)
    bits = -np.asarray(network(batch.inputs)) / math.log(2) + bin_bits(network.config.encoding, batch.rows[:, 1:])
    total = (bits[..., 1:].sum(-1) * batch.weight).sum() / batch.weight.sum()
    assert total == pytest.approx(load_card(run / "best.keras")["reached"]["validation_total"], abs=0.001)


def test_an_interrupted_run_goes_on_to_the_same_weights(corpus, run, monkeypatch):
    folder = corpus.parent / "interrupted"
    real, calls = training.fit.draw_curves, []

    def interrupt(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(training.fit, "draw_curves", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit(corpus, folder, TINY, quiet=True)
    state = load_state(folder)
    assert state is not None and (state.step, state.finished) == (20, False)
    fit(corpus, folder, TINY, quiet=True)
    assert weights(folder) == pytest.approx(weights(run), abs=1e-5)


def test_a_finished_run_is_not_run_again_but_goes_on_with_a_larger_budget(run):
    before = (run / "state.json").read_bytes()
    corpus = run.parent / "corpus.npz"
    fit(corpus, run, TINY, quiet=True)
    assert (run / "state.json").read_bytes() == before


def test_other_options_do_not_mix_into_a_run(run):
    corpus = run.parent / "corpus.npz"
    with pytest.raises(UserError, match="holds a run with --channels 8, not 16"):
        fit(corpus, run, replace(TINY, channels=16), quiet=True)


def test_it_stops_when_nothing_gets_better(corpus):
    folder = corpus.parent / "stale"
    fit(corpus, folder, replace(TINY, learning_rate=1e-12, steps=10_000, patience=2), quiet=True)
    state = load_state(folder)
    assert state is not None and state.finished and state.step == 60


def test_a_budget_of_minutes_counts_those_before_a_kill(tmp_path):
    moments = iter([1000.0, 1000.0, 1030.0])
    settings = replace(TINY, steps=None, minutes=2.0, warm_up=0.0, schedule="linear")
    state = State({}, seconds=60.0)
    rounds = Rounds(tmp_path, state, settings, (None, None), {}, quiet=True, clock=lambda: next(moments))
    model = SimpleNamespace(optimizer=SimpleNamespace(learning_rate=None))
    rounds.set_model(model)
    rounds.on_epoch_begin(0)  # 60 seconds before, 30 now: a quarter is left
    assert model.optimizer.learning_rate == pytest.approx(0.25 * 0.01)
    rounds.close()


def test_minutes_may_be_the_processors(corpus, monkeypatch, eagerly):
    """It ends in the middle of a round, as soon as the clock that was asked for says so."""
    moments = count(0.0, 1.0)
    monkeypatch.setitem(training.fit.CLOCKS, "cpu", lambda: next(moments))
    folder = corpus.parent / "cpu"
    fit(corpus, folder, replace(TINY, steps=None, minutes=0.1, clock="cpu"), quiet=True)
    state = load_state(folder)
    assert state is not None and state.finished and state.step < 20
    assert state.seconds == pytest.approx(6, abs=2)
    with pytest.raises(UserError, match="holds a run with --clock cpu, not wall"):
        fit(corpus, folder, replace(TINY, steps=None, minutes=0.1), quiet=True)


def test_a_corpus_without_validation_pieces_is_one_line(tmp_path):
    ingest([little_music(tmp_path / "music", 2)], named={"validation": []}).save(tmp_path / "c.npz")
    with pytest.raises(UserError, match="no validation pieces"):
        fit(tmp_path / "c.npz", tmp_path / "run", TINY)


@pytest.mark.parametrize("content", ["{", '{"nonsense": 1}'])
def test_a_damaged_state_is_one_line(corpus, tmp_path, content):
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(UserError, match=r"state.json: damaged.*--fresh"):
        fit(corpus, tmp_path, TINY)


def test_a_damaged_checkpoint_is_one_line(corpus, tmp_path):
    (tmp_path / "checkpoint-1.weights.h5").write_text("nothing")
    state = State(asdict(TINY), weights="checkpoint-1.weights.h5")
    (tmp_path / "state.json").write_text(json.dumps(asdict(state)))
    with pytest.raises(UserError, match=r"checkpoint-1.*damaged.*--fresh"):
        fit(corpus, tmp_path, TINY)


def test_foreign_networks_are_one_line(tmp_path):
    import keras

    with pytest.raises(UserError, match="no such file"):
        load_network(tmp_path / "none.keras")
    (tmp_path / "a.keras").write_text("nothing")
    with pytest.raises(UserError, match="not a readable"):
        load_network(tmp_path / "a.keras")
    other = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    other.save(tmp_path / "b.keras")
    with pytest.raises(UserError, match="not an improv network"):
        load_network(tmp_path / "b.keras")
    with pytest.raises(UserError, match=r"b.json: missing"):
        load_card(tmp_path / "b.keras")
    (tmp_path / "b.json").write_text(json.dumps({"velocity": 3}))
    with pytest.raises(UserError, match=r"b.json: damaged"):
        load_card(tmp_path / "b.keras")


def test_the_rate_rises_then_falls():
    assert rate(0, 1.0, 0.1) == 0.02
    assert rate(0.05, 1.0, 0.1) == 0.5
    assert rate(0.1, 1.0, 0.1) == 1.0
    assert rate(0.55, 1.0, 0.1) == pytest.approx(0.5)
    assert rate(0.325, 1.0, 0.1, "linear") == pytest.approx(0.75)
    assert rate(1, 1.0, 0.1) == rate(2, 1.0, 0.1, "linear") == 0.01
