"""What is in a corpus, to look at: counts as text, distributions as one picture."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.notes import GROUP_SPAN, MAX_DURATION, Part
from training.corpus import Corpus, summary

#: Seen at least so often, a note or chord is "frequent" in the tutorial.
FREQUENT = 50
LONGEST_IOI = 10.0
COLOURS = {Part.LEAD: "#c8553d", Part.ACCOMPANIMENT: "#2f6690", Part.UNSPLIT: "#8d99ae"}


def write_summary(corpus: Corpus, path: Path) -> None:
    """Write `path` with the suffixes .md and .png: what the corpus at `path` holds."""
    columns = measures(corpus)
    draw(corpus, columns, path.with_suffix(".png"))
    path.with_suffix(".md").write_text(text(corpus, columns, path), encoding="utf-8")


def measures(corpus: Corpus) -> dict[str, NDArray[Any]]:
    """For all notes their pitch, velocity, duration and part; for all groups ioi, chord size, and what is played."""
    ioi, sizes, tokens = [], [], Counter[str]()
    for index in range(len(corpus.names)):
        notes = corpus.piece(index)
        first = np.flatnonzero(np.diff(notes["onset"], prepend=-np.inf) > GROUP_SPAN)
        ioi.append(np.diff(notes["onset"][first]))
        sizes.append(np.diff(np.append(first, len(notes))))
        tokens.update(_tokens(notes["pitch"], first))
    found = {name: corpus.notes[name] for name in ("pitch", "velocity", "duration", "part")}
    counts = np.array(sorted(tokens.values(), reverse=True))
    return found | {"ioi": np.concatenate(ioi), "chord size": np.concatenate(sizes), "tokens": counts}


def _tokens(pitch: NDArray[np.uint8], first: NDArray[np.intp]) -> Counter[str]:
    """How often each single pitch, and each chord as the set of its pitch classes, is played: the tutorial's words."""
    size = np.diff(np.append(first, len(pitch)))
    single = Counter(str(p) for p in pitch[first[size == 1]].tolist())
    classes = np.bitwise_or.reduceat(1 << (pitch % 12).astype(np.int64), first) if len(first) else np.zeros(0, int)
    return single + Counter(f"chord {c}" for c in classes[size > 1].tolist())


