"""The modes: each decides, in a file of its own, what to play next.

To add one: write `improv/modes/yours.py` with a class that has the methods of `Mode`, enter it in MODES, and say in the
README what it does. (Named, not imported: the command line needs the names alone.)
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from improv.notes import Note
    from improv.plan import Command
    from improv.stage import Stage


class Mode(Protocol):
    """Hears the player's notes begin, and is given turns. Pure: moments are handed in, in absolute seconds."""

    def heard(self, note: Note) -> None:
        """The player began a note (it is in the ears' context already)."""
        ...

    def halt(self, at: float) -> None:
        """What was planned no longer holds, for the clock started, stopped or jumped: at `at` all is to go off."""
        ...

    def take(self, at: float) -> None:
        """The performer wants improv to play, now."""
        ...

    def give_back(self, at: float) -> None:
        """The performer wants the word back: what sounds is to end soon."""
        ...

    def finish(self, at: float) -> None:
        """The performer wants an end, and then a rest."""
        ...

    def leave(self, now: float) -> list[Command]:
        """Another mode takes over: take back what has not begun, let what sounds end soon. No turn follows."""
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
    def false_turns(self) -> int:
        """How often improv came in where the player had not finished."""
        ...

    @property
    def broken_steps(self) -> int:
        """How often the model's output was unusable."""
        ...


#: By name, the mode's file and class.
MODES = {
    "answer": "answer.AnswerMode",
    "accompany": "accompany.AccompanyMode",
    "continue": "takeover.ContinueMode",
    "harmonize": "harmonize.HarmonizeMode",
    "solo": "solo.SoloMode",
}


def maker(name: str) -> Callable[[Stage], Mode]:
    """How the mode of this name is made. KeyError if there is none."""
    file, _, kind = MODES[name].partition(".")
    made: Callable[[Stage], Mode] = getattr(import_module(f"improv.modes.{file}"), kind)
    return made
