"""What training lowers and what it shows: nats to descend on, bits per note to read."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from improv.encoding import FIELDS, VELOCITY, Encoding
from training.dataset import Batch, Floats, bin_bits


def targets(encoding: Encoding, batch: Batch) -> Floats:
    """What the loss needs beside the scores, (B, T - 1, 7): weight, bin_bits by field, whether velocity counts."""
    bits = bin_bits(encoding, batch.rows[:, 1:])
    heard = np.broadcast_to(batch.heard[:, None, None], (*batch.weight.shape, 1))
    return np.concatenate([batch.weight[..., None], bits, heard], axis=-1)


@keras.saving.register_keras_serializable("improv")
def nats(y: Any, scores: Any) -> Any:
    """Mean negative log-likelihood of the weighted notes, all fields together, in nats a note.

    Velocities from scores, which do not say them, cost nothing.
    """
    weight = y[..., 0]
    heard = ops.ones_like(weight)[..., None]
    scores = scores * ops.concatenate([y[..., 6:] if i == VELOCITY else heard for i in range(len(FIELDS))], axis=-1)
    return -ops.sum(weight * ops.sum(scores, axis=-1)) / ops.maximum(ops.sum(weight), 1.0)


@keras.saving.register_keras_serializable("improv")
class FieldBits(keras.metrics.Metric):
    """Bits per note of one field, costed as `improv-train evaluate` does, over all notes since the last reset."""

    def __init__(self, field: int, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name or FIELDS[field], **kwargs)
        self.field = field
        self.bits = self.add_weight(name="bits", initializer="zeros")
        self.notes = self.add_weight(name="notes", initializer="zeros")

    def update_state(self, y: Any, scores: Any, sample_weight: Any = None) -> None:
        """Count a batch: y as from `targets`, scores (B, T - 1, 5) in nats."""
        weight = ops.cast(y[..., 0] * y[..., 6] if self.field == VELOCITY else y[..., 0], self.dtype)
        bits = ops.cast(y[..., 1 + self.field], self.dtype) - scores[..., self.field] / math.log(2)
        self.bits.assign_add(ops.sum(weight * bits))
        self.notes.assign_add(ops.sum(weight))

    def result(self) -> Any:
        """Bits per note."""
        return self.bits / ops.maximum(self.notes, 1.0)

    def get_config(self) -> dict[str, Any]:
        """For saving."""
        return {**super().get_config(), "field": self.field}


def rate(progress: float, peak: float, warm_up: float, shape: str = "cosine") -> float:
    """The learning rate at `progress` (0 to 1) of the run: up to `peak` over the share `warm_up`, then down.

    `shape` is "cosine" or "linear"; neither falls below a hundredth of the peak.
    """
    if progress < warm_up:
        return peak * max(0.02, progress / warm_up)
    left = (1 - min(progress, 1.0)) / (1 - warm_up)
    return peak * max(0.01, left if shape == "linear" else 0.5 * (1 - math.cos(math.pi * left)))
