"""What comes after a network's features: dials, hidden vectors, scores of what was fed, and the draw of what follows.

The mathematics is that of training/networks (base.py, blocks.py), held together by tests; the form is chosen for few
nodes. All fields of a fed note are scored at once, as all are known; in drawing, each field's say in
the later ones is one look-up once it is drawn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from improv.encoding import FIELDS, PITCH
from improv.step import NEVER
from training.graphs.builder import Graph

_COUNT = len(FIELDS)


def hidden(graph: Graph, network: Any, known: str) -> str:
    """Features (B, K + 1, F) and the `dials` beside them as what the heads read, (B, K + 1, fields * head)."""
    if network.config.dials:
        first, second = network.dials
        inner = graph.silu(graph.product("dials", first.kernel, first.bias))
        known = graph.op("Add", known, graph.product(inner, second.kernel, second.bias))
    top = graph.silu(graph.product(graph.silu(known), network.top.kernel, network.top.bias))
    spread = network.heads.spread
    return graph.product(top, spread.kernel, spread.bias)


def score(graph: Graph, network: Any, spread: str) -> None:
    """Add the outputs `heard` and `best_pitch`: `rows` judged by what the heads read before each of them."""
    encoding, width = network.config.encoding, network.config.head
    columns = graph.constant(range(_COUNT), np.int64)
    # A padding row has a pitch beyond all; its scores mean nothing, and masked by whoever sums.
    most = graph.constant([size - 1 for size in encoding.sizes], np.int32)
    values = graph.op("Min", graph.op("Gather", "rows", columns, axis=-1), most)
    earlier = graph.op("Add", values, graph.constant(encoding.offsets[:-1], np.int32))
    said = graph.op("Gather", graph.constant(_sayings(network)), earlier)
    x = graph.op("Add", spread, graph.op("ReduceSum", said, graph.constant([-2], np.int64), keepdims=0))
    # Five products side by side, (B, K, fields, 1, head) by (fields, head, n).
    side = graph.reshape(graph.silu(x), 0, 0, _COUNT, 1, width)
    logp = graph.op("LogSoftmax", graph.product(side, *_beside(network)), axis=-1)
    chosen = graph.op("GatherElements", logp, graph.reshape(values, 0, 0, _COUNT, 1, 1), axis=-1)
    graph.op("Reshape", chosen, graph.constant([0, 0, _COUNT], np.int64), name="heard")
    pitch = graph.op("Gather", logp, graph.constant(PITCH, np.int64), axis=2)
    best = graph.reshape(graph.op("ArgMax", pitch, axis=-1, keepdims=0), 0, 0)
    graph.op("Cast", best, to=TensorProto.INT32, name="best_pitch")


def _sayings(network: Any) -> Any:
    """What each value of each field says to each later field, (all values, fields * head); zero to earlier ones."""
    given, sizes = network.heads.given, network.config.encoding.sizes
    zeros = np.zeros((max(sizes), network.config.head), np.float32)
    rows = [
        [np.asarray(given[f"{later}_{field}"].embeddings) if later > field else zeros[:size] for later in range(_COUNT)]
        for field, size in enumerate(sizes)
    ]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def _beside(network: Any) -> tuple[Any, Any]:
    """Kernels (fields, head, n) and biases (fields, 1, n) of the five logits; values a field has not are ruled out."""
    sizes, width = network.config.encoding.sizes, network.config.head
    kernels = np.zeros((_COUNT, width, max(sizes)), np.float32)
    biases = np.full((_COUNT, 1, max(sizes)), NEVER, np.float32)
    for field, (size, dense) in enumerate(zip(sizes, network.heads.logits, strict=True)):
        kernels[field, :, :size], biases[field, :, :size] = np.asarray(dense.kernel), np.asarray(dense.bias)
    return kernels, biases


def draw(graph: Graph, network: Any, spread: str) -> None:
    """Add the outputs `drawn`, `raw` and `used`: a note drawn by what the heads read last, (B, fields * head).

    Used = softmax((log((1 - w) p_network + w p_memory) + bias) / temperature), cut to the top_p nucleus
    (Holtzman et al., 2019) and scaled to one; each field has a weight w and a memory's distribution of its own.
    """
    encoding, width = network.config.encoding, network.config.head
    share, recalled, bias, temperature, top_p, u = _prepared(graph, encoding)
    drawn, raw, used, cuts = [], [], [], []
    left, says = spread, _sayings(network)
    for field, size in enumerate(encoding.sizes):
        more = width * (_COUNT - 1 - field)
        x, *rest = graph.split(left, [width, more]) if more else [left]
        dense = network.heads.logits[field]
        raw.append(graph.op("LogSoftmax", graph.product(graph.silu(x), dense.kernel, dense.bias), axis=-1))
        mixed = graph.op("Add", graph.op("Mul", graph.op("Exp", raw[-1]), share[field]), recalled[field])
        shaped = graph.op("Div", graph.op("Add", graph.op("Log", mixed), bias[field]), temperature[field])
        used.append(graph.op("Softmax", shaped, axis=-1))
        chosen, *cut = _choose(graph, used[-1], size, top_p[field], u[field])
        drawn.append(chosen)
        cuts.append(cut)
        if more:
            said = says[encoding.field(field), -more:]
            left = graph.op("Add", rest[0], graph.op("Gather", graph.constant(said), chosen))
    graph.op("Concat", *raw, axis=-1, name="raw")
    _cut_off(graph, encoding, used, cuts)
    by_field = graph.reshape(graph.op("Concat", *drawn, axis=0), _COUNT, -1)
    graph.op("Cast", graph.op("Transpose", by_field, perm=[1, 0]), to=TensorProto.INT32, name="drawn")


def _cut_off(graph: Graph, encoding: Any, used: list[str], cuts: list[list[str]]) -> None:
    """Add the output `used`: what is below its field's least is nothing, and each field is scaled by its whole."""
    each = _field_of_each(graph, encoding)
    least, whole = (
        graph.op("Gather", graph.op("Concat", *cut, axis=-1), each, axis=1) for cut in zip(*cuts, strict=True)
    )
    p = graph.op("Concat", *used, axis=-1)
    # (onnxruntime's own Where takes three times as long.)
    kept = graph.op("Cast", graph.op("GreaterOrEqual", p, least), to=TensorProto.FLOAT)
    graph.op("Div", graph.op("Mul", p, kept), whole, name="used")


