"""Best of several, in the audition: the daemon's answers and its chooser."""

from __future__ import annotations

import numpy as np

from improv.encoding import IOI, PITCH, Encoding
from improv.modes import drafts
from improv.settings import Settings
from tests.table_model import TableModel
from tests.training.passages import wandering
from training.audition import answering
from training.audition.answering import best_of
from training.audition.continuations import Job

ENCODING = Encoding()
#: Waits of a quarter of a second and of two: some answers end early, some late.
MODEL = TableModel({PITCH: {60: 1.0, 62: 1.0, 67: 1.0}, IOI: {ENCODING.ioi_bin(0.25): 5.0, ENCODING.ioi_bin(2.0): 1.0}})
HEARD = wandering(1, 100)
CUT = float(HEARD["onset"][-1]) + 0.25
JOB = Job(HEARD, CUT + 4.0, Settings(), (0, 2))  # drawn so that the first answer is not the best


def answers(*counts, model=MODEL):
    (found,) = best_of(counts, 4.0, model, [JOB])
    return found


def test_of_more_answers_the_daemons_chooser_takes_the_best(monkeypatch):
    costs = []

    def counted(answer):
        costs.append(drafts.cost(answer))
        return costs[-1]

    monkeypatch.setattr(answering, "cost", counted)
    found = answers(8, 1)
    assert len(costs) == 9 and costs[-1] == costs[0]
    assert len({*costs}) > 4 and min(costs) < costs[0]
    assert found[0].tolist() != found[1].tolist()


def test_the_first_answers_are_the_same_however_many_are_drafted():
    one, two, eight = answers(1, 2, 8)
    assert (answers(1)[0] == one).all()
    assert (answers(2, 1)[0] == two).all()
    assert len(eight)


def test_an_answer_begins_where_the_human_goes_on_and_is_about_as_long_as_asked():
    for notes in answers(1, 4):
        assert CUT - 0.1 <= notes["onset"][0] <= CUT + 1e-6
        assert (np.diff(notes["onset"]) >= 0).all()
        assert 2.0 < np.ptp(notes["onset"]) <= 5.0


class Broken(TableModel):
    """Never says anything that can be used."""

    def step(self, *asked):
        found = super().step(*asked)
        found.raw[:] = np.nan
        return found


def test_a_model_that_brings_nothing_leaves_nothing():
    assert [len(notes) for notes in answers(1, 2, model=Broken())] == [0, 0]
