"""What each role costs a model given the other, and what a wrong label costs: whether part means role.

Lead and accompaniment are scored apart in one reading of both: each note is expected from all that both played before
it, so the lead's bits are those of the lead given the accompaniment and the other way round. A note's part is drawn
first, so its cost says how well it is known whose turn it is; the other fields are expected of a note of that part.
`swapped` reads the same notes with every lead called accompaniment and every accompaniment lead, and counts the same
notes: a model to which part means no more than "one of two players" pays nothing for that, one that has learned what a
lead plays pays. Files whose halves are only those of the keyboard (Labels.REGISTER) were swapped in training half of
the time, so there nothing is to be paid. Notes that are unsplit belong to neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.encoding import FIELDS, PART, Arranged, Rows
from improv.notes import Part

ROLES = (Part.LEAD, Part.ACCOMPANIMENT)


@dataclass
class Role:
    """Sums over the notes of one part, but for a file's first note: bits by field (5,), and with all labels swapped."""

    notes: int = 0
    bits: Any = field(default_factory=lambda: np.zeros(len(FIELDS)))
    swapped: Any = field(default_factory=lambda: np.zeros(len(FIELDS)))

    def add(self, other: Role) -> None:
        """Count another's notes too."""
        self.notes += other.notes
        self.bits = self.bits + other.bits
        self.swapped = self.swapped + other.swapped


def apart(rows: Rows, bits: NDArray[np.floating], swapped: NDArray[np.floating]) -> dict[Part, Role]:
    """The roles that occur in a performance: `rows` (n, 7), and `bits` and `swapped` (n, 5), of each note and field."""
    roles = {}
    for part in ROLES:
        own = np.append(False, rows[1:, PART] == part)
        if own.any():
            sums = (found[own].sum(0, dtype=np.float64) for found in (bits, swapped))
            roles[part] = Role(int(own.sum()), *sums)
    return roles


def with_labels_swapped(arranged: Arranged) -> Arranged:
    """The same performance with every lead called accompaniment and the other way round."""
    notes = arranged.notes.copy()
    split = notes["part"] != Part.UNSPLIT
    notes["part"][split] = 1 - notes["part"][split]
    return replace(arranged, notes=notes)
