"""The pure core: events in, commands out. It reads no clock, starts no thread and opens nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from improv.ears import Ears
from improv.events import Event
from improv.modes import MODES
from improv.plan import Command
from improv.settings import Settings
from improv.step import StepModel


@dataclass(frozen=True, slots=True)
class Status:
    """What the core is doing: whether it answers or listens, notes heard from the player and begun by improv,
    answers withdrawn as false turns, and model steps whose output was unusable."""

    answering: bool
    heard: int
    played: int
    false_turns: int
    broken_steps: int


class Improviser:
    """Hears events in order of their moments, and is given turns; all moments in absolute seconds on one clock.

    What it does depends on nothing but the model, the settings, the state of `rng`, the events and the moments.
    KeyError if the settings name no mode.
    """

    def __init__(self, model: StepModel, settings: Settings, rng: np.random.Generator) -> None:
        self._ears = Ears(model.encoding, settings)
        self._mode = MODES[settings.mode](model, self._ears, settings, rng)

    def hear(self, event: Event) -> None:
        """Take in what the player did. A turn should follow soon."""
        note = self._ears.hear(event)
        if note is not None:
            self._mode.heard(note)

    def turn(self, now: float) -> list[Command]:
        """Do a bounded slice of work, a few milliseconds at most; what the scheduler is to do."""
        return self._mode.turn(now)

    def wake_at(self) -> float | None:
        """When the core wants its next turn if nothing is heard before: a moment, one in the past for at once, None."""
        return self._mode.wake_at()

    def status(self) -> Status:
        """What it is doing, as of the last turn."""
        mode = self._mode
        return Status(mode.answering, self._ears.heard, mode.played, mode.false_turns, mode.broken_steps)
