"""How answers end: as long as was asked, and as people's phrases end.

Phrases are cut from pieces where the player waits longest; improv answers each as the daemon would. Beside the answers
stand people's own next phrases and, as straw men, the same ones broken off at any note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from improv.encoding import as_array
from improv.jam import jam
from improv.listener import notes_in
from improv.settings import Settings
from training.audition.continuations import events_of
from training.audition.keys import key_of
from training.audition.passages import Notes, between, group_starts, moved, releases
from training.audition.prompts import Held
from training.duets.duets import HUMAN
from training.duets.run import MACHINE, Found, column, loaded

#: Seconds of a phrase at least and at most, notes it must have, and phrases of a piece at most.
SHORTEST, LONGEST, LEAST_NOTES, MOST_PHRASES = 4.0, 12.0, 8, 6
BROKEN = "broken off"
#: From the first onset to the last, of the phrase's; the last note, of the median one; the wait after it, of the usual.
FIGURES = (
    *("length, ratio", "within 25 %", "last note, ratio", "notes in the last chord"),
    *("on the tonic chord", "on the tonic", "wait, ratio"),
)
#: Of these the share is said, of the others the median.
SHARES = ("within 25 %", "on the tonic chord", "on the tonic")


@dataclass(frozen=True, slots=True)
class Call:
    """A phrase from 0 s on, and the one that follows it in the piece, with the wait after that in seconds."""

    phrase: Notes
    following: Notes
    wait: float


def calls(pieces: Sequence[Held]) -> list[Call]:
    """Phrases of all pieces, each with the one that follows it."""
    found = []
    for piece in pieces:
        cut = _phrases(piece.notes)
        for one, other, after in list(zip(cut, cut[1:], cut[2:], strict=False))[:MOST_PHRASES]:
            begin = float(one["onset"][0])
            wait = float(after["onset"][0] - other["onset"][-1])
            found.append(Call(moved(one, -begin), moved(other, -float(other["onset"][0])), wait))
    return found


def _phrases(notes: Notes) -> list[Notes]:
    """Stretches from one long wait to another."""
    starts, found, begin = group_starts(notes), [], 0
    while begin < len(starts) - 1:
        first, last = np.searchsorted(starts, starts[begin] + np.array([SHORTEST, LONGEST]))
        last = min(int(last), len(starts) - 1)
        if last <= first:
            break
        end = int(first) + int(np.argmax(np.diff(starts[first : last + 1])))
        phrase = between(notes, float(starts[begin]), float(starts[end]) + 1e-3)
        if len(phrase) >= LEAST_NOTES:
            found.append(phrase)
        begin = end + 1
    return found


def answered(
    model: Path,
    asked: Sequence[Call],
    settings: Settings,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Found:
    """The FIGURES of people's phrases, improv's answers and phrases broken off, of each call."""
    loaded(model)
    rng = np.random.default_rng(seed)
    rows: Found = {HUMAN: [], MACHINE: [], BROKEN: []}
    with ProcessPoolExecutor(workers) as pool:
        jobs = [(model, call, settings, seed + index) for index, call in enumerate(asked)]
        for index, answer in enumerate(pool.map(_answer, *zip(*jobs, strict=True))):
            call = asked[index]
            rows[HUMAN].append(_figures(call, call.following, call.wait))
            broken = call.following[: rng.integers(LEAST_NOTES // 2, len(call.following))]
            wait = float(call.following["onset"][len(broken)] - broken["onset"][-1])
            rows[BROKEN].append(_figures(call, broken, wait))
            if len(answer):
                rows[MACHINE].append(_figures(call, answer, np.nan))
            progress(index + 1, len(asked))
    return rows


def _answer(model: Path, call: Call, settings: Settings, seed: int) -> Notes:
    result = jam(events_of(call.phrase), loaded(model), settings, np.random.default_rng(seed))
    notes = as_array([note for note in notes_in(result.improv) if note.duration])
    return between(notes, float(call.phrase["onset"][-1]), np.inf)


def _figures(call: Call, answer: Notes, wait: float) -> dict[str, float]:
    starts = group_starts(answer)
    length = (starts[-1] - starts[0]) / max(float(np.ptp(call.phrase["onset"])), 1e-3)
    last = answer[answer["onset"] >= starts[-1] - 1e-9]
    lasting = float((releases(last) - last["onset"]).max() / max(np.median(answer["duration"]), 1e-3))
    key = key_of(np.concatenate([call.phrase, answer]))
    degrees = (last["pitch"].astype(int) - key.tonic) % 12
    chord = (0, 3 if key.minor else 4, 7)
    usual = float(np.median(np.diff(starts))) if len(starts) > 1 else np.nan
    shares = [float(np.isin(degrees, chord).mean()), float(degrees[np.argmin(last["pitch"])] == 0)]
    said = [length, float(abs(length - 1) <= 0.25), lasting, float(len(last)), *shares, wait / usual]
    return dict(zip(FIGURES, said, strict=True))


def lines(found: Found) -> list[str]:
    """A line a figure: medians and shares over all calls, people beside the machine and what is broken off; beside
    people's medians the spread, from the 5th to the 95th percentile."""
    people, *others = found
    head = [f"| | {people} (5 to 95 %) | {' | '.join(others)} |", "|---" * (1 + len(found)) + "|"]
    columns = {name: column(found, name, FIGURES).reshape(-1, len(FIGURES)) for name in found}
    for index, figure in enumerate(FIGURES):
        known = {name: rows[:, index][~np.isnan(rows[:, index])] for name, rows in columns.items()}
        middle = np.mean if figure in SHARES else np.median
        cells = [f"{middle(values):.2f}" if len(values) else "-" for values in known.values()]
        if figure not in SHARES:
            cells[0] += " ({:.2f} to {:.2f})".format(*np.quantile(known[people], (0.05, 0.95)))
        head.append(f"| {figure} | {' | '.join(cells)} |")
    return head
