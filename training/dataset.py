"""Training items: augmented crops of pieces as rows, each row to be predicted from those before it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv.dials import SPAN, WIDTH, heard
from improv.encoding import DURATION, IOI, PITCH, VELOCITY, Encoding, Order, Rows, arrange
from improv.notes import Part
from training.augmentation import Augmentation
from training.corpus import Corpus
from training.pieces import Labels

#: Rows before the first target: what the network can see of the past.
CONTEXT = 32
#: Notes read ahead of the context, for what still sounds from them and for a whole group.
LEAD_IN = 64

Floats = NDArray[np.float32]
Notes = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Batch:
    """`rows` (B, 31 + 1 + crop, 7) and, for all of them but the first, `dials` (B, 31 + crop, WIDTH) to predict them
    by and whether they are to be predicted: `weight` (B, 31 + crop), 0 or 1. `heard` (B,), 0 for items from scores,
    whose velocities are not to be predicted, else 1.
    """

    rows: Rows
    dials: Floats
    weight: Floats
    heard: Floats

    @property
    def inputs(self) -> tuple[Rows, Floats]:
        """What the network reads."""
        return self.rows, self.dials


Item = tuple[Rows, Floats, Floats]


def _together(items: list[Item], scored: list[bool]) -> Batch:
    rows, dials, weight = (np.stack([item[index] for item in items]) for index in range(3))
    return Batch(rows, dials, weight, 1 - np.array(scored, np.float32))


class Crops:
    """Random crops of a corpus' training pieces; batch number i is the same whenever it is asked for."""

    def __init__(
        self, corpus: Corpus, encoding: Encoding, *, crop: int, batch: int, seed: int, augmentation: Augmentation
    ) -> None:
        self._corpus, self._encoding = corpus, encoding
        self._crop, self._batch, self._seed, self._augmentation = crop, batch, seed, augmentation
        # The first note of a piece is context only, so each piece has one target less than it has notes.
        self._pieces = corpus.pieces("train")
        self._targets = np.cumsum(np.maximum(np.diff(corpus.start)[self._pieces] - 1, 0))
        if not len(self._targets) or not self._targets[-1]:
            raise ValueError("the corpus has no training notes")

    @property
    def targets(self) -> int:
        """How many notes there are to be predicted in the training pieces."""
        return int(self._targets[-1])

    def batch(self, index: int) -> Batch:
        """Batch number `index`, from random numbers of its own."""
        rng = np.random.default_rng((self._seed, index))
        found = [self._item(rng) for _ in range(self._batch)]
        return _together([item for item, _ in found], [scored for _, scored in found])

    def _item(self, rng: np.random.Generator) -> tuple[Item, bool]:
        # A crop may begin anywhere, before a piece's first target too, so that beginnings are not rare.
        number = int(rng.integers(self._targets[-1]))
        which = int(np.searchsorted(self._targets, number, side="right"))
        piece = self._pieces[which]
        begin = number - (int(self._targets[which - 1]) if which else 0) + 1 - int(rng.integers(self._crop))
        history = rng.random() >= self._augmentation.drop_history
        notes = self._corpus.piece(piece)
        played = self._augmentation.choose(notes["part"], rng)
        notes, begin = notes[played], min(int(played[: max(0, begin)].sum()), int(played.sum()) - 1)
        begin = max(1, begin)
        first = _history(notes["onset"], begin, self._augmentation.tempo[1]) if history else begin - 1
        notes = self._augmentation.apply(notes[first : begin + self._crop], Labels(self._corpus.labels[piece]), rng)
        arranged = arrange(notes, Order(int(rng.integers(len(Order)))))
        dials = heard(arranged)
        self._augmentation.turn_dials(dials, arranged, begin - first, rng)
        item = window(self._encoding, self._encoding.rows(arranged), dials, begin - first, self._crop)
        return item, bool(self._corpus.scored[piece])


