from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from improv import engine, improviser
from improv.desk import Desk
from improv.engine import LONGEST_WAIT, Timing
from improv.events import Event, NoteOff, NoteOn
from improv.plan import Cancel, Command, PlannedNote, Play
from improv.ports.reports import Dropped, Heard, Lost, Report, Sent
from improv.sessionfile import LeftOut
from improv.status import StatusLine

PLAY = Play((PlannedNote(1.0, 60, 64, 0.5, 1),))


class Silent:
    """A screen nobody looks at."""

    def write(self, text: str, /) -> object:
        return None

    def flush(self) -> object:
        return None

    def isatty(self) -> bool:
        return True


@dataclass
class ScoredCore:
    """A core that follows a score: at its n-th turn it gives `commands[n]` and answers from then on, or not."""

    commands: Sequence[Sequence[Command]] = ()
    answering: Sequence[bool] = ()
    wake: float | None = None
    heard: list[Event] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        self.heard.append(event)

    def turn(self, now: float) -> Sequence[Command]:
        self.turns.append(now)
        return self.commands[len(self.turns) - 1] if len(self.turns) <= len(self.commands) else ()

    def wake_at(self) -> float | None:
        return self.wake

    def status(self) -> improviser.Status:
        said = self.answering[: len(self.turns)]
        return improviser.Status(bool(said and said[-1]), 0, 0, 0, 0)


@dataclass
class ScoredLink:
    """A link that reports `reports[n]` at the n-th wait; each wait takes `step` seconds of a clock of its own."""

    reports: Sequence[Sequence[Report]]
    step: float = 0.25
    clock: float = 0.0
    sent: list[Command] = field(default_factory=list)
    waits: list[float | None] = field(default_factory=list)

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def wait(self, timeout: float | None) -> list[Report]:
        self.waits.append(timeout)
        self.clock += self.step
        return list(self.reports[len(self.waits) - 1])

    def stopping(self) -> bool:
        return len(self.waits) == len(self.reports)


def run(core: ScoredCore, link: ScoredLink) -> tuple[str | None, Timing]:
    timing = Timing()
    line = StatusLine(Silent(), "quiet")
    return engine.run(core, link, timing, line, link.stopping, lambda: link.clock), timing


def test_bytes_become_events_each_port_with_a_running_status_of_its_own() -> None:
    core = ScoredCore()
    link = ScoredLink(
        [
            [Heard(0.125, 0, bytes.fromhex("903c40")), Heard(0.25, 1, bytes.fromhex("913e40"))],
            [Heard(0.375, 0, bytes.fromhex("3c00")), Heard(0.5, 1, bytes.fromhex("4040"))],
        ]
    )
    assert run(core, link)[0] is None
    assert core.heard == [
        NoteOn(0.125, 0, 60, 64),
        NoteOn(0.25, 1, 62, 64),
        NoteOff(0.375, 0, 60),
        NoteOn(0.5, 1, 64, 64),
    ]


def test_every_turn_comes_after_what_was_heard_and_its_commands_go_out_in_order() -> None:
    core = ScoredCore(commands=[[PLAY], [Cancel(0.5), PLAY]])
    link = ScoredLink([[], []])
    run(core, link)
    assert core.turns == [0.25, 0.5]
    assert link.sent == [PLAY, Cancel(0.5), PLAY]


@pytest.mark.parametrize(
    ("wake", "timeout"), [(None, LONGEST_WAIT), (9.0, LONGEST_WAIT), (0.0625, 0.0625), (-9.0, 0.0)]
)
def test_it_sleeps_until_the_core_wants_a_turn_but_never_long(wake: float | None, timeout: float) -> None:
    link = ScoredLink([[]])
    run(ScoredCore(wake=wake), link)
    assert link.waits == [timeout]


