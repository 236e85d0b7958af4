"""How many bits a note costs an exported model, and how often its likeliest pitch is the right one.

Conventions, so that models compare: a group is all notes within 30 ms of its first onset, ascending
inside; ioi is the difference of group onsets, 0 inside a group; every note after a file's first counts.
A field costs -log2 p(bin), ioi and duration also log2 max(1, width / 10 ms) of their bin (the last one
ending at 10 s), velocity also log2(32 / bins). With memory, all fields but the part cost what the network mixed with
the session memory gives them; the memory is empty where a file begins, and mixes by what it knew before the field:
all of the notes before, how long they sounded included, and the fields before it of the note itself. With the files'
parts told, lead and accompaniment are also scored apart (`training.roles`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from improv.dials import NOTHING_ASKED
from improv.dials import heard as dials_heard
from improv.encoding import DURATION, FIELDS, IOI, PART, PITCH, VELOCITY, Arranged, Encoding, Order, Rows, arrange
from improv.errors import UserError
from improv.memory import Memory
from improv.notes import Part
from improv.rhythm import Rhythm
from improv.step import Floats, StepModel, controls
from improv.touch import Touch, stroke
from training.corpus import find_music
from training.dataset import bin_bits
from training.pieces import ReadError
from training.reading import read
from training.roles import Role, apart, with_labels_swapped

#: Rows fed in one run: the weights are read once for all of them.
RUN = 512
NOTHING = NOTHING_ASKED.vector()


@dataclass
class Score:
    """Sums over notes: bits by field, how many notes, how many pitches guessed right, how many files; `remembered`
    holds the bits by field with the session memory, None where it was not asked for, `roles` what each part cost,
    where parts were told."""

    bits: Any = field(default_factory=lambda: np.zeros(len(FIELDS)))
    notes: int = 0
    right: int = 0
    files: int = 0
    remembered: Any = None
    roles: dict[Part, Role] = field(default_factory=dict)

    def add(self, other: Score) -> None:
        """Count another's notes too."""
        self.bits = self.bits + other.bits
        self.notes += other.notes
        self.right += other.right
        self.files += other.files
        if other.remembered is not None:
            self.remembered = other.remembered + (0.0 if self.remembered is None else self.remembered)
        for part, role in other.roles.items():
            self.roles.setdefault(part, Role()).add(role)

    def report(self) -> dict[str, Any]:
        """The figures a note: {"notes", "bits": {field: bits, "total": bits}, "pitch_accuracy"}; with memory also
        "bits_memory", which has the keys of "bits"; with parts told also "by_part": {"lead": {"notes", "bits",
        "bits_swapped"}, "accompaniment": ...}, those that occur, "bits_swapped" with all labels swapped."""
        accuracy = round(self.right / max(1, self.notes), 4)
        report = {"notes": self.notes, "bits": _by_field(self.bits, self.notes), "pitch_accuracy": accuracy}
        if self.remembered is not None:
            report["bits_memory"] = _by_field(self.remembered, self.notes)
        if self.roles:
            report["by_part"] = {
                part.name.lower(): {
                    "notes": role.notes,
                    "bits": _by_field(role.bits, role.notes),
                    "bits_swapped": _by_field(role.swapped, role.notes),
                }
                for part, role in sorted(self.roles.items())
            }
        return report


def _by_field(bits: Any, notes: int) -> dict[str, float]:
    mean = bits / max(1, notes)
    named = {name: round(float(value), 4) for name, value in zip(FIELDS, mean, strict=True)}
    return named | {"total": round(float(mean.sum()), 4)}