def _history(onsets: NDArray[np.float64], begin: int, stretch: float) -> int:
    """From which note on a crop that begins at `begin` depends on what was before: context, sounding notes, dials."""
    return min(max(0, begin - CONTEXT - LEAD_IN), int(np.searchsorted(onsets, onsets[begin - 1] - SPAN * stretch)))


def window(encoding: Encoding, rows: Rows, dials: Floats, begin: int, crop: int) -> Item:
    """Rows, dials and weights of an item whose first target is rows[begin], begin >= 1: padded on both sides as
    needed. `dials` (n + 1, WIDTH) as from `heard`."""
    past = rows[max(0, begin - CONTEXT) : begin]
    future = rows[begin : begin + crop]
    item = np.concatenate([encoding.pad(CONTEXT - len(past)), past, future, encoding.pad(crop - len(future))])
    weight = np.zeros(CONTEXT - 1 + crop, np.float32)
    weight[CONTEXT - 1 : CONTEXT - 1 + len(future)] = 1
    beside = np.zeros((CONTEXT - 1 + crop, WIDTH), np.float32)
    beside[CONTEXT - len(past) : CONTEXT - 1 + len(future)] = dials[begin - len(past) + 1 : begin + len(future)]
    return item, beside, weight


def held_out(corpus: Corpus, encoding: Encoding, split: str, *, crop: int, limit: int | None = None) -> Batch:
    """Every note after a piece's first, as it is: ascending, unsplit, in crops that follow each other.

    With `limit`, about that many notes, taken evenly from all pieces.
    """
    items: list[Item] = []
    scored: list[bool] = []
    for piece in corpus.pieces(split):
        notes = corpus.piece(piece).copy()
        notes["part"] = Part.UNSPLIT
        arranged = arrange(notes, Order.ASCENDING)
        rows, dials = encoding.rows(arranged), heard(arranged)
        items += [window(encoding, rows, dials, begin, crop) for begin in range(1, len(rows), crop)]
        scored += [bool(corpus.scored[piece])] * (len(items) - len(scored))
    if limit is not None and len(items) * crop > limit:
        keep = max(1, limit // crop)
        chosen = np.linspace(0, len(items) - 1, keep).astype(int).tolist()
        items, scored = [items[i] for i in chosen], [scored[i] for i in chosen]
    if not items:
        none = np.zeros((0, CONTEXT - 1 + crop, WIDTH), np.float32)
        return Batch(np.zeros((0, CONTEXT + crop, 7), np.int32), none, none[..., 0], none[:, 0, 0])
    return _together(items, scored)


def bin_bits(encoding: Encoding, rows: Rows) -> Floats:
    """What the bins' widths add to each row's bits by field, (..., 5), so that models with other bins compare.

    For ioi and duration log2 max(1, width / 10 ms), for velocity log2(32 / bins), else nothing.
    """
    bits = np.zeros((*rows.shape[:-1], 5), np.float32)
    for field in (IOI, DURATION):
        bits[..., field] = np.log2(np.maximum(1.0, encoding.widths(field) / 0.010))[rows[..., field]]
    bits[..., VELOCITY] = np.log2(32 / encoding.velocity_bins)
    bits[rows[..., PITCH] >= 128] = 0
    return bits


def prefetched(make: Callable[[int], Batch], begin: int, ahead: int = 8) -> Generator[Batch, None, None]:
    """make(begin), make(begin + 1), ... for ever, made in a thread of their own a few `ahead` of their use."""
    ready: queue.Queue[Batch | BaseException] = queue.Queue(ahead)
    done = threading.Event()

    def work() -> None:
        index = begin
        while not done.is_set():
            try:
                item: Batch | BaseException = make(index)
            except BaseException as error:  # handed on to whoever waits for the batch
                item = error
            while not done.is_set():
                try:
                    ready.put(item, timeout=0.2)
                    break
                except queue.Full:
                    continue
            if isinstance(item, BaseException):
                return
            index += 1

    threading.Thread(target=work, name="batches", daemon=True).start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        done.set()
