"""Best of several: what drafting more answers than one gains, by the chooser that the daemon plays by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from improv.modes.answer import LEAST_REST
from improv.modes.drafts import cost
from improv.modes.writing import FIRST_LATEST, Answer
from improv.panel import Panel
from improv.questions import Asking, answered_together
from improv.root import Root
from improv.step import StepModel
from improv.turntaking import TurnTaking
from training.audition.continuations import Job, listened, sounding
from training.audition.passages import Notes


def best_of(counts: Sequence[int], length: float, model: StepModel, jobs: Sequence[Job]) -> list[list[Notes]]:
    """By job, for each of `counts`, the best answer of so many, in onset order: as the daemon answers in turn, at
    `job.until` less `length`, with as many seconds.

    The first answers are the same whatever the count, so that nothing is compared but choosing. An answer may be up to
    a quarter shorter than asked for, or longer. Empty where none brought a note.
    """
    return answered_together(model, [_best_of(counts, length, model, job) for job in jobs])


def _best_of(counts: Sequence[int], length: float, model: StepModel, job: Job) -> Asking[list[Notes]]:
    ears, panel = listened(job.heard, model, job.settings), Panel(job.settings)
    turns = TurnTaking(panel, job.heard["onset"].tolist())
    root = Root(model, ears, panel, np.random.default_rng(job.seed))
    while root.read():
        pass
    due = job.until - length - FIRST_LATEST
    answers: list[Answer] = []
    for _ in range(max(counts)):
        answer = Answer(root.fork(), due, length, max(turns.gap(), LEAST_REST), turns.pace())
        while not answer.finished:
            yield from answer.asking(due)
        answers.append(answer)
    return [_chosen(answers[:count]) for count in counts]


def _chosen(answers: Sequence[Answer]) -> Notes:
    best = min((one for one in answers if one.written), key=cost, default=None)
    return sounding([] if best is None else [one.note for one in best.written])
