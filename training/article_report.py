"""The tutorial as one command: what was read, the picture, the comparison, the faults, each printed and written."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from training.article import Data, Result, prepare, reproduce
from training.article_faults import faults
from training.article_tokens import FREQUENT, Piece, frequencies


def tutorial(
    pieces: Sequence[Piece], folder: Path, *, epochs: int, generate: int, least: int = FREQUENT, seed: int = 0,
    with_faults: bool = False, tell: Callable[[str], None] = print,
) -> None:  # fmt: skip
    """All the tutorial does with `pieces`, into `folder`: networks, MIDI, picture, report.md and report.json."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = frequencies(pieces)
    draw_histogram(counts, folder / "frequencies.png", least)
    frequent = sum(count >= least for count in counts.values())
    read = f"events {sum(counts.values()):,}, distinct {len(counts):,}, frequent ({least} or more) {frequent:,}"
    tell(read)
    data, every = prepare(pieces, least)
    tell(f"windows {len(every):,}: {len(data.train):,} to train on, {len(data.validation):,} to validate on")
    results, networks = reproduce(data, folder, epochs=epochs, generate=generate, seed=seed, tell=tell)
    sections = [f"{read}, windows {len(every):,}", table(results, data)]
    tell("\n" + sections[-1])
    if with_faults:
        sections.append(faults(pieces, every, data, results, networks, folder, epochs=epochs, seed=seed, tell=tell))
        tell("\n" + sections[-1])
    (folder / "report.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")
    facts = {"windows": len(every), "epochs": epochs} | {name: asdict(result) for name, result in results.items()}
    (folder / "report.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def draw_histogram(counts: Counter[str], path: Path, least: int = FREQUENT) -> None:
    """How many words are played how often, as PNG."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6, 4), layout="constrained")
    often = list(counts.values())
    axis.hist(often, bins=np.geomspace(1, max(often) + 1, 30).tolist(), color="#2f6690")
    axis.axvline(least, color="#c8553d", label=f"{least} times: kept from here on")
    axis.set(xscale="log", xlabel="times played", ylabel="notes and chords", title="frequency of notes and chords")
    axis.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def table(results: dict[str, Result], data: Data) -> str:
    """The comparison the tutorial promises, as Markdown."""
    rows = [
        "| network | parameters | loss, training | validation | accuracy, training | validation | seconds an epoch |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, result in results.items():
        rows.append(
            f"| {name} (best epoch {result.epoch}) | {result.parameters:,} | {result.loss:.3f} | "
            f"{result.validation_loss:.3f} | {result.accuracy:.1%} | {result.validation_accuracy:.1%} | "
            f"{result.seconds_an_epoch:.1f} |"
        )
    size = math.log(len(data.words))
    rows.append(f"| the commonest word, always | 0 | | ({size:.3f}: all alike) | | {data.commonest:.1%} | |")
    return "\n".join(rows)
