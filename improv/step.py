"""The model's seam: one step reads K notes and answers with the next one, sampled.

Everything a step needs comes in as values: the state (a plain array; keep a copy and you can roll back),
the controls, and the random numbers. `improv.model` is the ONNX side of it, tests bring a small table.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from improv.encoding import FIELDS, Encoding, Rows

Floats = NDArray[np.float32]
#: Added to a logit to rule a value out. Finite, so that a row masked by mistake gives a bad note and not a NaN.
NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Controls:
    """How the next note is drawn, for a batch of B. Shapes: bias (B, encoding.offsets[-1]), side by side in
    the order of FIELDS, added to log-probabilities; temperature, top_p and u (B, 5), one a field, u uniform
    in [0, 1); prior (B, encoding.offsets[-1]) a memory's distribution of each field, side by side as well,
    weight (B, 5) its share in each from 0 to 1.
    """

    bias: Floats
    temperature: Floats
    top_p: Floats
    u: Floats
    prior: Floats
    weight: Floats


@cache
def read_only(encoding: Encoding) -> Controls:
    """Controls of a step that is to read: what it draws is nobody's, and always the same. Not to be written to."""
    return controls(encoding, np.random.default_rng(0))


def controls(
    encoding: Encoding, rng: np.random.Generator, *, batch: int = 1, temperature: float = 1.0, top_p: float = 1.0
) -> Controls:
    """Controls that change nothing but temperature and top_p, with fresh random numbers from `rng`."""
    fields = (batch, len(FIELDS))
    return Controls(
        bias=np.zeros((batch, encoding.offsets[-1]), np.float32),
        temperature=np.full(fields, temperature, np.float32),
        top_p=np.full(fields, top_p, np.float32),
        u=rng.random(fields, np.float32),
        prior=np.zeros((batch, encoding.offsets[-1]), np.float32),
        weight=np.zeros(fields, np.float32),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """What a step found. `heard` (B, K, 5): raw log-probabilities (nats) each fed row's fields had, given all
    before it, as the network alone saw them; `best_pitch` (B, K): the likeliest pitch in the place of each fed
    row, given that row's own part and ioi; `drawn` (B, 5): the next note's fields; `raw` and `used`
    (B, encoding.offsets[-1]): the distributions each of them was drawn from, as raw log-probabilities and as
    the probabilities used (after memory, bias, temperature, top_p); `state`: the state with the fed rows in it.
    """

    heard: Floats
    best_pitch: NDArray[np.int32]
    drawn: NDArray[np.int32]
    raw: Floats
    used: Floats
    state: Floats


class StepModel(Protocol):
    """A network that is fed rows and draws notes."""

    @property
    def encoding(self) -> Encoding:
        """How rows are to be read."""
        ...

    @property
    def velocity(self) -> tuple[float, float]:
        """Mean and standard deviation of velocity (1-127) in the training data."""
        ...

    def start(self, batch: int = 1) -> Floats:
        """The state in which nothing has been played, shape (batch, S)."""
        ...

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        """Feed `rows` (B, K, 7), K >= 1, and draw the note that follows them.

        `dials` (B, K + 1, improv.dials.WIDTH): each row is scored by the vector in its place, the next note is
        drawn by the last one. The state keeps none of them: what is asked holds from the very next note.
        """
        ...
