"""What each part of network and training is worth: `python -m tests.bench.ablation CORPUS FOLDER [NAME ...]`.

Small networks (1.4 million parameters) trained for the same steps on the same crops, each with one thing changed; bits
per note on the corpus' validation pieces, performances and scores apart. The first is trained with other seeds, too:
what differs by less than those do is not told apart. What is done is kept in the folder as JSON and not done again.
Not a test; each takes some ten minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np
from keras import ops

from improv.encoding import FIELDS, Encoding
from training.augmentation import Augmentation
from training.building import Settings, build, compile_network
from training.corpus import Corpus
from training.dataset import Batch, Crops, held_out, prefetched
from training.networks.base import Network
from training.objective import rate, targets

#: What all have in common.
USUAL = Settings(steps=600, batch=16, precision="bfloat16", crop=256)
#: Validation notes, about so many.
NOTES = 120_000
#: The share of the targets' probability that smoothing gives to all values alike.
SMOOTHING = 0.05


def no_octaves(network: Network) -> None:
    """Each pitch learns for itself."""
    for name in ("pitch_class", "octave"):
        network.embed[name].embeddings.assign(ops.zeros_like(network.embed[name].embeddings))
        network.embed[name].trainable = False


def nothing_sounding(network: Network) -> None:
    """The network is not told which pitch classes sound."""
    network._bits[:] = 0


#: By name: settings, augmentation, and what is done to the network.
VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any], Callable[[Network], None] | None]] = {
    "as it is": ({}, {}, None),
    "seed 1": ({"seed": 1}, {}, None),
    "no songs": ({}, {}, None),
    "no dials": ({"dials": 0}, {}, None),
    "never asked by dials": ({}, {"ask": 0.0}, None),
    "192 channels": ({"channels": 192, "skip": 384, "hidden": 384}, {}, None),
    "no pointwise blocks": ({"pointwise": 0}, {}, None),
    "two pointwise blocks each": ({"pointwise": 2}, {}, None),
    "two more at the end": ({"tail": 2}, {}, None),
    "each pitch for itself": ({}, {}, no_octaves),
    "not told what sounds": ({}, {}, nothing_sounding),
    "no dropout": ({"dropout": 0.0}, {}, None),
    "dropout 0.2": ({"dropout": 0.2}, {}, None),
    "no transposition": ({}, {"transpose": (0, 0)}, None),
    "no other tempi": ({}, {"tempo": (1.0, 1.0)}, None),
    "no jitter": ({}, {"jitter_chance": 0.0}, None),
    "parts always told": ({}, {"drop_part": 0.0, "alone": 0.0}, None),
    "labels smoothed": ({}, {}, None),
    "weights averaged": ({}, {}, None),
    "learning rate 4e-3": ({"learning_rate": 4e-3}, {}, None),
    "learning rate 1e-3": ({"learning_rate": 1e-3}, {}, None),
    "seed 2": ({"seed": 2}, {}, None),
}


class Course(keras.callbacks.Callback):
    """The learning rate, step by step; and the mean of the weights over the last third, put in at the end if asked."""

    def __init__(self, settings: Settings, averaged: bool) -> None:
        super().__init__()
        self._settings, self._averaged = settings, averaged
        self._sums: list[Any] = []
        self._step = self._counted = 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """As `fit` does, but at each step."""
        settings = self._settings
        share = self._step / (settings.steps or 1)
        # An average of what hardly moves would be no average: it falls to a third only.
        share = share if not self._averaged else share * 0.67
        self.model.optimizer.learning_rate = rate(share, settings.learning_rate, settings.warm_up, settings.schedule)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count, and add up."""
        self._step += 1
        if self._averaged and self._step > (self._settings.steps or 0) * 2 // 3 and self._step % 5 == 0:
            weights = self.model.get_weights()
            self._sums = [a + b for a, b in zip(self._sums, weights, strict=True)] if self._sums else weights
            self._counted += 1

    def on_train_end(self, logs: Any = None) -> None:
        """The mean takes the place of the last."""
        if self._counted:
            self.model.set_weights([total / self._counted for total in self._sums])


