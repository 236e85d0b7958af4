"""What a mode is given to play with. It outlives the mode: the next one finds all as it was left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from improv.ears import Ears
from improv.panel import Panel
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


def stage(
    model: StepModel, settings: Settings, rng: np.random.Generator, remembrance: Remembrance | None = None
) -> Stage:
    """A stage on which nothing has been played yet; `remembrance` is what was learned before."""
    panel = Panel(settings)
    ears = Ears(model.encoding, panel, remembrance)
    return Stage(model, ears, Voice(ears, panel), panel, rng)
