"""What computes a model in playing: which file of it, on which of onnxruntime's providers.

1. A model is two files: `mine.onnx` in single precision, which every provider runs and which is judged, and
   `mine.8bit.onnx` beside it, whose weights are a quarter of the size. The processor plays from that one, as reading
   weights is what a step takes longest for. Others would hand its operators back to the processor.
2. The 8-bit file is passed over if it was not made from the other, or if this processor or this onnxruntime does not
   compute with it what it should.
3. `auto` takes what is fastest here, by a short measurement; the processor alone is not measured, so that the same
   machine plays from the same file.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import numpy as np

from improv import clock, model
from improv.dials import WIDTH
from improv.errors import UserError
from improv.model import OnnxModel
from improv.step import read_only

AUTO = "auto"
#: Steps by which providers are compared, after as many to warm up.
STEPS = 30


def eight_bit(path: Path) -> Path:
    """Where the file with 8-bit weights lies that belongs to the model at `path`."""
    return path.with_suffix(".8bit.onnx")


def load_to_play(path: Path, provider: str = "cpu") -> OnnxModel:
    """The model at `path` for playing, computed by `provider`, or with "auto" by the fastest at hand.

    Raises UserError as improv.model.load does.
    """
    if provider == "cpu" or (provider == AUTO and model.available() == ["cpu"]):
        return _on_processor(path)
    if provider != AUTO:
        return model.load(path, provider)
    found = [_on_processor(path)]
    for other in model.available():
        with contextlib.suppress(UserError):  # installed is not yet there: drivers may be missing
            if other != "cpu":
                found.append(model.load(path, other))
    return min(found, key=_seconds_a_step)


def _on_processor(path: Path) -> OnnxModel:
    small = eight_bit(path)
    if small.is_file() and path.is_file():
        with contextlib.suppress(UserError):
            found = model.load(small)
            if found.made_from == hashlib.sha256(path.read_bytes()).hexdigest():
                return found
    return model.load(path)


def _seconds_a_step(one: OnnxModel) -> float:
    """The median over STEPS steps of playing."""
    how = read_only(one.encoding)
    rows, dials, state = one.encoding.pad(1)[None], np.zeros((1, 2, WIDTH), np.float32), one.start()
    spent = []
    for _ in range(2 * STEPS):
        began = clock.now()
        state = one.step(rows, dials, state, how).state
        spent.append(clock.now() - began)
    return float(np.median(spent[STEPS:]))
