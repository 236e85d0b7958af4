"""Improv plays with the player of each duet, as `improv jam` lets it, and stands beside the human and the straw men."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from improv.encoding import as_array
from improv.events import Heard
from improv.jam import jam
from improv.listener import notes_in
from improv.model import load
from improv.settings import Settings
from improv.step import StepModel
from training.audition.continuations import events_of
from training.audition.passages import Notes
from training.duets.duets import HUMAN, SHIFTED, Duet, straw_men
from training.duets.measures import MEASURES, figures

MACHINE = "machine"
#: By player (human, machine, a straw man), the figures of each duet, in order.
Found = dict[str, list[dict[str, float]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """Consonance as it is to be read, the median over duets of (machine - shifted) / (human - shifted), and by how much
    the machine's is above the human's; how far it is from the human in being together, in shares; and the measures
    that lie outside the spread of the human partners (from the 5th to the 95th percentile of all duets)."""

    consonance: float
    above_human: float
    joined_away: float
    outside: tuple[str, ...]


@lru_cache(maxsize=1)
def loaded(model: Path) -> StepModel:
    """The model of a file, read once a process. Raises UserError."""
    return load(model)


def partner(model: StepModel, duet: Duet, settings: Settings, seed: int) -> Notes:
    """What improv plays with a duet's player, all that sounds."""
    return played_to(events_of(duet.player), model, settings, seed)


def played_to(events: Iterable[Heard], model: StepModel, settings: Settings, seed: int) -> Notes:
    """What improv plays to these events, all that sounds."""
    result = jam(events, model, settings, np.random.default_rng(seed))
    return as_array([note for note in notes_in(result.improv) if note.duration])


def found(
    model: Path,
    duets: Sequence[Duet],
    settings: Settings,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Found:
    """The figures of human, machine and straw men in each duet. Raises UserError if the model cannot be read."""
    loaded(model)
    by_player: Found = {HUMAN: [], MACHINE: []}
    jobs = [(model, duet, settings, seed + index) for index, duet in enumerate(duets)]
    with ProcessPoolExecutor(workers) as pool:
        for index, notes in enumerate(pool.map(_play, *zip(*jobs, strict=True))):
            duet, other = duets[index], duets[(index + 1) % len(duets)]
            players = {HUMAN: duet.partner, MACHINE: notes, **straw_men(duet, other, seed + index)}
            for name, played in players.items():
                by_player.setdefault(name, []).append(figures(duet.player, played))
            progress(index + 1, len(duets))
    return by_player


def _play(model: Path, duet: Duet, settings: Settings, seed: int) -> Notes:
    return partner(loaded(model), duet, settings, seed)


def read(by_player: Found) -> Reading:
    """What the figures say of the machine."""
    human, machine, shifted = (column(by_player, name) for name in (HUMAN, MACHINE, SHIFTED))
    at = MEASURES.index("consonance")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (machine[:, at] - shifted[:, at]) / (human[:, at] - shifted[:, at])
    return Reading(
        float(np.nanmedian(ratio[human[:, at] > shifted[:, at]])),
        float(np.nanmedian(machine[:, at] - human[:, at])),
        float(np.nanmedian(machine[:, MEASURES.index("joined")] - human[:, MEASURES.index("joined")])),
        outside(by_player, MEASURES),
    )


def outside(by_player: Found, measures: Sequence[str]) -> tuple[str, ...]:
    """The measures by which the machine's median is outside the spread of the humans, from the 5th to the 95th
    percentile."""
    human, machine = (column(by_player, name, measures) for name in (HUMAN, MACHINE))
    low, high = np.nanquantile(human, (0.05, 0.95), axis=0)
    known = ~np.isnan(machine).all(0)
    middle = np.nanmedian(np.where(known, machine, 0.0), axis=0)
    out = known & ((middle < low) | (middle > high))
    return tuple(name for name, is_out in zip(measures, out, strict=True) if is_out)


def column(by_player: Found, name: str, measures: Sequence[str] = MEASURES) -> np.ndarray:
    """One player's figures, shape (duets, len(measures))."""
    return np.array([[one[measure] for measure in measures] for one in by_player[name]])
