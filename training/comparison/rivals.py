"""What is compared, scored on held-out pieces: each network alone and with the session memory, the memory alone, and a
unigram, which knows no more than how often each value of a field occurs in the training pieces.

Notes are unsplit and cost what `improv-train evaluate` says they do. A network is asked note by note for the whole
distribution of pitch, so that it is known which pitch is the likeliest once the memory has had its say. Where the
memory is alone, an even distribution stands in the network's place.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from improv.dials import heard as dials_heard
from improv.encoding import FIELDS, IOI, PART, PITCH, VELOCITY, Arranged, Encoding, Order, Rows, arrange
from improv.memory import Memory
from improv.model import load
from improv.notes import Part
from improv.step import NEVER, Floats, StepModel, controls
from training.corpus import Corpus
from training.evaluate import Score, bits_by_field, with_memory

#: The two that are not trained.
MEMORY, UNIGRAM = "memory alone", "unigram"
BESIDE = " + memory"


@dataclass(frozen=True, slots=True)
class Marginals:
    """Chances that depend on nothing: log-probabilities in nats of all fields' values side by side."""

    values: Floats


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What was expected of the n rows of a performance: log-probabilities `heard` (n, 5) in nats of what came, and
    `pitch` (n, 128), the chances of each pitch, given the part and the ioi that came."""

    heard: Floats
    pitch: Floats


def measure(
    corpus: Corpus,
    models: dict[str, Path],
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, dict[str, Score]]:
    """Scores by set and, in it, by rival; `models` are exported networks by name, scored in so many processes."""
    sets = held_out(corpus)
    pieces = [index for found in sets.values() for index in found]
    encoding = Encoding()
    sources: dict[str, Path | Marginals] = {**models, MEMORY: even(encoding), UNIGRAM: unigram(corpus, encoding)}
    jobs = [(source, performance(corpus, index)) for source in sources.values() for index in pieces]
    scores = []
    # Forked, a worker would inherit locks of threads it does not have.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        for score in pool.map(_score, jobs):
            scores.append(score)
            progress(len(scores), len(jobs))
    finally:
        pool.shutdown(cancel_futures=True)
    found = iter(scores)
    by_piece = {name: {index: next(found) for index in pieces} for name in sources}
    return {
        group: {
            rival: _sum(by_piece[name][index][beside] for index in indices)
            for name in sources
            for beside, rival in _rivals(name)
        }
        for group, indices in sets.items()
    }


def _rivals(name: str) -> list[tuple[int, str]]:
    """Under which names the scores of a source, alone (0) and with memory (1), stand in the table."""
    if name in (MEMORY, UNIGRAM):
        return [(int(name == MEMORY), name)]
    return [(0, name), (1, name + BESIDE)]


def held_out(corpus: Corpus) -> dict[str, list[int]]:
    """The pieces of the test split by set: the folder they came from, "files" where they came from none."""
    sets: dict[str, list[int]] = {}
    for index in corpus.pieces("test").tolist():
        top, slash, _ = str(corpus.names[index]).partition("/")
        sets.setdefault(top if slash else "files", []).append(index)
    return sets


def performance(corpus: Corpus, index: int) -> Arranged:
    """A piece as `improv-train evaluate` takes it: unsplit, ascending."""
    notes = corpus.piece(index).copy()
    notes["part"] = Part.UNSPLIT
    return arrange(notes, Order.ASCENDING)


def even(encoding: Encoding) -> Marginals:
    """All values of a field are as likely."""
    return Marginals(np.concatenate([np.full(size, -np.log(size), np.float32) for size in encoding.sizes]))


def unigram(corpus: Corpus, encoding: Encoding) -> Marginals:
    """How often each value occurs in the training pieces, one more than counted; velocities of scores say nothing."""
    counts = np.ones(encoding.offsets[-1])
    for index in corpus.pieces("train").tolist():
        rows = encoding.rows(performance(corpus, index))[1:]
        for field in range(len(FIELDS)):
            if field != VELOCITY or not corpus.scored[index]:
                counts[encoding.field(field)] += np.bincount(rows[:, field], minlength=encoding.sizes[field])
    spans = [counts[encoding.field(field)] for field in range(len(FIELDS))]
    return Marginals(np.concatenate([np.log(span / span.sum()) for span in spans]).astype(np.float32))


def _score(job: tuple[Path | Marginals, Arranged]) -> tuple[Score, Score]:
    """One performance, alone and with memory."""
    source, arranged = job
    model = _loaded(source) if isinstance(source, Path) else None
    encoding = model.encoding if model is not None else Encoding()
    rows = encoding.rows(arranged)
    seen = foresee(model, arranged) if model is not None else by_chance(source, encoding, rows)
    scores = []
    for heard, best in (
        (seen.heard, seen.pitch.argmax(-1)),
        (with_memory(rows, seen.heard), guesses_with_memory(rows, seen)),
    ):
        right = int((best[1:] == rows[1:, PITCH]).sum())
        bits = bits_by_field(encoding, rows, heard, label=False)[1:].sum(0, dtype=np.float64)
        scores.append(Score(bits, len(rows) - 1, right, 1))
    return scores[0], scores[1]


_loaded = cache(load)  # once a process


def foresee(model: StepModel, arranged: Arranged) -> Foreseen:
    """What a network expects of each row but the first, of which it is not asked; heard and pitch are 0 there."""
    encoding = model.encoding
    rows, dials = encoding.rows(arranged), dials_heard(arranged)
    how = controls(encoding, np.random.default_rng(0))
    heard, pitch = np.zeros((len(rows), len(FIELDS)), np.float32), np.zeros((len(rows), 128), np.float32)
    state = model.start()
    for index, row in enumerate(rows):
        if index + 1 < len(rows):  # the next row's part and ioi are drawn for certain, and its pitch given them
            for field in (PART, IOI):
                how.bias[0, encoding.field(field)] = NEVER
                how.bias[0, encoding.offsets[field] + rows[index + 1, field]] = 0
        step = model.step(row[None, None], dials[None, index : index + 2], state, how)
        state = step.state
        if index:
            heard[index] = step.heard[0, 0]
        if index + 1 < len(rows):
            pitch[index + 1] = np.exp(step.raw[0, encoding.field(PITCH)])
    return Foreseen(heard, pitch)


def by_chance(chances: Marginals, encoding: Encoding, rows: Rows) -> Foreseen:
    """The same of chances that depend on nothing."""
    places = rows[:, : len(FIELDS)] + np.array(encoding.offsets[:-1])
    pitch = np.exp(chances.values[encoding.field(PITCH)])
    return Foreseen(chances.values[places], np.broadcast_to(pitch, (len(rows), 128)))


def guesses_with_memory(rows: Rows, seen: Foreseen) -> Rows:
    """The likeliest pitch in the place of each row, shape (n,), once a memory of all rows before it has its say."""
    memory, best = Memory(), np.zeros(len(rows), np.int32)
    for index, (row, pitch) in enumerate(zip(rows.tolist(), seen.pitch, strict=True)):
        prior, weight = memory.prior(memory.predict())
        best[index] = ((1 - weight) * pitch + weight * prior).argmax()
        memory.learn(row[PITCH], row[IOI] > 0, float(seen.heard[index, PITCH]))
    return best


def _sum(scores: Iterable[Score]) -> Score:
    total = Score()
    for score in scores:
        total.add(score)
    return total
