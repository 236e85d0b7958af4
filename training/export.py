"""Write a trained network as one ONNX step: state in, state out, sampling inside, all it needs in its metadata."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from improv.encoding import COLUMNS, FIELDS, PAD_PITCH, PITCH, Order, Rows, as_array
from improv.model import FORMAT_VERSION, METADATA_KEY, RECEPTIVE_FIELD, load
from improv.notes import Note
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
    scores, state = run_probe(network, rows)
    meta = {
        "format_version": FORMAT_VERSION,
        "fields": list(FIELDS),
        "columns": list(COLUMNS),
        "receptive_field": RECEPTIVE_FIELD,
        "encoding": asdict(encoding),
        "state_size": network.state_size,
        "parameters": network.count_params(),
        **asdict(about),
        "probe": {"rows": rows.tolist(), "heard": _pack(scores), "state": _pack(state)},
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
    floats = {
        "state": network.state_size,
        "bias": values,
        "temperature": fields,
        "top_p": fields,
        "u": fields,
        "prior": 128,
    }
    signature = [
        tf.TensorSpec((None, None, len(COLUMNS)), tf.int32, name="rows"),
        *(tf.TensorSpec((None, width), tf.float32, name=name) for name, width in floats.items()),
        tf.TensorSpec((None,), tf.float32, name="weight"),
    ]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def graph(rows: Any, state: Any, bias: Any, temperature: Any, top_p: Any, u: Any, prior: Any, weight: Any) -> Any:
        how = {"bias": bias, "temperature": temperature, "top_p": top_p, "u": u, "prior": prior, "weight": weight}
        return step(network, rows, state, how)

    # It turns every mean of a layer norm into a pooling that onnxruntime cannot fuse: 0.65 ms a step, 0.40 without.
    optimizers = tf2onnx.optimizer._get_optimizers()
    pooling = optimizers.pop("global_pool_optimizer", None)
    try:
        model, _ = tf2onnx.convert.from_function(graph, input_signature=signature, opset=OPSET)
    finally:
        if pooling is not None:
            optimizers["global_pool_optimizer"] = pooling
    return model


def step(network: Any, rows: Any, state: Any, how: dict[str, Any]) -> dict[str, Any]:
    """One step in keras.ops: what improv.step.Step holds, by name."""
    from keras import ops

    hidden, after = network.hidden(rows, state)
    before = ops.concatenate([network.last_hidden(state)[:, None], hidden[:, :-1]], axis=1)
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


def run_probe(network: Any, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Scores (12, 5) of the probe's notes and the state (S,) after them, by the Keras network itself."""
    from keras import ops

    batch = ops.convert_to_tensor(rows[None])
    zeros = ops.zeros((1, network.state_size))
    hidden, state = network.hidden(batch, zeros)
    scores, _ = network.score(hidden[:, :-1], batch[:, 1:])
    real = rows[1:, PITCH] != PAD_PITCH
    return ops.convert_to_numpy(scores)[0][real], ops.convert_to_numpy(state)[0]


def _pack(values: np.ndarray) -> str:
    return base64.b64encode(np.asarray(values, "<f4").tobytes()).decode()