def evaluate(
    model: StepModel,
    paths: Sequence[Path],
    *,
    label: bool = False,
    memory: bool = False,
    complain: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Score:
    """Score all music under `paths`; files that cannot be read are told to `complain` and passed over.

    With `label` the files' parts are fed and their cost counts; without, every note is fed as unsplit and
    its part costs nothing. With `memory` pitches are also scored with a session memory. Raises
    UserError if there is nothing to score.
    """
    files = find_music(paths)
    total = Score()
    for done, (path, name) in enumerate(files, 1):
        try:
            notes = read(path).notes
        except ReadError as error:
            complain(f"passed over {name}: {error}")
        else:
            if not label:
                notes["part"] = Part.UNSPLIT
            total.add(score(model, arrange(notes, Order.ASCENDING), label=label, memory=memory))
        progress(done, len(files))
    if not total.files:
        raise UserError(f"{paths[0]}: none of {len(files)} files is a MIDI file that can be read")
    return total


def score(model: StepModel, arranged: Arranged, *, label: bool, memory: bool = False) -> Score:
    """Score one performance: every note after the first."""
    rows, heard, best = listen(model, arranged)
    bits = bits_by_field(model.encoding, rows, heard, label=label)
    total = Score(bits[1:].sum(0, dtype=np.float64), len(rows) - 1, int((best[1:] == rows[1:, PITCH]).sum()), 1)
    if memory:
        mixed = bits_by_field(model.encoding, rows, with_memory(rows, heard), label=label)
        total.remembered = mixed[1:].sum(0, dtype=np.float64)
    if label and (arranged.notes["part"] != Part.UNSPLIT).any():
        other = with_labels_swapped(arranged)
        total.roles = apart(rows, bits, bits_by_field(model.encoding, *listen(model, other)[:2], label=True))
    return total


def bits_by_field(encoding: Encoding, rows: Rows, heard: Floats, *, label: bool) -> Any:
    """Bits of each note and field, shape (n, 5), from log-probabilities (n, 5) in nats; the part's only by `label`."""
    bits = -heard / np.log(2) + bin_bits(encoding, rows)
    if not label:
        bits[:, PART] = 0.0
    return bits


def with_memory(rows: Rows, heard: Floats) -> Floats:
    """The log-probabilities (n, 5) in nats as a session memory that hears a performance from the start mixes them.

    `rows` (n, 7) in ascending order, `heard` (n, 5) what the network alone gave each.
    """
    memory, rhythm, touch, mixed = Memory(), Rhythm(), Touch(), heard.copy()
    for note, (row, alone) in enumerate(zip(rows.tolist(), heard.tolist(), strict=True)):
        mixed[note, PITCH] = np.log(memory.learn(row[PITCH], row[IOI] > 0, alone[PITCH]))
        mixed[note, IOI] = np.log(rhythm.learn(row[PITCH], row[IOI], alone[IOI]))
        mixed[note, VELOCITY:] = np.log(touch.learn(stroke(row), (alone[VELOCITY], alone[DURATION])))
    return mixed


def listen(model: StepModel, arranged: Arranged, asked: Floats = NOTHING) -> tuple[Rows, Floats, Any]:
    """Feed a performance of n notes from the start: its rows (n, 7), log-probabilities (n, 5) in nats of each, and the
    likeliest pitches (n,). The dials are what was heard, and what is `asked`: of each row and after the last, shape
    (n + 1, WIDTH), or throughout, (WIDTH,)."""
    how = controls(model.encoding, np.random.default_rng(0))
    state, rows = model.start(), model.encoding.rows(arranged)
    dials = dials_heard(arranged) + asked
    found, best = [], []
    for begin in range(0, len(rows), RUN):
        fed = rows[None, begin : begin + RUN]
        step = model.step(fed, dials[None, begin : begin + fed.shape[1] + 1], state, how)
        state = step.state
        found.append(step.heard[0])
        best.append(step.best_pitch[0])
    return rows, np.concatenate(found), np.concatenate(best)


def table(reports: dict[str, dict[str, Any]]) -> str:
    """The reports as lines of text, one a set."""
    width = max(len(name) for name in ("    labels swapped", *reports))
    columns = (*FIELDS, "total")
    lines = [f"{'set':{width}}  {'notes':>9}  " + "  ".join(f"{c:>8}" for c in columns) + "  pitch right"]
    for name, report in reports.items():
        bits, right = _bits(report["bits"]), report["pitch_accuracy"]
        lines.append(f"{name:{width}}  {report['notes']:>9,}  {bits}  {right:>10.1%}")
        if "bits_memory" in report:
            lines.append(f"{'  with memory':{width}}  {'':9}  {_bits(report['bits_memory'])}")
        for part, found in report.get("by_part", {}).items():
            lines.append(f"{'  ' + part:{width}}  {found['notes']:>9,}  {_bits(found['bits'])}")
            lines.append(f"{'    labels swapped':{width}}  {'':9}  {_bits(found['bits_swapped'])}")
    return "\n".join([*lines, "bits per note by field; pitch right: the likeliest pitch was the one played"])


def _bits(bits: dict[str, float]) -> str:
    return "  ".join(f"{bits[column]:8.3f}" for column in (*FIELDS, "total"))