def test_of_a_backlog_the_last_notes_are_heard_and_the_others_only_written_down() -> None:
    core = ScoredCore()
    flood = [Heard(0.125, 0, bytes((0x90, pitch, 64))) for pitch in range(100)]
    records: list[object] = []
    recorder = SimpleNamespace(put=records.append, news=list)
    link, line = ScoredLink([flood]), StatusLine(Silent(), "quiet")
    desk = Desk(line, recorder)  # type: ignore[arg-type]
    engine.run(core, link, Timing(), line, link.stopping, lambda: link.clock, desk=desk)
    assert [event.pitch for event in core.heard if isinstance(event, NoteOn)] == [*range(68, 100)]
    assert records == [LeftOut(tuple(NoteOn(0.125, 0, pitch, 64) for pitch in range(68)))]


def test_what_began_and_what_came_too_late_is_written_down() -> None:
    sent, dropped = Sent(0.25, 0.001, 60, 64, 1), Dropped(0.5, 62, 64, 1)
    records: list[object] = []
    recorder = SimpleNamespace(put=records.append, news=list)
    link, line = ScoredLink([[sent, dropped]]), StatusLine(Silent(), "quiet")
    desk = Desk(line, recorder)  # type: ignore[arg-type]
    engine.run(ScoredCore(), link, Timing(), line, link.stopping, lambda: link.clock, desk=desk)
    assert records == [sent, dropped]


def test_lost_ports_end_it_with_their_message() -> None:
    core = ScoredCore()
    assert run(core, ScoredLink([[], [Lost("gone")], []]))[0] == "gone"
    assert len(core.turns) == 1


def test_reaction_runs_from_the_first_key_of_a_turn_to_its_commands_being_handed_over() -> None:
    keys = [Heard(0.25, 0, bytes.fromhex("b04000")), Heard(0.375, 0, bytes.fromhex("903c40 3e40"))]
    release = [Heard(0.75, 0, bytes.fromhex("803c00"))]
    _, timing = run(ScoredCore(commands=[[Cancel(1.0)]]), ScoredLink([keys, release], step=0.5))
    assert (timing.reaction.count, timing.reaction.max) == (1, 0.5 - 0.375)


def test_entry_runs_from_the_decision_to_the_first_note_leaving() -> None:
    first, second = Sent(1.0, 0.125, 60, 64, 1), Sent(1.5, 0.25, 62, 64, 1)
    core = ScoredCore(commands=[[], [], [PLAY]], answering=[False, True, True, True])
    _, timing = run(core, ScoredLink([[], [], [first], [second, Dropped(2.0, 64, 64, 1)]]))
    assert (timing.entry.count, timing.entry.max) == (1, 1.125 - 0.5)  # decided in the second turn
    assert (timing.lateness.count, timing.lateness.max) == (2, 0.25)
    said = "reaction -; answers begin after 625.0 ms (p99 625.0); notes late by 125.0 ms (p99 250.0)"
    assert str(timing).startswith(said)


def test_an_answer_withdrawn_before_its_first_note_has_no_entry() -> None:
    core = ScoredCore(commands=[[PLAY], [Cancel(0.5)]], answering=[True, False, False])
    _, timing = run(core, ScoredLink([[], [], [Sent(1.0, 0.0, 60, 64, 1)]]))
    assert timing.entry.count == 0


def test_what_is_there_when_due_and_how_old_what_it_was_made_from_is() -> None:
    early, late = PlannedNote(1.0, 60, 64, 0.5, 1), PlannedNote(0.25, 62, 64, 0.5, 1)
    _, timing = run(ScoredCore(commands=[[Play((early, early, early, late)), Cancel(2.0)]]), ScoredLink([[]], step=0.5))
    assert timing.ready == 0.75
    assert (timing.age.count, timing.age.max, timing.age.median) == (4, 0.5, 0.5)
    assert "75.0% of notes there when due, from what was heard 500.0 ms (p99 500.0) before" in str(timing)
    assert Timing().ready is None
