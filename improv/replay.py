"""A recorded session again: what both played, or the core at work once more on what it heard. Pure but for the file.

What improv played follows from what it asked of the ports: the scheduler that obeyed is run again, so the same file
gives the same notes on any machine. `recompute` drives core and model with the recorded events at the recorded
moments, and compares what they ask.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from improv import pastsettings
from improv.errors import UserError
from improv.events import Event, Heard, Turned
from improv.kept import Kept, unpack
from improv.listener import notes_in
from improv.midi import Parser
from improv.notes import Note
from improv.plan import Cancel, Command, PlannedNote, Play
from improv.ports.reports import Dropped
from improv.scheduler import Scheduler
from improv.sessionfile import Head, Input, LeftOut, Missed, Reader, Record, Settled, Tally, Turn
from improv.settings import Settings

#: Seconds after its last turn until what a session left sounding ends.
_RELEASE = 0.1


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
class Played:
    """What both played, each in order, in seconds from the session's beginning."""

    player: tuple[Event, ...]
    improv: tuple[Event, ...]

    def notes(self) -> tuple[list[Note], list[Note]]:
        """The notes of each, as they sounded."""
        return notes_in(self.player), notes_in(self.improv)


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


def played(session: Reader) -> Played:
    """What both played. UserError if a note in it cannot be."""
    stage = _Stage(session)
    try:
        for record in session:
            stage.heed(record)
        return stage.played()
    except ValueError as error:
        raise UserError(f"{session.path}: a damaged session ({error})") from error


class _Stage:
    """Turns in, what both play out: the scheduler that obeyed, at work again."""

    def __init__(self, session: Reader) -> None:
        self._begin = self._end = session.head.at
        # What came too late to be sent was left out then, and is now.
        self._late = {(note.deadline, note.pitch, note.channel) for note in session if isinstance(note, Dropped)}
        self._scheduler, self._parser = Scheduler(), Parser()
        self._player: list[Event] = []
        self._improv: list[Event] = []

    def heed(self, record: Record) -> None:
        """What is next in the session."""
        if isinstance(record, Turn):
            self._turn(record)
        elif isinstance(record, LeftOut):
            self._hear(record.heard)
        elif isinstance(record, Tally):
            self._until(record.at)

    def _hear(self, heard: Iterable[Input]) -> None:
        events = [event for event in heard if isinstance(event, Event)]
        self._player += [replace(event, at=max(0.0, event.at - self._begin)) for event in events]

    def _turn(self, turn: Turn) -> None:
        """What was heard and asked in a turn."""
        self._send(turn.at)
        self._hear(turn.heard)
        for command in turn.asked:
            self._scheduler.apply(self._in_time(command), turn.at)
        self._end = turn.at

    def _until(self, at: float) -> None:
        """The session went on until then at least."""
        self._send(at)
        self._end = at

    def played(self) -> Played:
        """Both voices; what still sounds ends soon."""
        self._scheduler.apply(Cancel(self._end + _RELEASE), self._end)
        self._send(self._end + _RELEASE)
        return Played(tuple(sorted(self._player, key=_moment)), tuple(sorted(self._improv, key=_moment)))

    def _send(self, until: float) -> None:
        while (deadline := self._scheduler.next_deadline()) is not None and deadline <= until:
            for message in self._scheduler.due(deadline):
                events = self._parser.feed(message.data, max(0.0, message.deadline - self._begin))
                self._improv += [event for event in events if isinstance(event, Event)]

    def _in_time(self, command: Command) -> Command:
        if not isinstance(command, Play) or not self._late:
            return command
        return Play(tuple(n for n in command.notes if (n.onset, n.pitch, n.channel) not in self._late))


def _moment(event: Event) -> float:
    return event.at


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
    stage, turns, notes = _Stage(session), 0, 0
    for record in session:
        heed(record)
        if isinstance(record, Missed):
            return Recomputed(turns, notes, stage.played(), ended_early=True)
        if not isinstance(record, Turn):
            stage.heed(record)
            continue
        asked = _drive(core, record, session)
        if asked != record.asked:
            difference = Difference(record.at - session.head.at, record.asked, asked)
            return Recomputed(turns, notes, stage.played(), difference)
        stage.heed(record)
        turns += 1
        notes += len(_notes(asked))
    return Recomputed(turns, notes, stage.played())


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


def _notes(commands: Iterable[Command]) -> list[PlannedNote]:
    return [note for command in commands if isinstance(command, Play) for note in command.notes]


def _said(commands: tuple[Command, ...]) -> str:
    notes = _notes(commands)
    if notes:
        first = notes[0]
        return (
            f"plays pitch {first.pitch} at velocity {first.velocity} for {first.duration:.3f} s"
            f"{f' and {len(notes) - 1} more notes' if len(notes) > 1 else ''}"
        )
    return "asks for nothing" if not commands else f"asks for {type(commands[0]).__name__.lower()}"
