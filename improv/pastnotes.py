"""What both played in a session, by its file: the scheduler that obeyed is run again, so the same file gives the same
notes on any machine. Pure but for the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from improv.errors import UserError
from improv.events import Event
from improv.listener import notes_in
from improv.midi import Parser
from improv.notes import Note
from improv.plan import Cancel, Command, Drop, PlannedNote, Play, Release, Silence
from improv.ports.reports import Dropped, Sent
from improv.scheduler import Scheduler
from improv.sessionfile import Input, LeftOut, Reader, Record, Tally, Turn

#: Seconds after its last turn until what a session left sounding ends.
_RELEASE = 0.1
_Key = tuple[float, int, int]  # onset, pitch, channel


@dataclass(frozen=True, slots=True)
class Played:
    """What both played, each in order, in seconds from the session's beginning."""

    player: tuple[Event, ...]
    improv: tuple[Event, ...]

    def notes(self) -> tuple[list[Note], list[Note]]:
        """The notes of each, as they sounded."""
        return notes_in(self.player), notes_in(self.improv)


def played(session: Reader) -> Played:
    """What both played. UserError if a note in it cannot be."""
    rerun = Rerun(session)
    try:
        for record in session:
            rerun.heed(record)
        return rerun.played()
    except ValueError as error:
        raise UserError(f"{session.path}: a damaged session ({error})") from error


class Rerun:
    """Turns in, what both play out: the scheduler that obeyed, at work again."""

    def __init__(self, session: Reader) -> None:
        self._begin = self._end = self._moment = session.head.at
        self._late, self._sent = _late_and_sent(session)
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
        """What was heard and asked in a turn; what it takes back may have begun before the ports were told."""
        self._send(max([turn.at, *self._begun_before(turn)]))
        self._hear(turn.heard)
        for command in turn.asked:
            self._scheduler.apply(self._in_time(command), turn.at)
        self._end = turn.at

    def _begun_before(self, turn: Turn) -> Iterator[float]:
        """The onsets of notes that this turn takes back, and that had begun all the same."""
        planned = self._scheduler.planned() if any(not isinstance(command, Play) for command in turn.asked) else []
        for note in planned:
            if _key(note) in self._sent and any(_takes_back(command, note) for command in turn.asked):
                yield note.onset

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
                self._moment = max(self._moment, message.deadline)
                events = self._parser.feed(message.data, self._moment - self._begin)
                self._improv += [event for event in events if isinstance(event, Event)]

    def _in_time(self, command: Command) -> Command:
        if not isinstance(command, Play) or not self._late:
            return command
        return Play(tuple(note for note in command.notes if _key(note) not in self._late))


def _late_and_sent(session: Reader) -> tuple[set[_Key], set[_Key]]:
    """The notes that were left out for coming too late, and those that were asked for once, and begun."""
    late, begun = set[_Key](), set[_Key]()
    asked = Counter[_Key]()
    for record in session:
        if isinstance(record, Turn):
            asked.update(_key(note) for note in notes_of(record.asked))
        elif isinstance(record, Dropped):
            late.add(_key(record))
        elif isinstance(record, Sent):
            begun.add(_key(record))
    return late, {key for key in begun if asked[key] == 1}


def _key(note: PlannedNote | Sent | Dropped) -> _Key:
    return (note.onset if isinstance(note, PlannedNote) else note.deadline), note.pitch, note.channel


def _takes_back(command: Command, note: PlannedNote) -> bool:
    """Whether a note that has not begun is not to begin any more."""
    match command:
        case Cancel() | Silence():
            return True
        case Drop(notes):
            return note in notes
        case Release(notes, at):
            return note in notes and note.onset >= at
    return False


def _moment(event: Event) -> float:
    return event.at


def notes_of(commands: Iterable[Command]) -> list[PlannedNote]:
    """The notes that commands ask for."""
    return [note for command in commands if isinstance(command, Play) for note in command.notes]
