"""A trained network adapted to a folder of recordings: never worse on what was held out than it was before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from improv.encoding import FIELDS
from improv.errors import UserError
from improv.model import load
from training.building import Settings
from training.checkpoint import STATE, State, load_card, load_network, load_state, write_json
from training.corpus import SPLITS, Corpus, share_of
from training.export import About, export
from training.fit import fit

#: Notes to train on below which little is gained.
ENOUGH_NOTES = 10_000
#: Bits a note by which held-out music must get worse again before it is called over-fitting.
RISE = 0.05

Record = dict[str, float]


@dataclass(frozen=True, slots=True)
class Adapted:
    """What came of it: the files, and bits a note on held-out music by field and in "total", before and after."""

    network: Path
    model: Path
    before: Record
    after: Record
    warnings: list[str]


def finetune(
    start: Path, corpus: Corpus, folder: Path, settings: Settings, *, music: str, licence: str = "", quiet: bool = False
) -> Adapted:
    """Adapt the network at `start` to a corpus with a train and a validation split, into `folder`.

    `music` says in a few words what the corpus is; `licence` is that of the start unless given. Ctrl-C
    ends the training early and keeps the best so far. Raises UserError for a foreign `start`, and for a
    folder in which `fit` has left a run.
    """
    origin = load_card(start)
    about = _about(start, music, licence)
    settings = replace(settings, start=str(start.resolve()))
    state = _train(corpus, folder, settings, quiet)
    reached = min(state.history, key=lambda record: record["validation_total"])
    best = folder / "best.keras"
    card = load_card(best)
    if reached["step"] == 0:  # the start as it was, so its loudness too is what it learned back then
        card["velocity"] = origin["velocity"]
    write_json(best.with_suffix(".json"), card)
    export(load_network(best), best.with_suffix(".onnx"), replace(about, velocity=card["velocity"]))
    (folder / STATE).unlink()
    for left in folder.glob("checkpoint-*.weights.h5"):
        left.unlink()
    warnings = [line for line in (too_little(corpus), over_fitted(state.history)) if line]
    return Adapted(best, best.with_suffix(".onnx"), _bits(state.history[0]), _bits(reached), warnings)


def _train(corpus: Corpus, folder: Path, settings: Settings, quiet: bool) -> State:
    """The finished run, its history beginning with the start as it was."""
    there = load_state(folder)
    if there is not None and not there.settings.get("start"):
        raise UserError(f"{folder}: holds a run of 'improv-train fit'; name another folder with -o")
    corpus.save(folder / "corpus.npz")
    interrupted = False
    try:
        fit(folder / "corpus.npz", folder, settings, fresh=True, quiet=quiet)
    except KeyboardInterrupt:
        interrupted = True
    state = load_state(folder)
    if state is None or (interrupted and not state.history):
        raise KeyboardInterrupt
    return state


def hold_out(corpus: Corpus, share: float) -> Corpus:
    """The corpus split into train and validation: whole compositions, about `share` of all notes held out.

    Of a single composition the end of each piece is held out. Raises UserError where that leaves nothing.
    """
    length = np.diff(corpus.start)
    distinct = sorted(set(corpus.compositions.tolist()), key=share_of)
    chosen: set[str] = set()
    for composition in distinct[:-1]:
        if chosen and length[np.isin(corpus.compositions, list(chosen))].sum() >= share * length.sum():
            break
        chosen.add(composition)
    splits = np.isin(corpus.compositions, list(chosen)).astype(np.uint8)
    found = replace(corpus, splits=splits) if chosen else _ends_held_out(corpus, share)
    for split in ("train", "validation"):
        if all(len(found.piece(index)) < 2 for index in found.pieces(split)):
            raise UserError(f"{len(corpus.notes)} notes in all: too few to learn from and to judge on; record more")
    return found


def _ends_held_out(corpus: Corpus, share: float) -> Corpus:
    """Each piece cut in two, the last `share` of its notes a piece of its own, for validation."""
    length = np.diff(corpus.start)
    kept = length - np.maximum(np.rint(length * share).astype(np.int64), np.minimum(2, length))
    twice = np.repeat(np.arange(len(length)), 2)
    return replace(
        corpus,
        start=np.concatenate([[0], np.cumsum(np.stack([kept, length - kept], 1).ravel())]),
        names=corpus.names[twice],
        compositions=corpus.compositions[twice],
        labels=corpus.labels[twice],
        scored=corpus.scored[twice],
        splits=np.tile(np.array([SPLITS.index("train"), SPLITS.index("validation")], np.uint8), len(length)),
    )


def too_little(corpus: Corpus) -> str:
    """A line that says how much music there is to train on and how much would do; empty if there is enough."""
    pieces = [corpus.piece(index) for index in corpus.pieces("train")]
    notes = sum(map(len, pieces))
    if notes >= ENOUGH_NOTES:
        return ""
    minutes = sum(float(np.ptp(piece["onset"])) for piece in pieces if len(piece)) / 60
    pace = notes / minutes if minutes > 0 else 400.0
    return (
        f"little music: {notes:,} notes to train on ({minutes:.0f} minutes); "
        f"{ENOUGH_NOTES:,} (about {ENOUGH_NOTES / pace:.0f} minutes of such playing) would do"
    )


def over_fitted(history: Sequence[Record]) -> str:
    """A line that says training went on to learn by heart: its bits fell while held-out bits rose; else empty."""
    best, last = min(history, key=lambda record: record["validation_total"]), history[-1]
    rise = last["validation_total"] - best["validation_total"]
    if rise < RISE or last["train_total"] >= best["train_total"]:
        return ""
    return (
        f"it over-fits after step {best['step']:.0f}: training fell from {best['train_total']:.2f} to "
        f"{last['train_total']:.2f} bits a note while held-out music rose from {best['validation_total']:.2f} to "
        f"{last['validation_total']:.2f}; kept is step {best['step']:.0f}. More music helps, or a lower --learning-rate"
    )


def table(adapted: Adapted) -> str:
    """Bits a note by field, before and after, as lines of text."""
    columns = (*FIELDS, "total")
    rows = {"before": adapted.before, "after": adapted.after}
    rows["change"] = {name: adapted.after[name] - adapted.before[name] for name in columns}
    lines = [f"{'':8}" + "  ".join(f"{name:>8}" for name in columns)]
    for name, row in rows.items():
        sign = "+" if name == "change" else ""
        lines.append(f"{name:8}" + "  ".join(f"{row[column]:{sign}8.3f}" for column in columns))
    return "\n".join(lines)


def _bits(record: Record) -> Record:
    return {name: record[f"validation_{name}"] for name in (*FIELDS, "total")}


def _about(start: Path, music: str, licence: str) -> About:
    """What the adapted model says of itself: what its start said, from the .onnx beside it, and the new music."""
    exported = start.with_suffix(".onnx")
    if not exported.is_file():
        return About(f"{start.stem}, adapted", f"{start.name}; {music}", licence or "not stated", "", (64.0, 16.0))
    model = load(exported)
    card = model.card
    name = card.name.removesuffix(", adapted") + ", adapted"
    return About(name, f"{card.data}; {music}", licence or card.licence, card.attribution, model.velocity)
