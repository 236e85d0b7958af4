"""The WaveNet's features, in as few nodes as there can be; the mathematics is training/networks/wavenet.py's.

Two things differ in form. The skip connections are one product at the end over all gates side by side, as a sum of
products is a product of what stands side by side; and the residual that nothing reads, the last one, is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from improv.encoding import IOI, ORDER, PART, PITCH, SOUNDING, VELOCITY
from training.graphs.builder import Graph
from training.networks.wavenet import DILATIONS, WaveNet

EPSILON = 1e-5  # training.networks.blocks.Norm's


def features(graph: Graph, network: WaveNet) -> tuple[str, str]:
    """From `rows` and `state`: features (B, K, F) and last features before (B, F); adds the output `state_out`."""
    channels, skip = network.config.channels, network.config.skip
    kept, last = graph.split("state", [sum(DILATIONS) * channels, skip])
    pasts = iter(graph.split(graph.reshape(kept, 0, sum(DILATIONS), channels), DILATIONS, axis=1))
    x, gates, after = read(graph, network), [], []
    for block in network.blocks:
        now = graph.norm(x, block.norm.scale, block.norm.shift, EPSILON)
        if block.dilation:
            now, past = _pairs(graph, next(pasts), now, block.dilation)
            after.append(past)
        tanh, sigmoid = graph.split(graph.product(now, block.gate.kernel, block.gate.bias), [channels] * 2)
        gates.append(graph.op("Mul", graph.op("Tanh", tanh), graph.op("Sigmoid", sigmoid)))
        if block is not network.blocks[-1]:
            kernel, bias = np.asarray(block.out.kernel), np.asarray(block.out.bias)
            x = graph.op("Add", x, graph.product(gates[-1], kernel[:, :channels], bias[:channels]))
    kernels = np.concatenate([np.asarray(block.out.kernel)[:, channels:] for block in network.blocks])
    bias = np.sum([np.asarray(block.out.bias)[channels:] for block in network.blocks], axis=0)
    total = graph.product(graph.op("Concat", *gates, axis=-1), kernels, bias)
    kept = graph.reshape(graph.op("Concat", *after, axis=1), 0, sum(DILATIONS) * channels)
    newest = graph.op("Gather", total, graph.constant(-1, np.int64), axis=1)
    graph.op("Concat", kept, newest, axis=-1, name="state_out")
    return total, last


def _pairs(graph: Graph, past: str, now: str, dilation: int) -> tuple[str, str]:
    """Each of K rows beside the one `dilation` before it, (B, K, 2C), and the last `dilation` rows of all."""
    line = graph.op("Concat", past, now, axis=1)
    zero, end, axis = (graph.constant([value], np.int64) for value in (0, -dilation, 1))
    before = graph.op("Slice", line, zero, end, axis)
    beyond = graph.constant([2**62], np.int64)
    return graph.op("Concat", before, now, axis=-1), graph.op("Slice", line, end, beyond, axis)


def read(graph: Graph, network: Any) -> str:
    """`rows` as (B, K, channels), as training.networks.base reads them."""
    embed = {name: np.asarray(layer.embeddings) for name, layer in network.embed.items()}
    pitch = embed["pitch"] + embed["pitch_class"][network._class] + embed["octave"][network._octave]
    tables = [pitch, embed["velocity"], embed["ioi"], embed["part"], embed["order"]]
    columns = graph.constant([PITCH, VELOCITY, IOI, PART, ORDER], np.int64)
    begins = graph.constant(np.cumsum([0, *map(len, tables[:-1])]), np.int32)
    chosen = graph.op("Add", graph.op("Gather", "rows", columns, axis=-1), begins)
    rows = graph.op("Gather", graph.constant(np.concatenate(tables)), chosen)
    told = graph.op("ReduceSum", rows, graph.constant([-2], np.int64), keepdims=0)
    sounding = graph.op("Gather", "rows", graph.constant(SOUNDING, np.int64), axis=-1)
    bits = graph.op("Gather", graph.constant(network._bits), sounding)
    return graph.op("Add", told, graph.product(bits, network.sounding.kernel))
