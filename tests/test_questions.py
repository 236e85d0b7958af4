"""What is asked of the model together is answered as what is asked alone, in fewer runs."""

from __future__ import annotations

import numpy as np

from improv import providers
from improv.dials import WIDTH
from improv.encoding import FIELDS
from improv.questions import Abreast, Asking, Question, Sliced, answered, answered_together
from improv.resources import default_model
from improv.step import Controls, Step, StepModel, controls
from tests.table_model import TableModel


class Counted:
    """A model whose runs are counted, by how many each was for."""

    def __init__(self, model: StepModel) -> None:
        self._model = model
        self.encoding, self.velocity, self.start = model.encoding, model.velocity, model.start
        self.runs: list[int] = []

    def step(self, rows: np.ndarray, dials: np.ndarray, state: np.ndarray, how: Controls) -> Step:
        self.runs.append(len(rows))
        return self._model.step(rows, dials, state, how)


def asking(model: StepModel, seed: int, notes: int, rows: int = 1) -> Asking[list[list[int]]]:
    """Asks for so many notes, one after another."""
    rng, state, drawn = np.random.default_rng(seed), model.start(), []
    fed = np.repeat(model.encoding.pad(1), rows, axis=0)
    for _ in range(notes):
        how = controls(model.encoding, rng, temperature=0.9)
        step = yield Question(fed[None], np.zeros((1, len(fed) + 1, WIDTH), np.float32), state, how)
        drawn.append([int(value) for value in step.drawn[0]])
        fed = model.encoding.pad(1)
        fed[0, : len(FIELDS)], state = step.drawn[0], step.state
    return drawn


def test_together_each_hears_what_they_would_alone_in_as_many_runs_as_the_longest_takes() -> None:
    model = Counted(providers.load_to_play(default_model()))
    alone = [answered(model, asking(model, seed, notes)) for seed, notes in ((0, 3), (1, 5), (2, 4))]
    assert model.runs == [1] * 12
    model.runs.clear()
    together = answered_together(model, [asking(model, seed, notes) for seed, notes in ((0, 3), (1, 5), (2, 4))])
    assert together == alone
    assert model.runs == [3, 3, 3, 2, 1]


def test_who_has_more_rows_to_be_read_is_asked_for_apart() -> None:
    model = Counted(TableModel())
    answered_together(model, [asking(model, 0, 1), asking(model, 1, 1, rows=3), asking(model, 2, 1)])
    assert sorted(model.runs) == [1, 2]


def test_who_asks_nothing_has_a_result_all_the_same() -> None:
    assert answered_together(TableModel(), [asking(TableModel(), 0, 0)]) == [[]]
    assert answered_together(TableModel(), []) == []


def test_in_slices_the_model_is_asked_in_slices_of_its_own_and_all_comes_out_the_same() -> None:
    model = Counted(TableModel())
    sliced, asked = Sliced(asking(model, 0, 3)), []
    while not sliced.go_on(model):
        asked.append(len(model.runs))
    assert asked == [0, 1, 1, 2, 2, 3]
    assert sliced.result == answered(model, asking(model, 0, 3))


def test_some_abreast_are_answered_in_slices_and_each_as_if_alone() -> None:
    model = Counted(providers.load_to_play(default_model()))
    alone = [answered(model, asking(model, seed, 2)) for seed in range(3)]
    model.runs.clear()
    abreast, slices, found = Abreast((asking(model, seed, 2) for seed in range(3)), at_once=2), 0, []
    while not abreast.over:
        before = len(model.runs)
        found += abreast.go_on(model)
        slices += 1
        assert len(model.runs) - before <= 1
    assert found == alone
    assert model.runs == [2, 2, 1, 1], "the third begins when the first is there"
    assert abreast.go_on(model) == []
