"""What is compared, scored on held-out pieces: each network alone and with the session memory, the memory alone, and a
unigram, which knows no more than how often each value of a field occurs in the training pieces.

Notes are unsplit and cost what `improv-train evaluate` says they do. A network is asked note by note, of all pieces of
a set side by side, for the whole distribution of pitch, so that it is known which pitch is the likeliest once the
memory has had its say. Where the memory is alone, an even distribution stands in the network's place.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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
    sets = {group: [performance(corpus, index) for index in found] for group, found in held_out(corpus).items()}
    encoding = Encoding()
    sources: dict[str, Path | Marginals] = {**models, MEMORY: even(encoding), UNIGRAM: unigram(corpus, encoding)}
    found: dict[str, dict[str, Score]] = {group: {} for group in sets}
    # Forked, a worker would inherit locks of threads it does not have.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), signal.signal, (signal.SIGINT, signal.SIG_IGN))
    try:
        # The longest first: no one set or network is to be waited for alone.
        jobs = [(name, group) for group in sorted(sets, key=lambda group: -_notes(sets[group])) for name in sources]
        scores = pool.map(_score, [(sources[name], sets[group]) for name, group in jobs])
        for done, ((name, group), score) in enumerate(zip(jobs, scores, strict=True), 1):
            found[group] |= {rival: score[beside] for beside, rival in _rivals(name)}
            progress(done, len(jobs))
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _notes(performances: Sequence[Arranged]) -> int:
    return sum(len(arranged.notes) for arranged in performances)


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


def _score(job: tuple[Path | Marginals, Sequence[Arranged]]) -> tuple[Score, Score]:
    """All performances of a set, alone and with memory."""
    source, performances = job
    model = load(source) if isinstance(source, Path) else None
    encoding = model.encoding if model is not None else Encoding()
    every = [encoding.rows(arranged) for arranged in performances]
    if model is not None:
        expected = foresee(model, performances)
    else:
        expected = [by_chance(source, encoding, rows) for rows in every]
    alone, both = Score(), Score()
    for rows, seen in zip(every, expected, strict=True):
        alone.add(_sum(encoding, rows, seen.heard, seen.pitch.argmax(-1)))
        both.add(_sum(encoding, rows, with_memory(rows, seen.heard), guesses_with_memory(rows, seen)))
    return alone, both


def _sum(encoding: Encoding, rows: Rows, heard: Floats, best: Rows) -> Score:
    bits = bits_by_field(encoding, rows, heard, label=False)[1:].sum(0, dtype=np.float64)
    return Score(bits, len(rows) - 1, int((best[1:] == rows[1:, PITCH]).sum()), 1)


def foresee(model: StepModel, performances: Sequence[Arranged]) -> list[Foreseen]:
    """What a network expects of each row but a performance's first, of which it is not asked: 0 there.

    All performances are read side by side, a note of each in one run of the model.
    """
    encoding = model.encoding
    order = sorted(range(len(performances)), key=lambda index: -len(performances[index].notes))
    rows = [encoding.rows(performances[index]) for index in order]
    dials = [dials_heard(performances[index]) for index in order]
    found = [
        Foreseen(np.zeros((len(one), len(FIELDS)), np.float32), np.zeros((len(one), 128), np.float32)) for one in rows
    ]
    state, rng = model.start(len(rows)), np.random.default_rng(0)
    for index in range(len(rows[0])):
        going = sum(len(one) > index for one in rows)  # the longest come first
        how = controls(encoding, rng, batch=going)
        for member in range(going):
            if index + 1 < len(rows[member]):
                _foretell(how.bias[member], encoding, rows[member][index + 1])
        fed = np.stack([one[index : index + 1] for one in rows[:going]])
        around = np.stack([one[index : index + 2] for one in dials[:going]])
        step = model.step(fed, around, state[:going], how)
        state = step.state
        for member in range(going):
            if index:
                found[member].heard[index] = step.heard[member, 0]
            if index + 1 < len(rows[member]):
                found[member].pitch[index + 1] = np.exp(step.raw[member, encoding.field(PITCH)])
    return [found[order.index(index)] for index in range(len(order))]


def _foretell(bias: Floats, encoding: Encoding, row: Rows) -> None:
    """Let the part and the ioi of `row` be drawn for certain, so that the pitch is what is expected given them."""
    for field in (PART, IOI):
        bias[encoding.field(field)] = NEVER
        bias[encoding.offsets[field] + row[field]] = 0


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
