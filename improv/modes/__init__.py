"""The modes: each decides, in a file of its own, what to play next.

To add one: write a class with the methods of `Mode`, enter it in MODES, and say in the README what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from improv.ears import Ears
from improv.modes.answer import AnswerMode
from improv.notes import Note
from improv.plan import Command
from improv.settings import Settings
from improv.step import StepModel


class Mode(Protocol):
    """Hears the player's notes begin, and is given turns. Pure: moments are handed in, in absolute seconds."""

    def heard(self, note: Note) -> None:
        """The player began a note (it is in the ears' context already)."""
        ...

    def halt(self, at: float) -> None:
        """What was planned no longer holds, for the clock started, stopped or jumped: at `at` all is to go off."""
        ...

    def turn(self, now: float) -> list[Command]:
        """Do a bounded slice of work; what the ports are to do."""
        ...

    def wake_at(self) -> float | None:
        """When the next turn is wanted, or None."""
        ...

    @property
    def answering(self) -> bool:
        """Whether improv has the word."""
        ...

    @property
    def played(self) -> int:
        """How many of improv's notes have begun."""
        ...

    @property
    def false_turns(self) -> int:
        """How often improv came in where the player had not finished."""
        ...

    @property
    def broken_steps(self) -> int:
        """How often the model's output was unusable."""
        ...


#: By name, how a mode is made.
MODES: dict[str, Callable[[StepModel, Ears, Settings, np.random.Generator], Mode]] = {"answer": AnswerMode}
