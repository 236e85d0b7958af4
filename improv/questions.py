"""What is asked of the model, as values: so who asks need not know whether others ask at the same time. Pure.

Weights are read once for all questions of one run, so several cost little more than one does.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, fields
from typing import Generic, TypeAlias, TypeVar

import numpy as np

from improv.encoding import Rows
from improv.step import Controls, Floats, Step, StepModel

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question:
    """One step of the model, for a batch of B; shapes as in improv.step."""

    rows: Rows
    dials: Floats
    state: Floats
    how: Controls

    def asked(self, model: StepModel) -> Step:
        """The model's answer."""
        return model.step(self.rows, self.dials, self.state, self.how)


#: Asks one question after another, is sent the step that answers each, and comes to a result.
Asking: TypeAlias = Generator[Question, Step, T]


def answered(model: StepModel, asking: Asking[T]) -> T:
    """The result of one who asks alone."""
    return answered_together(model, [asking])[0]


def answered_together(model: StepModel, askings: Sequence[Asking[T]]) -> list[T]:
    """The results of several, asked about in as few runs as the longest takes."""
    results: dict[int, T] = {}
    answers: dict[int, Step | None] = dict.fromkeys(range(len(askings)))
    while answers:
        questions: dict[int, Question] = {}
        for number, step in answers.items():
            try:
                questions[number] = next(askings[number]) if step is None else askings[number].send(step)
            except StopIteration as end:
                results[number] = end.value
        answers = dict(zip(questions, steps(model, [*questions.values()]), strict=True))
    return [results[number] for number in range(len(askings))]


class Sliced(Generic[T]):
    """The result of one who asks alone, a slice at once: what is decided up to a question, or the model's answer."""

    def __init__(self, model: StepModel, asking: Asking[T]) -> None:
        self._model, self._asking = model, asking
        self._question: Question | None = None
        self._step: Step | None = None
        self._results: list[T] = []

    def go_on(self) -> bool:
        """One slice; whether there is a result now."""
        if self._question is not None:
            self._step, self._question = self._question.asked(self._model), None
            return False
        try:
            self._question = next(self._asking) if self._step is None else self._asking.send(self._step)
        except StopIteration as end:
            self._results.append(end.value)
        return bool(self._results)

    @property
    def result(self) -> T:
        """The result; IndexError before there is one."""
        return self._results[0]


def steps(model: StepModel, questions: Sequence[Question]) -> list[Step]:
    """The answers; those that read as many rows go to the model in one run, unless another model's states are among
    them, as where one has failed and the next has taken over."""
    found: dict[int, Step] = {}
    shapes = [(one.rows.shape[1], one.state.shape[1]) for one in questions]
    for shape in dict.fromkeys(shapes):
        alike = {number: one for number, one in enumerate(questions) if shapes[number] == shape}
        found.update(zip(alike, _run(model, [*alike.values()]), strict=True))
    return [found[number] for number in range(len(questions))]


def _run(model: StepModel, questions: Sequence[Question]) -> list[Step]:
    """One run of the model for questions that read as many rows."""
    if len(questions) == 1:
        return [questions[0].asked(model)]
    rows, dials, state = (
        np.concatenate([getattr(one, name) for one in questions]) for name in ("rows", "dials", "state")
    )
    hows = [one.how for one in questions]
    how = Controls(*(np.concatenate([getattr(one, field.name) for one in hows]) for field in fields(Controls)))
    step = Question(rows, dials, state, how).asked(model)
    ends = np.cumsum([len(one.rows) for one in questions])
    parts = [slice(end - len(one.rows), end) for one, end in zip(questions, ends, strict=True)]
    return [Step(*(getattr(step, field.name)[part] for field in fields(Step))) for part in parts]
