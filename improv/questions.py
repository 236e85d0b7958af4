"""What is asked of the model, as values: so who asks need not know whether others ask at the same time. Pure.

Weights are read once for all questions of one run, so several cost little more than one does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
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
    several = [Sliced(asking) for asking in askings]
    left = [one for one in several if one.decide()]
    while left:
        answer_all(model, left)
        left = [one for one in left if one.decide()]
    return [one.result for one in several]


class Sliced(Generic[T]):
    """One who asks, a slice at once: what is decided up to a `question`, which then waits to be answered; or that
    answer. None waits before the first slice, once one is answered, and once there is a result."""

    def __init__(self, asking: Asking[T]) -> None:
        self._asking = asking
        self.question: Question | None = None
        self._step: Step | None = None
        self._results: list[T] = []

    def decide(self) -> bool:
        """Go on to the next question; whether there is one, and not a result."""
        try:
            self.question = next(self._asking) if self._step is None else self._asking.send(self._step)
        except StopIteration as end:
            self._results.append(end.value)
        return self.question is not None

    def told(self, step: Step) -> None:
        """This answers the question that waits."""
        self._step, self.question = step, None

    def go_on(self, model: StepModel) -> bool:
        """One slice of one who asks alone; whether there is a result now."""
        if self.question is None:
            return not self.decide()
        self.told(self.question.asked(model))
        return False

    @property
    def result(self) -> T:
        """The result; IndexError before there is one."""
        return self._results[0]


def answer_all(model: StepModel, several: Sequence[Sliced[T]]) -> None:
    """Answer all questions that wait."""
    waiting = [(one, one.question) for one in several if one.question is not None]
    for (one, _), step in zip(waiting, steps(model, [question for _, question in waiting]), strict=True):
        one.told(step)


class Abreast(Generic[T]):
    """Some who ask, `at_once` of them at the same time, a slice at once: a run of the model for all of these, or what
    is decided around the answer to one."""

    def __init__(self, askings: Iterable[Asking[T]] = (), at_once: int = 1) -> None:
        self._waiting = deque(askings)
        self._at_once = at_once
        self._asking: list[Sliced[T]] = []

    @property
    def over(self) -> bool:
        """Whether all have come to their results."""
        return not self._waiting and not self._asking

    def go_on(self, model: StepModel) -> list[T]:
        """One slice; what it brought to a result."""
        while self._waiting and len(self._asking) < self._at_once:
            self._asking.append(Sliced(self._waiting.popleft()))
        for one in self._asking:
            if one.question is None:
                if one.decide():
                    return []
                self._asking.remove(one)
                return [one.result]
        answer_all(model, self._asking)
        return []


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