def _field_of_each(graph: Graph, encoding: Any) -> str:
    """Of all fields' values side by side, whose each is."""
    return graph.constant(np.repeat(range(_COUNT), encoding.sizes), np.int64)


def _prepared(graph: Graph, encoding: Any) -> tuple[list[str], ...]:
    """The controls cut into fields: 1 - weight; weight * prior; bias; temperature; top_p; u."""
    ones, one = [1] * _COUNT, graph.constant(1)
    recalled = graph.op("Mul", graph.op("Gather", "weight", _field_of_each(graph, encoding), axis=1), "prior")
    recalled = graph.op("Add", recalled, graph.constant(1e-30))  # or what nobody expects would have no logarithm
    return (
        graph.split(graph.op("Sub", one, "weight"), ones),
        graph.split(recalled, encoding.sizes),
        graph.split("bias", encoding.sizes),
        graph.split("temperature", ones),
        graph.split("top_p", ones),
        graph.split("u", ones),
    )


def _choose(graph: Graph, p: str, size: int, top_p: str, u: str) -> tuple[str, str, str]:
    """Draw from the nucleus of p (B, n), the likeliest values that together reach top_p (B, 1), at share u (B, 1).

    Gives the value drawn (B,), the least p in the nucleus (B, 1) and the sum of the nucleus (B, 1). Values are counted
    off from the likeliest on. `first(a, b)` is where the sum so far, `a`, has first reached `b`, or else where it is
    first at its highest: at every u a value that raised the sum, never one of probability zero.
    """

    def first(total: str, limit: str) -> str:
        return graph.op("ArgMax", graph.op("Min", total, limit), axis=-1, keepdims=1)

    ranked, order = graph.ranked(p, size)
    total = graph.op("CumSum", ranked, graph.constant(1, np.int64))
    last = first(total, top_p)
    least, whole = (graph.op("GatherElements", values, last, axis=1) for values in (ranked, total))
    rank = first(total, graph.op("Mul", whole, u))
    return graph.op("GatherND", order, rank, batch_dims=1), least, whole
