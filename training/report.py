"""Pictures and tables of a training run."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path

from improv.encoding import FIELDS


def write_history(path: Path, history: Sequence[dict[str, float]]) -> None:
    """One line a validation, as CSV."""
    if not history:
        return
    draft = path.with_name(path.name + ".part")
    with draft.open("w", newline="") as file:
        table = csv.DictWriter(file, list(history[0]))
        table.writeheader()
        table.writerows(history)
    os.replace(draft, path)


def draw_curves(path: Path, history: Sequence[dict[str, float]]) -> None:
    """Bits per note against notes seen, training and validation: all fields together, and one by one."""
    if not history:
        return
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    seen = [row["notes_seen"] / 1e6 for row in history]
    figure, axes = plt.subplots(2, 3, figsize=(12, 6.5), layout="constrained")
    for axis, name in zip(axes.flat, ("total", *FIELDS), strict=True):
        axis.plot(
            seen, [row[f"train_{name}"] for row in history], color="0.6", label="training (augmented, with parts)"
        )
        axis.plot(seen, [row[f"validation_{name}"] for row in history], color="C0", label="validation (unsplit)")
        axis.set_title(name)
        axis.grid(alpha=0.3)
    best = min(history, key=lambda row: row["validation_total"])
    axes[0, 0].plot(best["notes_seen"] / 1e6, best["validation_total"], "o", color="C3", label="best")
    axes[0, 0].legend(fontsize="small")
    figure.supxlabel("million notes seen")
    figure.supylabel("bits per note")
    figure.savefig(path, dpi=110)
    plt.close(figure)
