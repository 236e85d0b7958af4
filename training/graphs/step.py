"""The whole step (improv.step) of a network as one ONNX model."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto

from improv.dials import WIDTH
from improv.encoding import COLUMNS, FIELDS
from training.graphs import heads, traced, wavenet
from training.graphs.builder import Graph
from training.networks.wavenet import WaveNet


def step(network: Any, graph: Graph) -> ModelProto:
    """The step of a network, built in `graph`, which is empty; inputs and outputs are named as in improv.model."""
    body = wavenet.features if isinstance(network, WaveNet) else traced.features
    features, last = body(graph, network)
    # One row more than was fed: the features before each row, and those after the last.
    first = graph.op("Unsqueeze", last, graph.constant([1], np.int64))
    spread = heads.hidden(graph, network, graph.op("Concat", first, features, axis=1))
    minus_one, zero, axis = (graph.constant([value], np.int64) for value in (-1, 0, 1))
    heads.score(graph, network, graph.op("Slice", spread, zero, minus_one, axis))
    heads.draw(graph, network, graph.op("Gather", spread, graph.constant(-1, np.int64), axis=1))
    values, fields = network.config.encoding.offsets[-1], len(FIELDS)
    floats = {"state": network.state_size, "bias": values, "prior": values}
    floats |= dict.fromkeys(("weight", "temperature", "top_p", "u"), fields)
    inputs = {"rows": (TensorProto.INT32, ("B", "K", len(COLUMNS)))}
    if network.config.dials:
        inputs["dials"] = (TensorProto.FLOAT, ("B", "L", WIDTH))
    inputs |= {name: (TensorProto.FLOAT, ("B", width)) for name, width in floats.items()}
    outputs = {
        "heard": (TensorProto.FLOAT, ("B", "K", fields)),
        "best_pitch": (TensorProto.INT32, ("B", "K")),
        "drawn": (TensorProto.INT32, ("B", fields)),
        "raw": (TensorProto.FLOAT, ("B", values)),
        "used": (TensorProto.FLOAT, ("B", values)),
        "state_out": (TensorProto.FLOAT, ("B", network.state_size)),
    }
    return graph.model(inputs, outputs)
