"""Which measures may be gates, and which gates the machine passes.

A measure may be a gate only if by it people are better than every straw man. Who stands for people is another human
passage (`elsewhere`): the human continuation itself is what is compared with. Where the human continuation's own value
is the goal (copying, loops), nearer to it is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.audition import freerun
from training.audition.judge import ELSEWHERE, HUMAN, OTHER, Table
from training.audition.measures import FEATURES
from training.audition.strawmen import STRAW_MEN

#: The share of half minutes that must lie in the band.
LEAST_INSIDE = 0.9


@dataclass(frozen=True, slots=True)
class Gate:
    """One measure: its `goal` in words and the `bound` the machine is held to; `values` of the machine's players,
    `passed` whether each keeps to it; `fooled_by` the straw men that do as well as people, none if it is a gate."""

    name: str
    goal: str
    bound: float
    values: dict[str, float]
    passed: dict[str, bool]
    fooled_by: tuple[str, ...]

    @property
    def counts(self) -> bool:
        """Whether it may be used as a gate."""
        return not self.fooled_by


def gates(tables: Mapping[str, Any]) -> list[Gate]:
    """Every measure of `tables` ("likeness", "copying heard", "copying trained", "loops", "told", "lasting"; what was
    not measured is left out), for the machine's players."""
    found: list[Gate] = []
    if likeness := tables.get("likeness"):
        found += [_at_least_people(f"overlap: {name}", likeness, name) for name in FEATURES]
    for name, compared in (("copying heard", (HUMAN,)), ("copying trained", (HUMAN, OTHER))):
        if table := tables.get(name):
            found += [_no_more(f"{name}: {column}", table, column, compared) for column in table[HUMAN]]
    if loops := tables.get("loops"):
        found += [_no_more(f"loops: {column}", loops, column, (HUMAN,)) for column in loops[HUMAN]]
    if lasting := tables.get("lasting"):
        found += [_inside(name, lasting) for name in freerun.FIGURES]
        found.append(_no_worse(lasting))
    if told := tables.get("told"):
        found.append(_untold(told))
    return found


def _at_least_people(name: str, table: Table, column: str) -> Gate:
    values = {player: row[column] for player, row in table.items()}
    return _gate(name, "at least another human passage's", values[ELSEWHERE], values, values, ELSEWHERE, above=True)


def _no_more(name: str, table: Table, column: str, compared: tuple[str, ...]) -> Gate:
    values = {player: row[column] for player, row in table.items()}
    bound = min(values[player] for player in compared)
    better = {player: -abs(value - values[HUMAN]) for player, value in values.items()}
    goal = "no more than " + " and ".join(
        {HUMAN: "the human continuation", OTHER: "another piece"}[c] for c in compared
    )
    return _gate(name, goal, bound, values, better, ELSEWHERE, above=False)


def _inside(name: str, table: Table) -> Gate:
    values = {player: row[name] for player, row in table.items() if row}
    goal = f"at least {LEAST_INSIDE:.0%} of half minutes in the band"
    return _gate(f"playing on: {name}", goal, LEAST_INSIDE, values, values, HUMAN, above=True)


def _no_worse(table: Table) -> Gate:
    values = {player: row["last minute"] - row["first minute"] for player, row in table.items() if row}
    goal = "last minute no worse than the first"
    return _gate("playing on: last less first minute", goal, 0.0, values, values, HUMAN, above=True)


def _untold(table: Table) -> Gate:
    values = {player: row["AUC"] for player, row in table.items()}
    better = {player: -value for player, value in values.items()}
    goal = "told no more easily than another human passage"
    # Below one half there is nothing but chance: nobody can be asked to be told less than not at all.
    return _gate("classifier: AUC", goal, max(0.5, values[ELSEWHERE]), values, better, ELSEWHERE, above=False)


def _gate(
    name: str,
    goal: str,
    bound: float,
    values: dict[str, float],
    better: dict[str, float],
    people: str,
    above: bool,
) -> Gate:
    machine = {player: value for player, value in values.items() if player not in (*STRAW_MEN, HUMAN, ELSEWHERE, OTHER)}
    hair = 1e-9
    passed = {player: value >= bound - hair if above else value <= bound + hair for player, value in machine.items()}
    fooled = tuple(straw for straw in STRAW_MEN if straw in better and better[straw] >= better[people] - hair)
    return Gate(name, goal, bound, machine, passed, fooled)