def draw(corpus: Corpus, columns: dict[str, NDArray[Any]], path: Path) -> None:
    """Seven small histograms as PNG: note frequencies as the tutorial has them, and one a field."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplot_mosaic(
        [["tokens", "tokens", "part"], ["pitch", "ioi", "duration"], ["velocity", "chord size", "splits"]],
        figsize=(13, 10), layout="constrained",
    )  # fmt: skip
    _draw_tokens(axes["tokens"], columns["tokens"])
    _draw_parts(axes["part"], columns["part"])
    _by_part(axes["pitch"], columns, "pitch", np.arange(20.5, 109.5))
    axes["pitch"].set(title="pitch", xticks=range(36, 97, 12))
    axes["pitch"].set_xticklabels([f"C{octave}" for octave in range(2, 8)])
    _shares(axes["ioi"], np.clip(columns["ioi"], 0.03, LONGEST_IOI), np.geomspace(0.03, LONGEST_IOI, 60))
    axes["ioi"].set(title="ioi: from chord to chord", xlabel="seconds", xscale="log")
    _by_part(axes["duration"], columns, "duration", np.geomspace(0.02, MAX_DURATION, 60), least=0.02)
    axes["duration"].set(title="duration, as it sounds", xlabel="seconds", xscale="log")
    _by_part(axes["velocity"], columns, "velocity", np.arange(0.5, 128.5, 4))
    axes["velocity"].set(title="velocity")
    _shares(axes["chord size"], np.minimum(columns["chord size"], 10), np.arange(0.5, 11.5))
    axes["chord size"].set(title="chord size: notes within 30 ms", xticks=range(1, 11))
    axes["chord size"].set_xticklabels([*map(str, range(1, 10)), "10+"])
    _draw_splits(axes["splits"], corpus)
    for name in ("ioi", "duration"):
        axes[name].xaxis.set_major_formatter("{x:g}")
    for axis in axes.values():
        axis.spines[["top", "right"]].set_visible(False)
        axis.set_axisbelow(True)
        axis.grid(axis="y", alpha=0.3)
    facts = summary(corpus)
    figure.suptitle(f"{facts['notes']:,} notes, {facts['hours']:.1f} hours, {facts['compositions']:,} compositions")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _draw_tokens(axis: Any, counts: NDArray[Any]) -> None:
    # Edges between whole numbers, one of them just below what counts as frequent.
    low, high = np.geomspace(1, FREQUENT, 14), np.geomspace(FREQUENT, max(2 * FREQUENT, counts.max() + 1), 26)
    edges = np.unique(np.rint(np.concatenate([low, high]))) - 0.5
    axis.hist(counts[counts < FREQUENT], edges, color="0.75", label=f"seen less than {FREQUENT} times")
    axis.hist(counts[counts >= FREQUENT], edges, color="#3a7d44", label=f"frequent: {FREQUENT} times or more")
    axis.axvline(FREQUENT - 0.5, color="0.3", linewidth=1, linestyle="--")
    frequent = int((counts >= FREQUENT).sum())
    title = f"note frequencies: {len(counts):,} distinct notes and chords, {frequent:,} of them frequent"
    axis.set(title=title, xscale="log", xlabel="how often a note or chord (as pitch classes) occurs")
    axis.set_ylabel("how many such")
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.legend(frameon=False)


def _draw_parts(axis: Any, parts: NDArray[Any]) -> None:
    shares = [float((parts == part).mean()) * 100 for part in Part]
    bars = axis.bar([part.name.lower() for part in Part], shares, color=[COLOURS[part] for part in Part])
    axis.bar_label(bars, fmt="{:.0f} %")
    axis.margins(y=0.1)
    axis.set(title="part", ylabel="% of notes")


def _draw_splits(axis: Any, corpus: Corpus) -> None:
    by_split = summary(corpus)["by_split"]
    bars = axis.bar(list(by_split), [counts["notes"] for counts in by_split.values()], color="0.6")
    axis.bar_label(bars, [f"{counts['compositions']:,} compositions" for counts in by_split.values()], fontsize=8)
    axis.margins(y=0.1)
    axis.set(title="splits", ylabel="notes")
    axis.yaxis.set_major_formatter("{x:,.0f}")


def _shares(axis: Any, values: NDArray[Any], edges: NDArray[Any]) -> None:
    axis.hist(values, edges, weights=np.full(len(values), 100 / max(1, len(values))), color="0.55")
    axis.set_ylabel("% of groups")


def _by_part(axis: Any, columns: dict[str, NDArray[Any]], name: str, edges: NDArray[Any], least: float = 0) -> None:
    """One histogram, what each part contributes stacked."""
    values = np.clip(columns[name], max(least, edges[0]), edges[-1])
    kinds = [part for part in Part if (columns["part"] == part).any()]
    stacks = [values[columns["part"] == part] for part in kinds]
    weights = [np.full(len(stack), 100 / len(values)) for stack in stacks]
    colours, names = [COLOURS[part] for part in kinds], [part.name.lower() for part in kinds]
    axis.hist(stacks, edges, weights=weights, stacked=True, color=colours, label=names)
    axis.set_ylabel("% of notes")
    if name == "pitch":
        axis.legend(frameon=False, fontsize="small", loc="upper left")


def text(corpus: Corpus, columns: dict[str, NDArray[Any]], path: Path) -> str:
    """The counts and the middle of each distribution as Markdown."""
    facts = summary(corpus)
    parts = ", ".join(f"{count:,} {part}" for part, count in facts["by_part"].items() if count)
    counts = columns["tokens"]
    lines = [
        f"# {path.name}", "",
        f"{facts['files']:,} files, {facts['compositions']:,} compositions, {facts['notes']:,} notes ({parts}), "
        f"{facts['hours']:.1f} hours.", "",
        f"{len(counts):,} distinct notes and chords (chords as pitch classes), {int((counts >= FREQUENT).sum()):,} of "
        f"them at least {FREQUENT} times.", "",
        f"![distributions]({path.with_suffix('.png').name})", "",
        "| split | compositions | files | notes |", "|---|---|---|---|",
    ]  # fmt: skip
    for split, of in facts["by_split"].items():
        lines.append(f"| {split} | {of['compositions']:,} | {of['files']:,} | {of['notes']:,} |")
    lines += ["", "| | 5 % | 25 % | median | 75 % | 95 % |", "|---|---|---|---|---|---|"]
    for name in ("pitch", "velocity", "duration", "ioi", "chord size"):
        marks = np.quantile(columns[name], (0.05, 0.25, 0.5, 0.75, 0.95)) if len(columns[name]) else [0.0] * 5
        lines.append(f"| {name} | " + " | ".join(f"{mark:.3g}" for mark in marks) + " |")
    if len(corpus.merged):
        lines += ["", f"{len(corpus.merged)} repeats of a performance were left out:", ""]
        lines += [f"- {dropped}, a repeat of {kept}" for dropped, kept in corpus.merged.tolist()]
    return "\n".join(lines) + "\n"
