"""What the machine plays: the daemon's own ears and drafts go on from a prompt, for as long as asked."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from improv.draft import Draft
from improv.ears import Ears
from improv.encoding import LONGEST, as_array
from improv.events import Event, NoteOff, NoteOn
from improv.model import load
from improv.notes import GROUP_SPAN, Note
from improv.panel import Panel
from improv.questions import Asking, answered_together
from improv.settings import Settings
from improv.step import StepModel
from training.audition.passages import Notes, between, releases

Played = TypeVar("Played")
#: So many continuations are written at once, by however many processes: the model reads its weights once for all.
TOGETHER = 4
#: A continuation ends where so many steps in a row bring nothing usable.
MOST_MISSES = 64


@dataclass(frozen=True, slots=True)
class Job:
    """Go on from `heard` (all that the player played) until `until` (seconds), by these settings and chance."""

    heard: Notes
    until: float
    settings: Settings
    seed: tuple[int, ...]


def events_of(notes: Notes) -> list[Event]:
    """A passage as a keyboard without a pedal would send it: a key comes up before it goes down again, and of a pitch
    struck twice at once, as files have it, the longer sounds."""
    said: list[Event] = []
    ordered = notes[np.lexsort((notes["duration"], notes["onset"]))]
    for note, length in zip(ordered.tolist(), _lengths(ordered).tolist(), strict=True):
        onset, pitch, velocity = note[:3]
        if length > 0:
            said += [NoteOn(onset, 0, pitch, velocity), NoteOff(onset + length, 0, pitch)]
    return sorted(said, key=lambda event: (event.at, isinstance(event, NoteOn)))


def listened(heard: Notes, model: StepModel, settings: Settings) -> Ears:
    """Ears that heard all of a passage, as the daemon's do: the context, and the session memory if there is one."""
    ears = Ears(model.encoding, Panel(settings))
    for event in events_of(heard):
        ears.hear(event)
    return ears


def go_on(model: StepModel, jobs: Sequence[Job]) -> list[Notes]:
    """The machine's continuations, in onset order: bare drafts, which may wait as long as they like.

    Their first notes begin chords of their own; of an answer's rules for beginning and ending none apply. The model is
    asked for all of them in one run.
    """
    return answered_together(model, [_going_on(model, job) for job in jobs])


def _going_on(model: StepModel, job: Job) -> Asking[Notes]:
    ears = listened(job.heard, model, job.settings)
    draft = Draft(model, ears, Panel(job.settings), np.random.default_rng(job.seed))
    earliest = float(job.heard["onset"][-1]) + GROUP_SPAN + 1e-3
    written: list[Note] = []
    misses = 0
    while misses < MOST_MISSES:
        new = yield from draft.writing(earliest, earliest + LONGEST, 1.0)
        if new is None:
            misses += 1
            continue
        misses = 0
        if new.note.onset >= job.until:
            break
        written.append(new.note)
        earliest = new.note.onset
    return sounding(written)


def sounding(written: Sequence[Note]) -> Notes:
    """Notes in onset order as a passage, each as long as it sounds."""
    notes = as_array(written)
    notes["duration"] = _lengths(notes)
    return notes


def _lengths(notes: Notes) -> NDArray[np.float64]:
    """For how many seconds each note sounds on a keyboard: no longer than until its pitch begins again."""
    lengths = releases(notes) - notes["onset"]
    following = np.full(128, np.inf)
    for index in range(len(notes) - 1, -1, -1):
        onset, pitch = float(notes["onset"][index]), int(notes["pitch"][index])
        lengths[index] = min(lengths[index], following[pitch] - onset)
        following[pitch] = onset
    return lengths


_model: StepModel | None = None  # of a worker process


def _open(path: Path) -> None:
    global _model
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it ends its workers without their tracebacks
    _model = load(path)


def _work(how: Callable[[StepModel, Sequence[Job]], list[Played]], jobs: Sequence[Job]) -> list[Played]:
    assert _model is not None, "the pool opens the model first"
    return how(_model, jobs)


def each(
    how: Callable[[StepModel, Sequence[Job]], list[Played]], path: Path, jobs: Sequence[Job], workers: int = 1
) -> Iterator[Played]:
    """What the model at `path` plays by `how` (a function that can be pickled) for each job, in their order, TOGETHER
    at once in each of so many processes.

    The same jobs give the same notes whatever the number of processes. Raises UserError if the model cannot be read.
    """
    model = load(path)
    several = [jobs[begin : begin + TOGETHER] for begin in range(0, len(jobs), TOGETHER)]
    if workers < 2 or len(several) < 2:
        yield from chain.from_iterable(how(model, some) for some in several)
        return
    # Forked, a worker would inherit locks of threads it does not have: a progress bar's, the model's.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_open, initargs=(path,))
    try:
        yield from chain.from_iterable(pool.map(partial(_work, how), several))
    finally:
        pool.shutdown(cancel_futures=True)


def play(path: Path, jobs: Sequence[Job], workers: int = 1) -> Iterator[Notes]:
    """The continuation of each job, as `each` has it."""
    return each(go_on, path, jobs, workers)


def up_to(notes: Notes, cut: float, seconds: float) -> Notes:
    """The part of a continuation that stands beside the human one."""
    return between(notes, -np.inf, cut + seconds)
