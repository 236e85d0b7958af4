"""Write a trained network as one ONNX step: state in, state out, sampling inside, all it needs in its metadata."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, helper

from improv.dials import WIDTH
from improv.encoding import COLUMNS, FIELDS, PAD_PITCH, PITCH, Order, Rows, as_array
from improv.model import DIALS, FORMAT_VERSION, METADATA_KEY, RECEPTIVE_FIELD, load
from improv.notes import Note
from improv.providers import eight_bit
from improv.step import Floats
from training.graphs.builder import Graph
from training.graphs.eightbit import EightBit
from training.graphs.step import step
from training.networks.wavenet import WaveNet


@dataclass(frozen=True, slots=True)
class About:
    """What a model file says of itself. `velocity`: mean and standard deviation in the training data."""

    name: str
    data: str
    licence: str
    attribution: str
    velocity: tuple[float, float]


def export(network: Any, path: Path, about: About) -> None:
    """Write `network` to `path`, and a WaveNet with 8-bit weights beside it (improv.providers.eight_bit).

    Other networks need TensorFlow; which backend they were trained on does not matter.
    """
    meta = _metadata(network, about)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(step(network, Graph()), path, meta | {"bits": 32})
    if not isinstance(network, WaveNet):  # traced, they would keep most of their weights as they are
        return
    made_from = hashlib.sha256(path.read_bytes()).hexdigest()
    _write(step(network, EightBit()), eight_bit(path), meta | {"bits": 8, "made_from": made_from})


def _write(model: ModelProto, path: Path, meta: dict[str, Any]) -> None:
    helper.set_model_props(model, {METADATA_KEY: json.dumps(meta)})
    onnx.save(model, path)
    load(path)  # what onnxruntime cannot run, or computes otherwise than Keras, must not leave this room


def _metadata(network: Any, about: About) -> dict[str, Any]:
    encoding = network.config.encoding
    rows = probe_rows(encoding)
    dials = probe_dials(len(rows) + 1)
    scores, state = run_probe(network, rows, dials)
    return {
        "format_version": FORMAT_VERSION,
        "fields": list(FIELDS),
        "columns": list(COLUMNS),
        "dials": DIALS,
        "receptive_field": network.receptive_field,
        "encoding": asdict(encoding),
        "state_size": network.state_size,
        "parameters": network.count_params(),
        **asdict(about),
        "probe": {"rows": rows.tolist(), "dials": _pack(dials), "heard": _pack(scores), "state": _pack(state)},
    }


def probe_rows(encoding: Any) -> Rows:
    """A short made-up phrase behind 32 padding rows, shape (44, 7): the same for every model with this encoding."""
    notes = [Note(0.25 * i, 60 + (7 * i) % 12, 40 + 5 * i, 0.125 * (1 + i % 4)) for i in range(10)]
    notes += [Note(0.5, 48, 50, 1.5), Note(1.5, 43, 55, 0.75)]
    rows = encoding.encode(as_array(notes), Order.LEAD_FIRST)
    return np.concatenate([encoding.pad(RECEPTIVE_FIELD), rows])


def probe_dials(count: int) -> Floats:
    """Dials of any values, shape (count, WIDTH): the same for every model."""
    return np.random.default_rng(0).normal(0, 0.5, (count, WIDTH)).astype(np.float32)


def run_probe(network: Any, rows: Rows, dials: Floats) -> tuple[Floats, Floats]:
    """Scores (12, 5) of the probe's notes and the state (S,) after them, by the Keras network itself."""
    from keras import ops

    features, state = network.features(ops.convert_to_tensor(rows[None]), ops.zeros((1, network.state_size)))
    hidden = network.hidden(features[:, :-1], dials[None, 1:-1])
    scores, _ = network.score(hidden, ops.convert_to_tensor(rows[None, 1:]))
    real = rows[1:, PITCH] != PAD_PITCH
    return ops.convert_to_numpy(scores)[0][real], ops.convert_to_numpy(state)[0]


def _pack(values: Floats) -> str:
    return base64.b64encode(np.asarray(values, "<f4").tobytes()).decode()
