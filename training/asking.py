"""What is asked of a model by its dials, and what comes of it.

*Playing*: the daemon's own draft goes on from held-out prompts with one dial at five settings, all else equal, chance
too. What the dial names is measured in what was played: notes a second, mean pitch, mean velocity.

*Cost*: held-out pieces are read in passages of 64 notes. Told what a passage will be like (its true notes a second,
mean pitch, mean velocity), a model should expect it better than when nothing is asked; told something else (half and
twice the pace, an octave too low and too high, 16 too soft and too loud), worse. The differences, in bits a note, say
how much a dial means to the model, and what it costs to ask for other music than that which would have come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from improv.dials import WIDTH, Asked, asked
from improv.encoding import FIELDS, Arranged, Order, arrange
from improv.settings import Settings
from improv.step import Floats, StepModel
from training.audition.continuations import Job, play, up_to
from training.audition.passages import Notes
from training.audition.prompts import Prompt
from training.evaluate import NOTHING, bits_by_field, listen

#: Notes for which one thing is asked.
PASSAGE = 64
#: What is told of a passage, in the order in which it is shown.
TOLD = ("nothing", "true", "too low", "too high")


@dataclass(frozen=True, slots=True)
class Dial:
    """A dial: the five `settings` it is turned to (as improv.settings has it), what it `measures` in `seconds` of what
    was played, the `field` that is to follow it, and its value that is too low or too high (-1 or 1) by so much."""

    settings: tuple[float, ...]
    measure: Callable[[Notes, float], float]
    field: str
    wrong: Callable[[float, int], float]


def _mean(column: str) -> Callable[[Notes, float], float]:
    return lambda notes, seconds: float(notes[column].mean()) if len(notes) else float("nan")


DIALS = {
    "density": Dial(
        (2, 4, 6, 9, 13), lambda notes, seconds: len(notes) / seconds, "ioi", lambda value, side: value * 2.0**side
    ),
    "register": Dial((48, 56, 64, 72, 80), _mean("pitch"), "pitch", lambda value, side: value + 12 * side),
    "loudness": Dial((0.5, 0.7, 1, 1.4, 2), _mean("velocity"), "velocity", lambda value, side: value + 16 * side),
}


@dataclass(frozen=True, slots=True)
class Turned:
    """What came of a dial at each of its settings: `came` (prompts, settings) of what it names; NaN for no notes."""

    came: Any

    @property
    def means(self) -> list[float]:
        """The mean over prompts, one a setting."""
        return [float(value) for value in np.nanmean(self.came, axis=0)]

    @property
    def monotone(self) -> bool:
        """Whether each setting gives more than the one below it."""
        return bool((np.diff(self.means) > 0).all())

    @property
    def rising(self) -> float:
        """The share of single steps, from one setting to the next after one prompt, that go up."""
        return float((np.diff(self.came, axis=1) > 0).mean())


def turn(
    model: Path,
    prompts: Sequence[Prompt],
    seconds: float,
    *,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Turned]:
    """Go on from each prompt for `seconds` at every setting of every dial."""
    turns = [(name, value) for name, dial in DIALS.items() for value in dial.settings]
    jobs = [
        Job(prompt.heard, prompt.cut + seconds, replace(Settings(), **{name: value}), (seed, index))
        for name, value in turns
        for index, prompt in enumerate(prompts)
    ]
    came: dict[str, list[float]] = {name: [] for name in DIALS}
    for done, notes in enumerate(play(model, jobs, workers)):
        name, _ = turns[done // len(prompts)]
        played = up_to(notes, prompts[done % len(prompts)].cut, seconds)
        came[name].append(DIALS[name].measure(played, seconds))
        progress(done + 1, len(jobs))
    shape = {name: (len(dial.settings), len(prompts)) for name, dial in DIALS.items()}
    return {name: Turned(np.reshape(values, shape[name]).T) for name, values in came.items()}


def cost(
    model: StepModel, pieces: Sequence[Notes], progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, dict[str, list[float]]]:
    """Bits a note by dial and by what is told of it: those of the field that is to follow, and of all together."""
    performances = [arrange(notes, Order.ASCENDING) for notes in pieces]
    sums = {name: {what: np.zeros(2) for what in TOLD} for name in DIALS}
    notes = 0
    for done, arranged in enumerate(performances, 1):
        notes += len(arranged.notes) - 1
        alone = _bits(model, arranged, NOTHING)
        for name, dial in DIALS.items():
            for what in TOLD:
                bits = alone if what == "nothing" else _bits(model, arranged, told_of(arranged, name, what))
                sums[name][what] += bits[FIELDS.index(dial.field)], bits.sum()
        progress(done, len(performances))
    return {
        name: {what: [float(value) for value in total / max(1, notes)] for what, total in by.items()}
        for name, by in sums.items()
    }


def told_of(arranged: Arranged, name: str, what: str) -> Floats:
    """What is asked beside each row and after the last, shape (n + 1, WIDTH): of its passage, "true" or wrong."""
    side = {"true": 0, "too low": -1, "too high": 1}[what]
    beside = np.zeros((len(arranged.notes) + 1, WIDTH), np.float32)
    for begin in range(0, len(arranged.notes), PASSAGE):
        end = begin + PASSAGE
        until = float(arranged.onsets[end]) if end < len(arranged.notes) else None
        value = getattr(asked(arranged.passage(begin, end), until), name)
        beside[begin:end] = Asked(**{name: DIALS[name].wrong(value, side) if side else value}).vector()
    return beside


def _bits(model: StepModel, arranged: Arranged, beside: Floats) -> Any:
    """Bits by field, shape (5,), of all notes but the first."""
    rows, heard, _ = listen(model, arranged, beside)
    return bits_by_field(model.encoding, rows, heard, label=False)[1:].sum(0, dtype=np.float64)


def report(turned: dict[str, Turned], costs: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    """All figures as JSON has them."""
    return {
        name: {
            "settings": list(dial.settings),
            "came": [round(value, 3) for value in turned[name].means],
            "monotone": turned[name].monotone,
            "rising": round(turned[name].rising, 3),
            "field": dial.field,
            "bits": {
                what: {dial.field: round(own, 4), "total": round(total, 4)}
                for what, (own, total) in costs[name].items()
            },
        }
        for name, dial in DIALS.items()
    }


def text(found: dict[str, Any]) -> str:
    """The report as lines of text."""
    lines = []
    for name, one in found.items():
        turned = ", ".join(f"{asked:g}: {came:.2f}" for asked, came in zip(one["settings"], one["came"], strict=True))
        verdict = "rises throughout" if one["monotone"] else "does not rise throughout"
        lines.append(f"{name}: {turned}; {verdict}, {one['rising']:.0%} of single steps up")
        nothing = one["bits"]["nothing"]
        for what in TOLD[1:]:
            apart = ", ".join(f"{field} {bits - nothing[field]:+.3f}" for field, bits in one["bits"][what].items())
            lines.append(f"  told what is {what}, bits a note more than told nothing: {apart}")
    return "\n".join(lines)
