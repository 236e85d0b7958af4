"""The tables of an audition as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.audition.gates import Gate
from training.audition.judge import ELSEWHERE, HUMAN, OTHER, Table

PLAYERS = {
    HUMAN: "the human continuation",
    ELSEWHERE: "human: the same piece, elsewhere",
    OTHER: "human: another piece",
    "shuffled": "straw man: human, shuffled",
    "time-shifted": "straw man: human, time-shifted",
    "in key": "straw man: another piece, in key",
    "echo": "straw man: echo of the prompt",
    "unigram": "straw man: unigram",
}
SECTIONS = {
    "likeness": (
        "Overlap with the human continuation",
        "Overlapping area of each passage's distribution with the human continuation's, mean over prompts; 1 is the "
        "same distribution. The yardstick is another passage of the same piece.",
        2,
    ),
    "copying heard": (
        "Copying what the player played",
        "The longest run of notes (pitch and wait, or interval and wait) shared with all that was heard before.",
        1,
    ),
    "copying trained": (
        "Copying training pieces",
        "The longest run of notes shared with any piece that was trained on.",
        1,
    ),
    "loops": ("Loops", "A pattern of up to 32 notes three times in a row or more, of twelve notes or more.", 3),
    "told": (
        "Classifier",
        "A logistic regression told the prompt: held-out AUC (by piece) with which it tells a player from the human "
        "continuation. 0.5: it cannot.",
        2,
    ),
    "lasting": (
        "Playing on",
        "The share of half minutes inside the 5-95 % band of people's half minutes; the last two columns over all six "
        "figures. The human's own pieces end where they end.",
        2,
    ),
}


def page(
    title: str, facts: Sequence[str], tables: Mapping[str, Any], gates: Sequence[Gate], notes: Sequence[str]
) -> str:
    """The whole page: facts, gates, tables, notes."""
    lines = [f"# {title}", "", *facts, "", "## Gates", "", *gate_lines(gates), ""]
    for name, (heading, explanation, digits) in SECTIONS.items():
        if table := tables.get(name):
            lines += [f"## {heading}", "", explanation, "", *table_lines(table, digits), ""]
    return "\n".join([*lines, *notes]) + "\n"


def gate_lines(gates: Sequence[Gate]) -> list[str]:
    """Which measures are gates and who passes them, as a table; and the count."""
    machines = list(gates[0].values)  # of which those that answer do not play on
    head = "| measure | goal | bound | " + " | ".join(machines) + " | gate |"
    lines = [head, "|---" * (4 + len(machines)) + "|"]
    for gate in gates:
        cells = [_cell(gate, machine) for machine in machines]
        counts = "yes" if gate.counts else "no: does not tell people from " + ", ".join(gate.fooled_by)
        lines.append(f"| {gate.name} | {gate.goal} | {gate.bound:.2f} | {' | '.join(cells)} | {counts} |")
    used = [gate for gate in gates if gate.counts]
    kept = ", ".join(f"{m}: {sum(gate.passed.get(m, False) for gate in used)}" for m in machines)
    every = ", ".join(f"{m}: {sum(gate.passed.get(m, False) for gate in gates)}" for m in machines)
    return [*lines, "", f"Gates passed, of {len(used)}: {kept}. Of all {len(gates)} measures: {every}."]


def _cell(gate: Gate, machine: str) -> str:
    if machine not in gate.values:
        return ""
    return f"{gate.values[machine]:.2f} {'passed' if gate.passed[machine] else 'failed'}"


def table_lines(table: Table, digits: int) -> list[str]:
    """One table: a line a player."""
    columns = list(max(table.values(), key=len))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    for player, row in table.items():
        cells = [f"{row[column]:.{digits}f}" if column in row else "" for column in columns]
        lines.append(f"| {PLAYERS.get(player, 'machine, ' + player)} | " + " | ".join(cells) + " |")
    return lines
