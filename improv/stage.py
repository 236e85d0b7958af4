"""What a mode is given to play with. It outlives the mode: the next one finds all as it was left."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from improv.casting import Cast
from improv.ears import Ears
from improv.panel import Panel
from improv.reader import Reader
from improv.recall import Remembrance
from improv.settings import Settings
from improv.step import StepModel
from improv.voice import Voice


@dataclass(frozen=True, slots=True)
class Stage:
    """The model, what was heard, improv's own voice, the settings as they are now, and the random numbers."""

    model: StepModel
    ears: Ears
    voice: Voice
    panel: Panel
    rng: np.random.Generator
    _readers: dict[tuple[Cast, bool], Reader] = field(default_factory=dict)

    def reader(self, cast: Cast, go_on: bool = False) -> Reader:
        """Who reads along for this cast; with `go_on`, for who counts improv's notes as its own."""
        found = self._readers.get((cast, go_on))
        return found or self._readers.setdefault((cast, go_on), Reader(self.model, self.ears, cast, go_on))


def stage(
    model: StepModel, settings: Settings, rng: np.random.Generator, remembrance: Remembrance | None = None
) -> Stage:
    """A stage on which nothing has been played yet; `remembrance` is what was learned before."""
    panel = Panel(settings)
    ears = Ears(model.encoding, panel, remembrance)
    return Stage(model, ears, Voice(ears, panel), panel, rng)
