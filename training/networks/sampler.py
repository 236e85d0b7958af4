"""Drawing the next note inside the graph, so that one note costs one run of the exported model."""

from __future__ import annotations

from typing import Any

from keras import ops

from improv.encoding import FIELDS, PITCH


def draw(network: Any, hidden: Any, how: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Draw one note after hidden vectors (B, H), controlled by `how` (improv.step.Controls' arrays by name).

    Used = softmax((log((1 - w) p_network + w p_memory) + bias) / temperature), cut to the top_p nucleus
    (Holtzman et al., 2019) and scaled to one. Returns drawn (B, 5), raw log-probabilities and used
    probabilities, both (B, all fields side by side).
    """
    encoding = network.config.encoding
    spread = network.heads.spread_out(hidden)
    drawn: list[Any] = []
    raw, used = [], []
    for index in range(len(FIELDS)):
        logp = network.heads.field(index, spread, drawn)
        raw.append(logp)
        mixed = logp
        if index == PITCH:
            weight = how["weight"][:, None]
            mixed = ops.log(ops.maximum((1 - weight) * ops.exp(logp) + weight * how["prior"], 1e-30))
        span = encoding.field(index)
        shaped = (mixed + how["bias"][:, span]) / how["temperature"][:, index : index + 1]
        p = nucleus(ops.softmax(shaped, axis=-1), how["top_p"][:, index : index + 1])
        used.append(p)
        drawn.append(choose(p, how["u"][:, index : index + 1]))
    return ops.stack(drawn, axis=-1), ops.concatenate(raw, axis=-1), ops.concatenate(used, axis=-1)


def nucleus(p: Any, top_p: Any) -> Any:
    """Keep the likeliest values of p (B, n) that together reach top_p (B, 1), at least one; scale to one."""
    ranked, _ = ops.top_k(p, p.shape[-1])
    before = ops.cumsum(ranked, axis=-1) - ranked
    within = before < ops.maximum(top_p, 1e-6)
    least = ops.min(ops.where(within, ranked, 2.0), axis=-1, keepdims=True)
    kept = ops.where(p >= least, p, 0.0)
    return kept / ops.sum(kept, axis=-1, keepdims=True)


def choose(p: Any, u: Any) -> Any:
    """The value at share u (B, 1), in [0, 1), of the distribution p (B, n).

    Counting `cumsum <= u * total` lands, at every u, on a value that raised the sum: never on one of
    probability zero, which the usual `cumsum < u` draws at u = 0.
    """
    total = ops.cumsum(p, axis=-1)
    return ops.sum(ops.cast(total <= u * total[:, -1:], "int32"), axis=-1)
