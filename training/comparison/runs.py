"""The networks of a comparison: each trained and exported in a process and a folder of its own, going on after a kill.

All are as large as one WaveNet and train for the same minutes on the same augmented crops. A step reads about as many
rows for each: `article` learns one note from a window of 32, the others one from every row, so its crops are 32 times
shorter. The last weights count, as the learning rate has then come down; validation would only take from the time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from improv.errors import UserError
from training.checkpoint import load_card, load_state
from training.dataset import CONTEXT
from training.networks import NAMES

#: More steps than any run has.
NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for all: `minutes` of training, and `options`, more of `improv-train fit`'s, by name."""

    minutes: float
    crop: int
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class Trained:
    """A network that has had its time: the exported file, how large it is, the notes it learned from (with repeats),
    and the seconds that took, by the clock that was asked for."""

    model: Path
    parameters: int
    notes: int
    seconds: float


def train(
    corpus: Path, folder: Path, plan: Plan, tell: Callable[[str], None] = lambda line: None
) -> dict[str, Trained]:
    """Train and export one network of each kind, by the names of training.networks; what is done stays done.

    `tell` hears what is being done. Raises UserError if a run fails, after which what was wrong stands on stderr.
    """
    return {kind: _one(kind, corpus, folder / kind, plan, tell) for kind in NAMES}


def _one(kind: str, corpus: Path, folder: Path, plan: Plan, tell: Callable[[str], None]) -> Trained:
    crop = max(1, plan.crop // CONTEXT) if kind == "article" else plan.crop
    given = {"network": kind, "minutes": f"{plan.minutes:g}", "crop": str(crop), "validate-every": str(NEVER)}
    tell(f"{kind}: training for {plan.minutes:g} minutes")
    _run("fit", str(corpus), "-o", str(folder), *_arguments(given | plan.options))
    model, best = folder / f"{kind}.onnx", folder / "best.keras"
    if not model.is_file() or model.stat().st_mtime < best.stat().st_mtime:
        tell(f"{kind}: exporting")
        about = {"name": kind, "data": corpus.name, "licence": "that of the music"}
        _run("export", str(best), "-o", str(model), *_arguments(about))
    state = load_state(folder)
    assert state is not None, "fit leaves its state"
    notes = state.step * state.settings["batch"] * crop
    return Trained(model, load_card(best)["parameters"], notes, state.seconds)


def _arguments(options: dict[str, str]) -> Sequence[str]:
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def _run(command: str, *arguments: str) -> None:
    """One command of improv-train in a process of its own, its last words to nobody, its errors to the user."""
    done = subprocess.run([sys.executable, "-m", "training.cli", command, *arguments], stdout=subprocess.DEVNULL)
    if done.returncode == 130:
        raise KeyboardInterrupt
    if done.returncode:
        raise UserError(f"'improv-train {command} {' '.join(arguments)}' failed, so there is nothing to compare")
