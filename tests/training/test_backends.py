"""Trained on JAX, played from ONNX: the same code on another backend, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from keras import ops

from improv.model import load
from improv.step import controls
from tests.errands import Errand
from tests.training.conftest import ABOUT, random_dials, random_rows
from tests.training.midifiles import little_music
from training.checkpoint import load_network
from training.corpus import ingest
from training.dataset import CONTEXT
from training.export import export
from training.networks import NAMES

TOP = Path(__file__).parents[2]
ON_JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
#: In the other process: fit each kind, and say what it makes of some rows.
PROGRAM = """
import sys
from pathlib import Path
import keras
import numpy as np
from training.building import Settings
from training.checkpoint import load_network
from training.fit import fit
from training.networks import NAMES

assert keras.backend.backend() == "jax"
folder = Path(sys.argv[1])
given = np.load(folder / "given.npz")
sizes = dict(channels=16, skip=16, hidden=16, pointwise=0, dials=8)
for kind in NAMES:
    settings = Settings(network=kind, crop=16, batch=2, steps=3, validate_every=3, learning_rate=0.01, **sizes)
    network = load_network(fit(folder / "corpus.npz", folder / kind, settings, quiet=True))
    np.save(folder / f"{kind}.npy", network.predict((given["rows"], given["dials"][:, 1:-1]), verbose=0))
"""


HOME = tempfile.TemporaryDirectory(prefix="improv-jax-")


def on_jax(folder: Path) -> Path:
    """Fit each kind on JAX, in another process, which leaves there the runs and their scores of some rows."""
    music = little_music(folder / "music", 3)
    ingest([music], named={"validation": ["piece-0"], "test": ["piece-1"]}).save(folder / "corpus.npz")
    np.savez(folder / "given.npz", rows=random_rows(48), dials=random_dials(49))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)],
        # Compiling takes far longer than three steps do.
        env={**os.environ, **ON_JAX, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1", "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


RUNS = Errand(lambda: on_jax(Path(HOME.name)))


@pytest.fixture
def folder() -> Path:
    return RUNS.result()


@pytest.mark.parametrize("kind", NAMES)
def test_a_network_trained_on_jax_scores_the_same_on_tensorflow(folder: Path, kind: str) -> None:
    network = load_network(folder / kind / "best.keras")
    here = ops.convert_to_numpy(network((random_rows(48), random_dials(49)[:, 1:-1])))
    np.testing.assert_allclose(here, np.load(folder / f"{kind}.npy"), atol=2e-5, rtol=1e-5)


def test_a_network_trained_on_jax_plays_from_onnx(folder: Path) -> None:
    rows, dials, there = random_rows(48), random_dials(49), np.load(folder / "wavenet.npy")
    export(load_network(folder / "wavenet" / "best.keras"), folder / "wavenet.onnx", ABOUT)
    model = load(folder / "wavenet.onnx")
    heard = model.step(rows, dials, model.start() * 0, controls(model.encoding, np.random.default_rng(0))).heard[0]
    np.testing.assert_allclose(heard[CONTEXT:], there[0, CONTEXT - 1 :], atol=2e-5, rtol=1e-5)
