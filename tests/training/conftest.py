"""A small network, exported once for all tests: the contract does not depend on its size or its training."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

import training.fit
from improv.dials import WIDTH
from improv.encoding import Encoding, Rows
from improv.model import OnnxModel, load
from improv.step import Floats
from training.building import Settings
from training.export import About, export
from training.networks.wavenet import WaveNet, WaveNetConfig

ABOUT = About("small", "random numbers", "MIT", "nobody", (64.0, 20.0))
SMALL = WaveNetConfig(channels=16, skip=24, hidden=20, head=12, dropout=0.0, dials=8)


@pytest.fixture(scope="package", autouse=True)
def blank_curves() -> Iterator[Callable[..., None]]:
    """Drawing a run's curves takes longer than its steps; they stay blank, but for who draws them with this."""
    with pytest.MonkeyPatch.context() as patch:
        draw = training.fit.draw_curves
        patch.setattr(training.fit, "draw_curves", lambda path, history: path.touch())
        yield draw


@pytest.fixture
def eagerly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train without a graph: for a few steps to make it takes longer than to do without."""
    compiled = training.fit.compile_network

    def compile_network(network: keras.Model, settings: Settings) -> None:
        compiled(network, settings)
        network.run_eagerly = True

    monkeypatch.setattr(training.fit, "compile_network", compile_network)


@pytest.fixture(scope="session")
def network() -> WaveNet:
    """An untrained WaveNet whose distributions are far from flat."""
    keras.utils.set_random_seed(1)
    model = WaveNet(replace(SMALL))
    model.build()
    for weight in model.trainable_weights:
        weight.assign(weight * 1.5)
    # Dials begin by saying nothing; these say something.
    kernel = model.dials[1].kernel
    kernel.assign(np.random.default_rng(1).normal(0, 0.5, kernel.shape))
    return model


@pytest.fixture(scope="session")
def onnx_path(network: WaveNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small network as an ONNX file."""
    path = tmp_path_factory.mktemp("model") / "small.onnx"
    export(network, path, ABOUT)
    return path


@pytest.fixture(scope="session")
def model(onnx_path: Path) -> OnnxModel:
    """The small network, loaded as the daemon loads it."""
    return load(onnx_path)


def random_rows(count: int, seed: int = 0, batch: int = 1) -> Rows:
    """Rows of any values the encoding has, shape (batch, count, 7)."""
    rng = np.random.default_rng(seed)
    limits = (*Encoding().sizes, 4096, 3)
    return np.stack([rng.integers(0, limit, (batch, count)) for limit in limits], -1).astype(np.int32)


def random_dials(count: int, seed: int = 0, batch: int = 1) -> Floats:
    """Dials of any values, shape (batch, count, WIDTH)."""
    return np.random.default_rng(seed).normal(0, 0.5, (batch, count, WIDTH)).astype(np.float32)
