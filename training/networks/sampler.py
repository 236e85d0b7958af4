"""Drawing the next note inside the graph, so that one note costs one run of the exported model."""

from __future__ import annotations

from typing import Any

from keras import ops

from improv.encoding import FIELDS


def draw(network: Any, hidden: Any, how: dict[str, Any]) -> tuple[Any, Any, Any]:
    """Draw one note after hidden vectors (B, H), controlled by `how` (improv.step.Controls' arrays by name).

    Used = softmax((log((1 - w) p_network + w p_memory) + bias) / temperature), cut to the top_p nucleus
    (Holtzman et al., 2019) and scaled to one; each field has a weight w and a memory's distribution of its own.
    Returns drawn (B, 5), raw log-probabilities and used probabilities, both (B, all fields side by side).
    """
    encoding = network.config.encoding
    spread = network.heads.spread_out(hidden)
    bias, prior = (ops.split(how[name], encoding.offsets[1:-1], axis=-1) for name in ("bias", "prior"))
    each = ("weight", "temperature", "top_p", "u")
    weight, temperature, top_p, u = (ops.split(how[name], len(FIELDS), axis=-1) for name in each)
    drawn: list[Any] = []
    before: list[Any] = []
    raw, used = [], []
    for index, size in enumerate(encoding.sizes):
        logp = network.heads.field(index, spread, before)
        raw.append(logp)
        mixed = ops.log(ops.maximum((1 - weight[index]) * ops.exp(logp) + weight[index] * prior[index], 1e-30))
        p = nucleus(ops.softmax((mixed + bias[index]) / temperature[index], axis=-1), top_p[index])
        used.append(p)
        drawn.append(choose(p, u[index]))
        before.append(ops.one_hot(drawn[-1], size))
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
