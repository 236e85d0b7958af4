"""The figures of a partner as a table, human beside machine and straw men."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from training.duets.duets import HUMAN, STRAW_MEN
from training.duets.measures import MEASURES
from training.duets.run import MACHINE, Found, Reading, column

COLUMNS = (HUMAN, MACHINE, *STRAW_MEN)


def lines(by_player: Found, measures: Sequence[str] = MEASURES) -> list[str]:
    """A line a measure: medians over duets; beside the human's the spread, from the 5th to the 95th percentile."""
    head = ["| | human (5 to 95 %) | " + " | ".join(COLUMNS[1:]) + " |", "|---" * (1 + len(COLUMNS)) + "|"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where nobody has a figure there is none
        middles = {name: np.nanmedian(column(by_player, name, measures), axis=0) for name in COLUMNS}
        low, high = np.nanquantile(column(by_player, HUMAN, measures), (0.05, 0.95), axis=0)
    for index, measure in enumerate(measures):
        human = f"{_said(middles[HUMAN][index])} ({_said(low[index])} to {_said(high[index])})"
        cells = [human, *(_said(middles[name][index]) for name in COLUMNS[1:])]
        head.append(f"| {measure} | " + " | ".join(cells) + " |")
    return head


def verdict(reading: Reading) -> list[str]:
    """What the figures say, and what is asked."""
    return [
        f"Consonance, (machine - shifted) / (human - shifted): {reading.consonance:.2f} (asked: 0.8 or more); "
        f"beside the human {100 * reading.above_human:+.0f} points (asked: no more than +5).",
        f"Onsets joined, beside the human: {100 * reading.joined_away:+.0f} points (asked: within 15).",
        beyond(reading.outside),
    ]


def beyond(measures: Sequence[str]) -> str:
    """A line on the measures that lie outside the human spread."""
    return f"Outside the human spread: {', '.join(measures) if measures else 'none'}."


def _said(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"
