"""The contact sheet: piano rolls of prompt, human continuation and machine continuations, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.audition.passages import Notes, releases
from training.audition.prompts import Prompt

#: At most so many prompts are drawn, picked evenly.
MOST = 12
COLOURS = {"prompt": "0.45", "human": "#3a7d44"}
MACHINE = "#b3472e"


def draw(path: Path, prompts: Sequence[Prompt], machines: dict[str, Sequence[Notes]]) -> None:
    """Write a PNG: a line a prompt; the columns are the prompt's end, the human and each machine.

    All columns of a line share pitches and seconds; a note is the darker the louder it is.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [i * len(prompts) // min(MOST, len(prompts)) for i in range(min(MOST, len(prompts)))]
    titles = ["prompt", "human", *machines]
    size = (3.2 * len(titles), 1.5 * len(shown) + 0.4)
    figure, axes = plt.subplots(len(shown), len(titles), figsize=size, squeeze=False, layout="constrained")
    for line, index in zip(axes, shown, strict=True):
        prompt = prompts[index]
        passages = [prompt.shown, prompt.human, *(played[index] for played in machines.values())]
        pitches = [int(pitch) for notes in passages for pitch in notes["pitch"]]
        for axis, title, notes in zip(line, titles, passages, strict=True):
            begin = prompt.cut - prompt.seconds if title == "prompt" else prompt.cut
            _roll(axis, notes, begin, COLOURS.get(title, MACHINE))
            axis.set(xlim=(0, prompt.seconds), ylim=(min(pitches) - 2, max(pitches) + 2))
        line[0].set_ylabel(Path(prompt.name).stem[:18], fontsize=6)
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title if title in COLOURS else f"machine, {title}", fontsize=9)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _roll(axis: Any, notes: Notes, begin: float, colour: str) -> None:
    from matplotlib.colors import to_rgb

    onset, end = notes["onset"] - begin, np.maximum(releases(notes), notes["onset"] + 0.05) - begin
    strength = 0.25 + 0.75 * notes["velocity"].astype(float) / 127
    shades = np.column_stack([np.tile(to_rgb(colour), (len(notes), 1)), strength])
    axis.hlines(notes["pitch"].astype(int), onset, end, shades, linewidth=1.4)
    axis.tick_params(labelsize=5, length=2)
    axis.grid(alpha=0.2)
