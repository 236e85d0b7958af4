"""Write a trained network as one ONNX step: state in, state out, sampling inside, all it needs in its metadata."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from improv.dials import WIDTH
from improv.encoding import COLUMNS, FIELDS, PAD_PITCH, PITCH, Order, Rows, as_array
from improv.model import DIALS, FORMAT_VERSION, METADATA_KEY, RECEPTIVE_FIELD, load
from improv.notes import Note
from improv.step import Floats
from training.networks.sampler import draw

OPSET = 17


@dataclass(frozen=True, slots=True)
class About:
    """What a model file says of itself. `velocity`: mean and standard deviation in the training data."""

    name: str
    data: str
    licence: str
    attribution: str
    velocity: tuple[float, float]


def export(network: Any, path: Path, about: About) -> None:
    """Write `network` to `path`. Needs TensorFlow; the network itself may have been trained on any backend."""
    import onnx

    model = to_onnx(network)
    encoding = network.config.encoding
    rows = probe_rows(encoding)
    dials = probe_dials(len(rows) + 1)
    scores, state = run_probe(network, rows, dials)
    meta = {
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
    onnx.helper.set_model_props(model, {METADATA_KEY: json.dumps(meta)})
    model.producer_name = "improv"
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    load(path)  # what onnxruntime cannot run, or computes otherwise than Keras, must not leave this room


def to_onnx(network: Any) -> Any:
    """The network's step as an onnx.ModelProto, inputs and outputs named as in improv.step."""
    import keras

    if keras.backend.backend() != "tensorflow":
        raise RuntimeError("exporting needs the TensorFlow backend: set KERAS_BACKEND=tensorflow")
    import tensorflow as tf
    import tf2onnx
    import tf2onnx.optimizer

    values, fields = network.config.encoding.offsets[-1], len(FIELDS)
    floats = {"state": network.state_size, "bias": values, "prior": values}
    floats |= dict.fromkeys(("weight", "temperature", "top_p", "u"), fields)
    signature = [
        tf.TensorSpec((None, None, len(COLUMNS)), tf.int32, name="rows"),
        tf.TensorSpec((None, None, WIDTH), tf.float32, name="dials"),
        *(tf.TensorSpec((None, width), tf.float32, name=name) for name, width in floats.items()),
    ]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def graph(rows: Any, dials: Any, state: Any, *how: Any) -> Any:
        return step(network, rows, dials, state, dict(zip(list(floats)[1:], how, strict=True)))

    # It turns every mean of a layer norm into a pooling that onnxruntime cannot fuse: 0.65 ms a step, 0.40 without.
    optimizers = tf2onnx.optimizer._get_optimizers()
    pooling = optimizers.pop("global_pool_optimizer", None)
    try:
        model, _ = tf2onnx.convert.from_function(graph, input_signature=signature, opset=OPSET)
    finally:
        if pooling is not None:
            optimizers["global_pool_optimizer"] = pooling
    return model


def step(network: Any, rows: Any, dials: Any, state: Any, how: dict[str, Any]) -> dict[str, Any]:
    """One step in keras.ops: what improv.step.Step holds, by name."""
    from keras import ops

    features, after = network.features(rows, state)
    # One row more than was fed: the features before each row, and those after the last.
    known = ops.concatenate([network.last_features(state)[:, None], features], axis=1)
    hidden = network.hidden(known, dials)
    before = hidden[:, :-1]
    heard, best = network.score(before, rows)
    drawn, raw, used = draw(network, hidden[:, -1], how)
    return {
        "heard": heard,
        "best_pitch": ops.cast(best, "int32"),
        "drawn": drawn,
        "raw": raw,
        "used": used,
        "state_out": after,
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
