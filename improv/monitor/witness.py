"""What begins and ends of improv's notes, as the scheduler has it: for the page to show and to sound. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from improv.plan import Command, PlannedNote, Play
from improv.scheduler import Outgoing, Scheduler


@dataclass(frozen=True, slots=True)
class Stroke:
    """A note of improv's began or ended at its `deadline` (absolute seconds)."""

    on: bool
    deadline: float
    note: PlannedNote


class Witness:
    """Obeys the same commands as the port process, whose lateness it does not share; nothing is late here."""

    def __init__(self) -> None:
        self._scheduler = Scheduler(late_limit=math.inf)

    def obey(self, command: Command, at: float) -> None:
        """A command was given `at` so many seconds."""
        self._scheduler.apply(command, at)

    def due_at(self) -> float | None:
        """When the next note begins or ends."""
        return self._scheduler.next_deadline()

    def go_on(self, at: float) -> list[Stroke]:
        """What has begun and ended up to `at`, in order."""
        return [*_strokes(self._scheduler.due(at))]

    def planned(self) -> list[PlannedNote]:
        """What has not begun, in onset order."""
        return [note for command in self._scheduler.remaining() if isinstance(command, Play) for note in command.notes]


def _strokes(sent: list[Outgoing]) -> Iterator[Stroke]:
    for one in sent:
        if one.note is not None:
            yield Stroke(one.begins, one.deadline, one.note)
