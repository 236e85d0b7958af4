"""A recorded session computed again: core and model at work once more on what they heard. Pure but for the file.

`recompute` drives core and model with the recorded events at the recorded moments, and compares what they ask with
what they asked then. What was played follows without them: improv.pastnotes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from improv import pastsettings
from improv.errors import UserError
from improv.events import Heard, Turned
from improv.kept import Kept, unpack
from improv.pastnotes import Played, Rerun, notes_of
from improv.plan import Command
from improv.sessionfile import Head, Missed, Reader, Record, Settled, Turn
from improv.settings import Settings


class Core(Protocol):
    """What is driven again: improv.improviser, or a stand-in."""

    def hear(self, event: Heard) -> None:
        """Take in what was heard."""
        ...

    def settle(self, settings: Settings) -> None:
        """From now on these settings hold."""
        ...

    def turn(self, now: float) -> Iterable[Command]:
        """What it asks of the ports now."""
        ...


@dataclass(frozen=True, slots=True)
class Difference:
    """The first turn in which other notes came than were recorded: seconds from the beginning, and what both asked."""

    seconds: float
    recorded: tuple[Command, ...]
    computed: tuple[Command, ...]

    def __str__(self) -> str:
        return f"at {self.seconds:.3f} s improv {_said(self.recorded)}; computed again it {_said(self.computed)}"


@dataclass(frozen=True, slots=True)
class Recomputed:
    """How far a session could be computed again: turns and notes that came out the same, what differed, if anything,
    and both voices up to there.

    `ended_early` if records are missing there, and what follows cannot be computed.
    """

    turns: int
    notes: int
    played: Played
    difference: Difference | None = None
    ended_early: bool = False


def settings(head: Head) -> Settings:
    """The core's settings as the session began. UserError if this improv has not the same ones."""
    return _past(head.settings)


def _past(named: dict[str, Any]) -> Settings:
    return pastsettings.settings({name: _tuples(value) for name, value in named.items()})


def remembered(head: Head) -> Kept | None:
    """What was remembered as the session began. UserError if it is damaged."""
    try:
        return unpack(base64.b64decode(head.memory, validate=True)) if head.memory else None
    except ValueError as error:
        raise UserError(f"the session's memory is {error}") from error


def _tuples(packed: Any) -> Any:
    return tuple(_tuples(one) for one in packed) if isinstance(packed, (list, tuple)) else packed


def recompute(session: Reader, core: Core, heed: Callable[[Record], None] = lambda record: None) -> Recomputed:
    """Drive `core` with what was heard, turn by turn, until it asks for something else than was recorded.

    `heed` is shown every record before the core gets the turn: what else went in, such as a model's failures.
    """
    rerun, turns, notes = Rerun(session), 0, 0
    for record in session:
        heed(record)
        if isinstance(record, Missed):
            return Recomputed(turns, notes, rerun.played(), ended_early=True)
        if not isinstance(record, Turn):
            rerun.heed(record)
            continue
        asked = _drive(core, record, session)
        if asked != record.asked:
            difference = Difference(record.at - session.head.at, record.asked, asked)
            return Recomputed(turns, notes, rerun.played(), difference)
        rerun.heed(record)
        turns += 1
        notes += len(notes_of(asked))
    return Recomputed(turns, notes, rerun.played())


def _drive(core: Core, turn: Turn, session: Reader) -> tuple[Command, ...]:
    """Give `core` what it heard and its turn. UserError if it cannot follow: no improv recorded that."""
    try:
        for event in turn.heard:
            if isinstance(event, Settled):
                core.settle(_past(event.settings))
            else:
                if isinstance(event, Turned):
                    pastsettings.check(event.name, event.value)
                core.hear(event)
        return tuple(core.turn(turn.at))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise UserError(
            f"{session.path}: a damaged session, at {turn.at - session.head.at:.3f} s ({type(error).__name__}: {error})"
        ) from error


def _said(commands: tuple[Command, ...]) -> str:
    notes = notes_of(commands)
    if notes:
        first = notes[0]
        return (
            f"plays pitch {first.pitch} at velocity {first.velocity} for {first.duration:.3f} s"
            f"{f' and {len(notes) - 1} more notes' if len(notes) > 1 else ''}"
        )
    return "asks for nothing" if not commands else f"asks for {type(commands[0]).__name__.lower()}"
