"""A model without a network: each field is drawn as it has lately come, and as the session memory expects it.

What improv plays with when no network computes any more. It is a step model like the others (improv.step); its state
counts what was heard, with what is older counting less.
"""

from __future__ import annotations

import numpy as np

from improv.encoding import FIELDS, PAD_PITCH, PITCH, Encoding, Rows
from improv.step import Controls, Floats, Step

#: What each note leaves of the counts before it, and what every value counts from the beginning.
LEAVES, ALWAYS = 0.94, 0.02


class Echoes:
    """Reads what `encoding` writes; `velocity` is the mean and spread that other models were trained on."""

    def __init__(self, encoding: Encoding, velocity: tuple[float, float]) -> None:
        self.encoding = encoding
        self.velocity = velocity

    def start(self, batch: int = 1) -> Floats:
        """Nothing counted yet, shape (batch, S)."""
        return np.zeros((batch, self.encoding.offsets[-1]), np.float32)

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        """Count `rows` and draw the note that follows them."""
        batch, fed = rows.shape[:2]
        counts = state.copy()
        heard = np.zeros((batch, fed, len(FIELDS)), np.float32)
        best = np.zeros((batch, fed), np.int32)
        for index in range(fed):
            raw = self._log_probabilities(counts)
            for one, row in enumerate(rows[:, index]):
                if row[PITCH] == PAD_PITCH:
                    continue
                places = np.asarray(self.encoding.offsets[:-1]) + row[: len(FIELDS)]
                heard[one, index] = raw[one, places]
                best[one, index] = raw[one, self.encoding.field(PITCH)].argmax()
                counts[one] *= LEAVES
                counts[one, places] += 1
        raw = self._log_probabilities(counts)
        used = np.zeros_like(raw)
        drawn = np.zeros((batch, len(FIELDS)), np.int32)
        for one in range(batch):
            for field in range(len(FIELDS)):
                place = self.encoding.field(field)
                used[one, place] = p = _used(raw[one, place], how, one, field, place)
                total = np.cumsum(p, dtype=np.float64)
                drawn[one, field] = int((total <= how.u[one, field] * total[-1]).sum())
        return Step(heard, best, drawn, raw, used, counts)

    def _log_probabilities(self, counts: Floats) -> Floats:
        shares = counts + np.float32(ALWAYS)
        for field in range(len(FIELDS)):
            place = self.encoding.field(field)
            shares[:, place] /= shares[:, place].sum(axis=1, keepdims=True)
        return np.asarray(np.log(shares), np.float32)


def _used(raw: Floats, how: Controls, one: int, field: int, place: slice) -> Floats:
    """The probabilities drawn from: after memory, bias, temperature and top_p (improv.step)."""
    weight = how.weight[one, field]
    mixed = np.log(np.maximum((1 - weight) * np.exp(raw) + weight * how.prior[one, place], 1e-30))
    shaped = (mixed + how.bias[one, place]) / how.temperature[one, field]
    p = np.exp(shaped - shaped.max())
    p = p / p.sum()
    ranked = np.sort(p)[::-1]
    before = np.cumsum(ranked) - ranked
    least = ranked[before < max(float(how.top_p[one, field]), 1e-6)].min()
    kept: Floats = np.where(p >= least, p, 0).astype(np.float32)
    return np.asarray(kept / kept.sum(), np.float32)