def smoothed(network: Network) -> Callable[..., Any]:
    """`network.score`, the target of each field blurred a little."""

    def score(hidden: Any, rows: Any) -> tuple[Any, Any]:
        spread = network.heads.spread_out(hidden)
        sizes = network.config.encoding.sizes
        fields = [ops.one_hot(v, n) for v, n in zip(ops.unstack(rows, axis=-1)[: len(FIELDS)], sizes, strict=True)]
        scores = []
        for index, (chosen, size) in enumerate(zip(fields, sizes, strict=True)):
            logp = network.heads.field(index, spread, fields[:index])
            scores.append(ops.sum(logp * ((1 - SMOOTHING) * chosen + SMOOTHING / size), axis=-1))
        return ops.stack(scores, axis=-1), None

    return score


def trained(name: str, corpus: Corpus) -> Any:
    """The network of a variant."""
    settings, augmentation, change = VARIANTS[name]
    made = replace(USUAL, **settings)
    network = build(made, Encoding())
    if change is not None:
        change(network)
    compile_network(network, made)
    crops = Crops(
        corpus,
        network.config.encoding,
        crop=made.crop,
        batch=made.batch,
        seed=made.seed,
        augmentation=Augmentation(**augmentation),
    )
    batches = prefetched(crops.batch, 0)
    feed = ((batch.inputs, targets(network.config.encoding, batch)) for batch in batches)
    course = Course(made, name == "weights averaged")
    blurred = mock.patch.object(network, "score", smoothed(network)) if name == "labels smoothed" else nullcontext()
    try:
        with blurred:
            network.fit(feed, epochs=1, steps_per_epoch=made.steps, shuffle=False, verbose=0, callbacks=[course])
    finally:
        batches.close()
    compile_network(network, made)  # what was traced holds on to the blurred score
    return network


def bits(network: Any, batch: Batch) -> dict[str, float]:
    """Bits per note by field, as `fit` counts them."""
    wanted = targets(network.config.encoding, batch)
    found = network.evaluate(batch.inputs, wanted, batch_size=16, verbose=0, return_dict=True)
    return {field: float(found[field]) for field in FIELDS if field != "part"}


def only(batch: Batch, chosen: Any) -> Batch:
    """Some items of a batch."""
    return Batch(batch.rows[chosen], batch.dials[chosen], batch.weight[chosen], batch.heard[chosen])


def main(argv: Sequence[str] | None = None) -> None:
    """Train what is not done yet, and print all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(VARIANTS))
    given = parser.parse_args(argv)
    given.folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus.load(given.corpus)
    validation = held_out(corpus, Encoding(), "validation", crop=256, limit=NOTES)
    performed, scores = only(validation, validation.heard > 0), only(validation, validation.heard == 0)
    for name in given.names or VARIANTS:
        path = given.folder / f"{name}.json"
        if path.exists():
            continue
        music = corpus
        if name == "no songs":
            music = replace(corpus, splits=np.where(corpus.scored, 9, corpus.splits).astype(np.uint8))
        began = time.process_time()
        network = trained(name, music)
        record = {"parameters": network.count_params(), "seconds": round(time.process_time() - began)}
        record |= {"performed": bits(network, performed), "scores": bits(network, scores)}
        path.write_text(json.dumps(record))
        keras.backend.clear_session()
    print("| what | parameters | performances: bits a note | pitch | velocity | ioi | duration | scores: bits |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name in VARIANTS:
        path = given.folder / f"{name}.json"
        if path.exists():
            record = json.loads(path.read_text())
            fields = " | ".join(f"{record['performed'][f]:.3f}" for f in FIELDS if f != "part")
            total, of_scores = (sum(record[kind].values()) for kind in ("performed", "scores"))
            millions = record["parameters"] / 1e6
            print(f"| {name} | {millions:.2f} M | {total:.3f} | {fields} | {of_scores:.3f} |")


if __name__ == "__main__":
    main()
