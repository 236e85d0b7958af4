"""The one table of a comparison: as text for a terminal, as Markdown, JSON and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from improv.encoding import FIELDS
from training.checkpoint import write_json
from training.comparison.runs import Trained
from training.evaluate import Score

#: The part is told, so it costs nothing.
COLUMNS = (*FIELDS[1:], "total")
COLOURS = ("#2f6690", "#c8553d", "#8d99ae", "#e0b33e")
WINDOW = (
    "`article` learns one note from each window of 32, the others one from every row; `lstm` reads the same last 32 "
    "rows as `wavenet`, `lstm-carried` keeps its state from a piece's beginning. With memory: mixed with the session "
    "memory, empty where a piece begins. Notes are unsplit. All networks are told the dials of the last half minute; "
    "memory alone and the unigram are not."
)

Scores = Mapping[str, Mapping[str, Score]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found: `command` that finds it again, what `minutes` of training are, the networks, and scores by set
    and rival."""

    command: str
    minutes: str
    trained: Mapping[str, Trained]
    scores: Scores


def write(folder: Path, found: Comparison) -> None:
    """Write compare.md, compare.json and compare.png into `folder`."""
    (folder / "compare.md").write_text(page(found), encoding="utf-8")
    networks = {
        name: {"parameters": one.parameters, "notes": one.notes, "seconds": round(one.seconds, 1)}
        for name, one in found.trained.items()
    }
    sets = {name: {rival: score.report() for rival, score in scores.items()} for name, scores in found.scores.items()}
    write_json(folder / "compare.json", {"command": found.command, "networks": networks, "sets": sets})
    draw(found.scores, folder / "compare.png")


def page(found: Comparison) -> str:
    """The Markdown page."""
    lines = [
        "# Networks of equal size, trained for equal time",
        "",
        f"    {found.command}",
        "",
        "| network | parameters | training | notes learned from, with repeats |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {one.parameters:,} | {one.seconds / 60:.1f} {found.minutes} | {one.notes:,} |"
            for name, one in found.trained.items()
        ),
        "",
        WINDOW,
        "",
        "Bits per note by field on the held-out compositions of each set, less is better; pitch right: how often the "
        "likeliest pitch was the one played.",
        "",
        f"| set | | {' | '.join(COLUMNS)} | pitch right |",
        "|---|---|" + "---:|" * (len(COLUMNS) + 1),
    ]
    for group, scores in found.scores.items():
        for index, (rival, score) in enumerate(scores.items()):
            label = f"{group}, {next(iter(scores.values())).notes:,} notes" if index == 0 else ""
            bits, right = figures(score)
            lines.append(f"| {label} | {rival} | {' | '.join(f'{value:.3f}' for value in bits)} | {right:.1%} |")
    return "\n".join([*lines, "", *verdicts(found.scores), "", "![bits per note](compare.png)", ""])


def text(found: Comparison) -> str:
    """The table for a terminal."""
    width = max(len(rival) for scores in found.scores.values() for rival in scores)
    lines = []
    for group, scores in found.scores.items():
        notes = next(iter(scores.values())).notes
        lines += [
            f"{group}: {notes:,} notes",
            f"{'':{width}}  " + "  ".join(f"{c:>8}" for c in COLUMNS) + "  pitch right",
        ]
        for rival, score in scores.items():
            bits, right = figures(score)
            lines.append(f"{rival:{width}}  " + "  ".join(f"{value:8.3f}" for value in bits) + f"  {right:>10.1%}")
    return "\n".join([*lines, *verdicts(found.scores)])


def figures(score: Score) -> tuple[list[float], float]:
    """Bits a note in the order of COLUMNS, and the share of pitches that were guessed right."""
    report: dict[str, Any] = score.report()
    return [report["bits"][column] for column in COLUMNS], report["pitch_accuracy"]


def verdicts(scores: Scores, one: str = "wavenet", other: str = "lstm") -> list[str]:
    """A sentence a set: what `one` costs more or less than `other`, field by field."""
    lines = []
    for group, rivals in scores.items():
        mine, theirs = figures(rivals[one])[0], figures(rivals[other])[0]
        apart = [f"{column} {a - b:+.3f}" for column, a, b in zip(COLUMNS, mine, theirs, strict=True)]
        lines.append(f"{one} against {other} on {group}, bits a note (below 0: {one} is better): {', '.join(apart)}.")
    return lines


def draw(scores: Scores, path: Path) -> None:
    """Bits a note as bars, a panel a set: one bar a rival, a colour a field."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rivals = list(next(iter(scores.values())))
    figure, axes = plt.subplots(1, len(scores), figsize=(5 * len(scores), 4.6), sharey=True, squeeze=False)
    for axis, (group, found) in zip(axes[0], scores.items(), strict=True):
        begin = [0.0] * len(rivals)
        for column, colour in zip(COLUMNS[:-1], COLOURS, strict=True):
            bits = [figures(found[rival])[0][COLUMNS.index(column)] for rival in rivals]
            axis.barh(rivals, bits, left=begin, color=colour, label=column)
            begin = [a + b for a, b in zip(begin, bits, strict=True)]
        for rival, total in zip(rivals, begin, strict=True):
            axis.text(total, rival, f" {total:.2f}", va="center", fontsize="small")
        axis.set_title(group)
        axis.set_xlim(0, 1.15 * max(begin))
        axis.set_xlabel("bits per note")
    axes[0][0].invert_yaxis()
    figure.legend(*axes[0][0].get_legend_handles_labels(), fontsize="small", loc="upper left", ncols=2)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
