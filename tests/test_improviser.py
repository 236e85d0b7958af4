"""What is turned while improv plays, and one mode taking over from another."""

from __future__ import annotations

import numpy as np
import pytest

from improv import improviser
from improv.encoding import DURATION, Encoding
from improv.events import NoteOn, Turned
from improv.improviser import Improviser
from improv.listener import notes_in
from improv.notes import Note
from improv.plan import Command
from improv.settings import Settings
from improv.stage import Stage
from tests.score import perform, played, together
from tests.table_model import TableModel
from tests.test_answer import PHRASE, onsets, table


class Still:
    """A mode that keeps silent, and says what it found on its stage."""

    found: list[Note]
    answering = False
    false_turns = broken_steps = 0

    def __init__(self, stage: Stage) -> None:
        Still.found = stage.ears.context.notes()

    def heard(self, note: Note) -> None: ...
    def halt(self, at: float) -> None: ...
    def leave(self, now: float) -> list[Command]:
        return []

    def turn(self, now: float) -> list[Command]:
        return []

    def wake_at(self) -> float | None:
        return None


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(improviser.MAKERS, "still", Still)


def test_what_is_turned_holds_from_the_next_note() -> None:
    again = [[onset + 8.0, pitch, duration] for onset, pitch, duration in PHRASE]
    said = perform(together(played(*PHRASE, *again), [Turned(6.0, "channel_out", 5)]), table()).improv
    assert {event.channel for event in said if event.at < 6.0} == {1}
    assert {event.channel for event in said if event.at > 6.0} == {5}


def test_a_mode_that_is_left_takes_back_its_plan_and_the_next_one_finds_all_that_sounded(
    still: None,
) -> None:
    long_notes = table()
    long_notes.tables[DURATION] = {Encoding().duration_bin(6.0): 1e6}
    result = perform(together(played(*PHRASE), [Turned(2.0, "mode", "still")]), long_notes)
    begun = onsets(result.improv)
    assert len(begun) == 2 and max(begun) < 2.0
    assert max(event.at for event in result.improv) == pytest.approx(2.1)
    assert all(note.duration is not None for note in notes_in(result.improv))
    assert [note.pitch for note in Still.found] == [60, 62, 64, 65, 67, 67, 67]
    assert (result.status.mode, result.status.played, result.status.answering) == ("still", 2, False)


def test_modes_that_change_faster_than_turns_come_are_one_change(still: None) -> None:
    core = Improviser(table(), Settings(), np.random.default_rng(0))
    before = core.status().mode
    for index in range(1000):
        core.hear(Turned(index / 1000, "mode", ("still", "answer")[index % 2]))
    assert (before, core.turn(1.0), core.status().mode) == ("answer", [], "answer")


def test_back_in_answer_what_was_played_meanwhile_is_answered_in_the_player_s_pace(still: None) -> None:
    controls = [Turned(0.0, "mode", "still"), Turned(1.125, "mode", "answer")]
    assert onsets(perform(together(played(*PHRASE), controls), table()).improv) == onsets(
        perform(played(*PHRASE), table()).improv
    )


def test_a_mode_there_is_not_changes_nothing() -> None:
    core = Improviser(TableModel(), Settings(), np.random.default_rng(0))
    with pytest.raises(KeyError, match="dance"):
        core.hear(Turned(0.0, "mode", "dance"))
    core.hear(NoteOn(0.0, 0, 60, 64))
    core.turn(0.0)
    assert core.status().mode == "answer"
