"""The blind test: one page, nothing else, on which a person rates pairs that do not say who played."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from training.audition.passages import Notes, releases
from training.audition.prompts import Prompt

#: Of the prompt so many seconds are played, at most.
LEAD_IN = 8.0


def pairs(
    prompts: Sequence[Prompt], machine: Sequence[Notes], seed: int
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """What the page holds, and the key to it, in the same order: prompts shuffled, sides drawn by lot.

    A pair has "prompt", "a" and "b", each a list of [onset, duration, pitch, velocity], onsets in seconds from the
    prompt's beginning; the key says for each pair the piece, and for "a" and "b" whether it is "human" or "machine".
    """
    rng = np.random.default_rng(seed)
    shown: list[dict[str, Any]] = []
    key: list[dict[str, str]] = []
    for number, index in enumerate(rng.permutation(len(prompts)).tolist(), 1):
        prompt = prompts[index]
        begin = prompt.cut - min(LEAD_IN, prompt.seconds)
        lead = prompt.shown[prompt.shown["onset"] >= begin]
        played = {"human": prompt.human, "machine": machine[index]}
        sides = ["human", "machine"] if rng.random() < 0.5 else ["machine", "human"]
        passages = {letter: _lines(played[side], begin) for letter, side in zip("ab", sides, strict=True)}
        shown.append({"pair": number, "prompt": _lines(lead, begin), **passages})
        key.append(
            {"pair": str(number), "piece": prompt.name, "cut": f"{prompt.cut:.3f}", "a": sides[0], "b": sides[1]}
        )
    return shown, key


def _lines(notes: Notes, begin: float) -> list[list[float]]:
    """Notes as the page plays them: whole milliseconds, velocities in steps of 4: no side shows by its digits."""
    durations = releases(notes) - notes["onset"]
    return [
        [round(onset - begin, 3), round(max(length, 0.05), 2), pitch, int(velocity // 4 * 4 + 2)]
        for onset, length, pitch, velocity in zip(
            notes["onset"].tolist(),
            durations.tolist(),
            notes["pitch"].tolist(),
            notes["velocity"].tolist(),
            strict=True,
        )
    ]


def write(folder: Path, prompts: Sequence[Prompt], machine: Sequence[Notes], seed: int) -> None:
    """Write blind.html, which needs no network, and blind-key.json, which says who is who."""
    shown, key = pairs(prompts, machine, seed)
    template = files("training.audition").joinpath("blind.html").read_text(encoding="utf-8")
    data = json.dumps(shown, separators=(",", ":"))
    (folder / "blind.html").write_text(template.replace("/*PAIRS*/[]", data), encoding="utf-8")
    (folder / "blind-key.json").write_text(json.dumps(key, indent=1), encoding="utf-8")
