"""What loading a model refuses, and on what it computes. What it computes is tests/training/test_export.py's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from improv import app, config, model, providers
from improv.config import Config
from improv.errors import UserError
from improv.resources import default_model


def refused(path: Path, provider: str = "cpu") -> str:
    """The one line with which a file or a provider is refused."""
    with pytest.raises(UserError) as error:
        model.load(path, provider)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("load", [model.load, providers.load_to_play])
def test_the_model_that_comes_with_improv_loads_and_says_whose_it_is(load: Callable[[Path], model.OnnxModel]) -> None:
    loaded = load(default_model())
    assert loaded.bits == (32 if load is model.load else 8)
    assert loaded.card.licence and loaded.card.attribution and loaded.card.parameters > 0
    assert loaded.start(2).shape[0] == 2
    assert np.array_equal(loaded.start(2)[0], loaded.start()[0])


@pytest.mark.parametrize("kept", [0, 4, 1000, 1_000_000])
def test_a_file_that_is_cut_short_is_refused_by_name(
    kept: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(default_model().read_bytes()[:kept])
    assert refused(path).startswith(f"{path}: ")
    assert capfd.readouterr() == ("", "")


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"MThd\0\0\0\6\0\0\0\1\0\x60")
    assert refused(path).startswith(f"{path}: not a readable ONNX file")


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.onnx") == f"{tmp_path / 'none.onnx'}: no such model file"
    assert refused(tmp_path) == f"{tmp_path}: no such model file"


def test_a_provider_that_is_not_installed_is_one_line_with_what_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["AzureExecutionProvider", "CPUExecutionProvider"])
    line = 'provider "cuda" is not in the onnxruntime installed here; it has cpu'
    assert refused(default_model(), "cuda") == line


def test_a_provider_that_is_installed_and_does_not_start_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    real = ort.InferenceSession

    def without_driver(path: Path, options: Any, providers: list[str], **rest: Any) -> Any:
        assert providers == ["CUDAExecutionProvider"]
        return real(path, options, providers=["CPUExecutionProvider"], **rest)  # as onnxruntime does, silently

    monkeypatch.setattr(ort, "get_available_providers", lambda: list(model.PROVIDERS.values()))
    monkeypatch.setattr(ort, "InferenceSession", without_driver)
    assert 'provider "cuda" does not start here' in refused(default_model(), "cuda")


def test_the_setting_reaches_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(providers, "load_to_play", lambda path, provider: asked.append(provider))
    app.load_model(Config(config.defaults()))
    app.load_model(Config({**config.defaults(), "model.provider": "cuda"}))
    assert asked == ["cpu", "cuda"]
