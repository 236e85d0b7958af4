"""A session under a simulated clock."""

import time

import numpy as np
import pytest

from improv import phrase
from improv.events import NoteOff, NoteOn
from improv.jam import RUN_ON, jam
from improv.listener import notes_in
from improv.model import OnnxModel, load
from improv.resources import default_model
from improv.settings import Settings
from tests.score import perform, played
from tests.table_model import TableModel


@pytest.fixture(scope="module")
def shipped() -> OnnxModel:
    return load(default_model())


def test_it_runs_at_fifty_times_real_time_or_better(shipped: OnnxModel):
    """An answer at a time, and of the processor's seconds: how busy the machine is else must not decide."""
    begin = time.process_time()
    result = jam(phrase.events(), shipped, Settings(drafts=1), np.random.default_rng(0))
    assert result.improv[-1].at / (time.process_time() - begin) >= 50


def test_how_the_33rd_note_back_was_played_changes_nothing_and_the_32nd_does(shipped: OnnxModel):
    """With the memory off; the first eight notes are too few to be answered, and older than what dials look back."""

    def answer(louder: int):
        """The answer to 40 notes of which the first few are louder and longer."""
        onsets = [i / 4 if i < 8 else 64 + i / 4 for i in range(40)]
        touch = [(0.1875, 90) if i < louder else (0.125, 60) for i in range(40)]
        lines = [[onsets[i], 60 + 7 * i % 12, *touch[i]] for i in range(40)]
        return perform(played(*lines), shipped, memory="off", min_notes=12).improv

    assert answer(0) == answer(8) != answer(9)


def test_the_phrase_is_answered_twice():
    result = jam(phrase.events(), TableModel(), Settings(), np.random.default_rng(0))
    second = phrase.SECOND_BEGINS * phrase.BEAT
    onsets = [event.at for event in result.improv if isinstance(event, NoteOn)]
    assert any(at < second for at in onsets) and any(at > second for at in onsets)
    assert result.status.heard == len(phrase.FIRST) + len(phrase.SECOND)
    assert result.status.played == len(onsets)
    assert result.status.false_turns == 0


def test_the_player_is_passed_on_as_played():
    events = phrase.events()
    assert list(jam(events, TableModel(), Settings(), np.random.default_rng(0)).player) == events


def test_nothing_played_is_nothing_answered():
    assert jam([], TableModel(), Settings(), np.random.default_rng(0)).improv == ()


def test_it_runs_on_until_the_answer_has_ended_but_not_for_ever():
    endless = TableModel()
    endless.encoding.duration_values[:] = 1000.0
    notes = played(*[[index / 4, 60 + index, 0.25] for index in range(5)])
    said = perform(notes, endless).improv
    assert said[-1] == NoteOff(1.25 + RUN_ON, 1, said[-1].pitch)
    assert all(note.duration is not None for note in notes_in(said))
