"""The files a network is exported to: in single precision and with 8-bit weights, and what plays from which."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from improv import providers
from improv.encoding import FIELDS, Encoding
from improv.model import METADATA_KEY, PROBE_TOLERANCE, OnnxModel, load
from improv.providers import eight_bit, load_to_play
from improv.step import controls
from tests.training.conftest import random_dials, random_rows

ENCODING = Encoding()
OVERFLOW = Path(__file__).with_name("overflow.py")


def small(onnx_path: Path) -> OnnxModel:
    return load(eight_bit(onnx_path))


def test_both_files_hold_the_network_within_what_is_said_of_them(model: OnnxModel, onnx_path: Path) -> None:
    other, rows, dials = small(onnx_path), random_rows(40), random_dials(41)
    how = controls(ENCODING, np.random.default_rng(0))
    exact, near = (one.step(rows, dials, one.start(), how) for one in (model, other))
    assert (model.bits, other.bits) == (32, 8)
    assert 0 < np.abs(exact.heard - near.heard).max() < PROBE_TOLERANCE[8]
    assert 0 < np.abs(exact.state - near.state).max() < PROBE_TOLERANCE[8]


@pytest.mark.parametrize(("batch", "count"), [(1, 1), (1, 32), (16, 1), (3, 5)])
def test_eight_bits_take_any_number_of_rows_and_drafts(onnx_path: Path, batch: int, count: int) -> None:
    """All at once as one by one: what is quantised on the way is quantised row by row."""
    model, rows, dials = small(onnx_path), random_rows(count, batch=batch), random_dials(count + 1, batch=batch)
    how = controls(ENCODING, np.random.default_rng(1), batch=batch)
    at_once = model.step(rows, dials, model.start(batch), how)
    state = model.start(batch)
    for k in range(count):
        last = model.step(rows[:, k : k + 1], dials[:, k : k + 2], state, how)
        np.testing.assert_allclose(last.heard[:, 0], at_once.heard[:, k], atol=1e-4)
        state = last.state
    np.testing.assert_allclose(state, at_once.state, atol=1e-4)
    for field in range(len(FIELDS)):
        np.testing.assert_allclose(at_once.used[:, ENCODING.field(field)].sum(1), 1, atol=1e-5)


def test_the_processor_plays_from_the_small_file(onnx_path: Path) -> None:
    assert load_to_play(onnx_path).bits == 8
    assert load_to_play(onnx_path, "auto").bits == 8  # where there is nothing else


def test_a_small_file_that_is_missing_broken_or_another_models_is_passed_over(onnx_path: Path, tmp_path: Path) -> None:
    path = shutil.copy(onnx_path, tmp_path / "mine.onnx")
    assert load_to_play(path).bits == 32
    eight_bit(path).write_bytes(eight_bit(onnx_path).read_bytes()[:10_000])
    assert load_to_play(path).bits == 32
    shutil.copy(eight_bit(onnx_path), eight_bit(path))
    assert load_to_play(path).bits == 8
    retrained = onnx.load(path)
    meta = json.loads(retrained.metadata_props[0].value)
    onnx.helper.set_model_props(retrained, {METADATA_KEY: json.dumps(meta | {"name": "another"})})
    onnx.save(retrained, path)
    assert load_to_play(path).bits == 32


def test_auto_takes_the_fastest(monkeypatch: pytest.MonkeyPatch, onnx_path: Path) -> None:
    """A card that is at hand and starts, one that does not start; which is faster is the measurement's to say."""
    loaded = {"cpu": small(onnx_path), "cuda": load(onnx_path)}
    monkeypatch.setattr(providers.model, "available", lambda: ["cpu", "cuda", "coreml"])
    real = load

    def without_driver(path: Path, provider: str = "cpu") -> OnnxModel:
        if provider == "coreml":
            raise providers.UserError("does not start here")
        return loaded["cuda"] if provider == "cuda" else real(path)

    monkeypatch.setattr(providers.model, "load", without_driver)
    for fast in (8, 32):
        monkeypatch.setattr(providers, "_seconds_a_step", lambda one, fast=fast: 1.0 if one.bits == fast else 2.0)
        assert load_to_play(onnx_path, "auto").bits == fast


def test_products_of_eight_bits_do_not_overflow() -> None:
    said = subprocess.run([sys.executable, OVERFLOW], capture_output=True, text=True)
    assert (said.returncode, said.stdout.strip()) == (0, "exact"), said.stderr


@pytest.mark.skipif(shutil.which("qemu-x86_64") is None and not os.environ.get("CI"), reason="no qemu-user")
def test_they_do_not_on_a_processor_without_instructions_for_them_either() -> None:
    """A Haswell has AVX2 and no VNNI: pairs of 8-bit products are added in 16 bits there."""
    command = ["qemu-x86_64", "-cpu", "Haswell", sys.executable, OVERFLOW]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert (said.returncode, said.stdout.strip()) == (0, "exact"), said.stderr
