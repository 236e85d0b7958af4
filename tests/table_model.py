"""A step model small enough to know by heart: fixed distributions, sampled as the real one does."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from improv.dials import WIDTH
from improv.encoding import FIELDS, IOI, Encoding, Rows
from improv.step import Controls, Floats, Step


@dataclass
class TableModel:
    """Draws each field from `tables[field]` (weights, any positive scale; evenly spread if absent).

    With `rest_after` = n, the wait after every n-th row fed is expected to be long: probability 0.9 on 3 s.
    The state counts the rows fed.
    """

    tables: dict[int, dict[int, float]] = field(default_factory=dict)
    rest_after: int = 0
    encoding: Encoding = field(default_factory=Encoding)
    velocity: tuple[float, float] = (64.0, 20.0)
    fed: list[Rows] = field(default_factory=list)
    _known: dict[tuple[int, bool], tuple[object, np.ndarray]] = field(default_factory=dict, repr=False)

    def start(self, batch: int = 1) -> Floats:
        return np.zeros((batch, 1), np.float32)

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        batch = len(how.u)
        assert rows.shape[0] == batch and rows.shape[1] >= 1 and rows.shape[2] == 7, rows.shape
        assert dials.shape == (batch, rows.shape[1] + 1, WIDTH), dials.shape
        self.fed.append(rows)
        state = (state + rows.shape[1]).astype(np.float32)
        each = [self._draw(row, int(state[row, 0]), how) for row in range(batch)]
        drawn, raw, used = (np.stack(one) for one in zip(*each, strict=True))
        best = np.zeros(rows.shape[:2], np.int32)
        return Step(self._scores(rows), best, drawn, raw, used, state)

    def _draw(self, row: int, count: int, how: Controls) -> tuple[np.ndarray, Floats, Floats]:
        """The fields drawn for one row of a batch, and the distributions side by side."""
        raw, used, drawn = [], [], []
        for index in range(len(FIELDS)):
            logp = self._log_probabilities(index, count)
            raw.append(logp)
            field = self.encoding.field(index)
            weight, prior = how.weight[row, index], how.prior[row, field]
            mixed = np.log(np.maximum((1 - weight) * np.exp(logp) + weight * prior, 1e-30))
            p = nucleus(softmax((mixed + how.bias[row, field]) / how.temperature[row, index]), how.top_p[row, index])
            used.append(p)
            total = np.cumsum(p)
            drawn.append(int((total <= how.u[row, index] * total[-1]).sum()))
        return np.array(drawn, np.int32), joined(raw), joined(used)

    def _scores(self, rows: Rows) -> Floats:
        """What the tables give each field of each row; padding costs nothing."""
        scores = np.empty((*rows.shape[:2], len(FIELDS)), np.float32)
        for index in range(len(FIELDS)):
            table, values = self._log_probabilities(index, 1), rows[..., index]
            scores[..., index] = np.where(values < len(table), table[np.minimum(values, len(table) - 1)], 0.0)
        return scores

    def _log_probabilities(self, index: int, count: int) -> np.ndarray:
        rests = index == IOI and self.rest_after > 0 and count % self.rest_after == 0
        table = self.tables.get(index)
        known = self._known.get((index, rests))
        if known is None or known[0] is not table:
            known = self._known[index, rests] = (table, self._logarithms(index, table, rests))
        return known[1]

    def _logarithms(self, index: int, table: dict[int, float] | None, rests: bool) -> np.ndarray:
        weights = np.full(self.encoding.sizes[index], 1e-6)
        for value, weight in (dict.fromkeys(range(len(weights)), 1.0) if table is None else table).items():
            weights[value] = weight
        p = weights / weights.sum()
        if rests:
            p = 0.1 * p
            p[self.encoding.ioi_bin(3.0)] += 0.9
        return np.log(p)


def softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max())
    return e / e.sum()


def nucleus(p: np.ndarray, top_p: float) -> np.ndarray:
    ranked = np.sort(p)[::-1]
    least = ranked[np.cumsum(ranked) - ranked < max(float(top_p), 1e-6)].min()
    kept = np.where(p >= least, p, 0.0)
    return kept / kept.sum()


def joined(fields: list[np.ndarray]) -> Floats:
    return np.concatenate(fields).astype(np.float32)
