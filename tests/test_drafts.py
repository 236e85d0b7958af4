"""Answers written ahead: which is the best, when they are begun, and when they are void."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from improv.dials import WIDTH
from improv.drawing import Written
from improv.encoding import DURATION, IOI, PITCH, Encoding
from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.modes.drafts import AHEAD, SETTLED, Drafts, cost
from improv.modes.writing import Answer
from improv.notes import Note
from improv.plan import Play
from improv.questions import Asking, Question
from improv.root import Root
from improv.settings import Settings
from improv.stage import stage
from improv.step import Controls, Floats, controls
from tests.table_model import TableModel

ENCODING = Encoding()


class Read:
    """A root with nothing to read."""

    model, broken = TableModel(), 0

    def read(self) -> bool:
        return False


def start() -> tuple[Floats, Controls]:
    return Read.model.start(), controls(ENCODING, np.random.default_rng(0))


@dataclass
class Finished:
    """An answer as it may have come out: a note every quarter, each as likely as was expected, with a likely end."""

    length: float = 1.0
    pace: float = 0.25
    recited: int = 0
    finished: bool = True
    broken: int = 0
    written: list[Written] = field(default_factory=list)

    def asking(self, now: float) -> Asking[None]:
        if not self.finished:
            yield Question(ENCODING.pad(1)[None], np.zeros((1, 2, WIDTH), np.float32), *start())


def answer(*, waits: float = 0.25, notes: int = 5, opinion: float = -2.0, final: float = 0.5, recited: int = 0) -> Any:
    written = [Written(Note(waits * n, 60 + n, 64, 0.2), 0.0, opinion, -2.0) for n in range(notes - 1)]
    written.append(Written(Note(waits * (notes - 1), 72, 64, 0.2), final, opinion, -2.0))
    return Finished(recited=recited, written=written)


@pytest.mark.parametrize(
    "worse",
    [
        *({"opinion": -3.0}, {"opinion": -1.0}, {"notes": 3}, {"notes": 9}, {"final": 0.05}, {"recited": 12}),
        *({"waits": 0.5, "notes": 3}, {"waits": 0.125, "notes": 9}),
    ],
    ids=["wild", "dull", "short", "long", "open", "recited", "slow", "quick"],
)
def test_what_speaks_against_an_answer(worse: dict[str, Any]) -> None:
    assert cost(answer(**worse)) > cost(answer())


def test_an_answer_of_one_note_and_one_without_an_end_have_a_cost_too() -> None:
    assert np.isfinite(cost(answer(notes=1))) and np.isfinite(cost(answer(final=0.0)))


def test_the_best_of_those_that_are_finished_is_played() -> None:
    made = iter([answer(opinion=-4.0), answer(), answer(opinion=-1.0)])
    good = answer()
    drafts = Drafts(Read(), lambda: next(made), 3, 1.0)
    for _ in range(3):
        drafts.think()
    assert drafts.idle and drafts.finished == 3
    assert cost(drafts.best()) == cost(good)


def test_if_none_is_finished_the_one_in_the_making_is_played() -> None:
    slow = Finished(finished=False)
    drafts = Drafts(Read(), lambda: slow, 3, 1.0)  # type: ignore[arg-type, return-value]
    drafts.think()
    assert drafts.best() is slow and not drafts.idle
    made = iter([Finished(), slow])  # one that came to nothing is none
    empty = Drafts(Read(), lambda: next(made), 1, 1.0)  # type: ignore[arg-type, return-value]
    empty.think()
    assert empty.best() is slow


def table() -> TableModel:
    """A note every quarter, an eighth long, of pitches from C4 to B4."""
    pitches = dict.fromkeys(range(60, 72), 1.0)
    waits, lengths = {ENCODING.ioi_bin(0.25): 1e6}, {ENCODING.duration_bin(0.125): 1e6}
    return TableModel({IOI: waits, PITCH: pitches, DURATION: lengths})


def core(model: TableModel, **changes: Any) -> Improviser:
    """One that has heard a phrase: five notes, quiet from 1.25 s on, an answer due at 1.6 s."""
    improviser = Improviser(model, Settings(**changes), np.random.default_rng(0))
    for onset in (0.0, 0.25, 0.5, 0.75, 1.0):
        improviser.hear(NoteOn(onset, 0, 60 + int(8 * onset), 64))
        improviser.turn(onset)
        improviser.hear(NoteOff(onset + 0.25, 0, 60 + int(8 * onset)))
        improviser.turn(onset + 0.25)
        while improviser.wake_at() == float("-inf"):  # it learns
            improviser.turn(onset + 0.25)
    return improviser


def test_a_turn_is_one_slice_and_thinking_ends_when_all_are_written() -> None:
    model = table()
    improviser = core(model, drafts=6)
    before = len(model.fed)
    begins = improviser.wake_at()
    assert begins == pytest.approx(max(1.6 - AHEAD, 1.25 + SETTLED))
    turns = 0
    while improviser.wake_at() == begins:
        fed = len(model.fed)
        assert improviser.turn(begins) == []
        assert sum(len(rows) * rows.shape[1] for rows in model.fed[fed:]) <= 2  # more take longer than 0.3 ms
        turns += 1
    assert improviser.wake_at() == pytest.approx(1.6)
    assert turns >= 3 * 5 and len(model.fed) > before
    plays = [one for one in improviser.turn(1.6) if isinstance(one, Play)]
    assert len(plays) == 1 and len(plays[0].notes) >= 4  # all of it, at once
    assert all(note.onset >= 1.6 for note in plays[0].notes)


def test_a_key_that_goes_down_makes_drafts_void() -> None:
    improviser = core(table(), drafts=3)
    begins = improviser.wake_at()
    assert begins is not None
    for _ in range(40):
        improviser.turn(begins)
    improviser.hear(NoteOn(begins + 0.05, 0, 72, 64))
    assert improviser.turn(begins + 0.05) == []
    improviser.hear(NoteOff(begins + 0.1, 0, 72))
    while improviser.wake_at() == float("-inf"):
        improviser.turn(begins + 0.1)
    again = improviser.wake_at()
    assert again is not None and again > begins + 0.1 and not improviser.status().answering


def test_without_time_to_think_an_answer_is_written_as_it_is_played() -> None:
    improviser = core(table(), drafts=8)
    played: list[float] = []
    for turn in range(40):
        for command in improviser.turn(1.6 + turn / 100):
            assert isinstance(command, Play)
            played += [note.onset for note in command.notes]
    assert len(played) >= 4 and played == sorted(played) and played[0] <= 1.6 + 0.11


def test_forks_go_their_own_ways_from_the_same_place() -> None:
    setting = stage(table(), Settings(), np.random.default_rng(0))
    for onset in (0.0, 0.25, 0.5, 0.75, 1.0):
        setting.ears.hear(NoteOn(onset, 0, 60, 64))
        setting.ears.hear(NoteOff(onset + 0.2, 0, 60))
    root = Root(setting.model, setting.ears, setting.panel, setting.rng)
    while root.read():
        pass
    answers = [Answer(root.fork(), 1.6, 1.0, 0.5, 0.25) for _ in range(3)]
    for one in answers:
        while not one.finished:
            one.step(1.6)
    pitches = [[written.note.pitch for written in one.written] for one in answers]
    assert len(set(map(tuple, pitches))) == 3
    states = [one._draft._state for one in (answers[0], answers[1])]  # type: ignore[attr-defined]
    assert root._state.tolist() == [[4.0]] and all(state[0, 0] > 5 for state in states)
    assert [one._draft._bearing._own.count for one in answers] == [one._draft.steps for one in answers]  # type: ignore[attr-defined]
    assert root._bearing._own.count == 0 and root.steps == 0


@pytest.mark.parametrize("memory", ["off", "session"])
def test_what_was_read_at_once_is_not_read_again_in_slices(memory: str) -> None:
    """The notes of a plan are judged by a model that has read all that was heard; there may be nothing left to read."""
    setting = stage(table(), Settings(memory=memory), np.random.default_rng(0))
    for onset in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5):
        setting.ears.hear(NoteOn(onset, 0, 60, 64))
        setting.ears.hear(NoteOff(onset + 0.2, 0, 60))
    root = Root(setting.model, setting.ears, setting.panel, setting.rng)
    root.opinions([Note(1.75, 64, 64, 0.2)])
    reads = sum(root.read() for _ in range(5))
    assert reads == (0 if memory == "off" else 2), "the last note alone, for the memory"
    assert root.write(1.75, 2.0, 0.5) is not None
