"""A step model that remembers what it said last, for whoever shows what improv is about to play."""

from __future__ import annotations

from improv.encoding import PITCH, Encoding, Rows
from improv.step import Controls, Floats, Step, StepModel


class Overheard:
    """A model, and beside it the last distribution of pitch it drew from. A step model itself."""

    def __init__(self, model: StepModel) -> None:
        self._model = model
        self._encoding = model.encoding
        #: How many steps there were: another number, another distribution.
        self.steps = 0
        self._used: Floats | None = None
        self._weight: Floats | None = None

    @property
    def encoding(self) -> Encoding:
        """How rows are to be read."""
        return self._model.encoding

    @property
    def velocity(self) -> tuple[float, float]:
        """Mean and standard deviation of velocity in the training data."""
        return self._model.velocity

    def start(self, batch: int = 1) -> Floats:
        """The state in which nothing has been played."""
        return self._model.start(batch)

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        """Feed and draw."""
        step = self._model.step(rows, dials, state, how)
        self.steps += 1
        self._used, self._weight = step.used, how.weight
        return step

    @property
    def pitches(self) -> tuple[list[float], float] | None:
        """Probability of each pitch (128), and the memory's share in them (0 to 1); None before the first step."""
        if self._used is None or self._weight is None:
            return None
        return self._used[0, self._encoding.field(PITCH)][:128].tolist(), float(self._weight[0, PITCH])
