"""Prompts: the middles of pieces, what was played before, and what people play after and elsewhere.

Of each folder so many prompts are taken, in turn from pieces picked evenly; several of one piece are cut at places
spread over its middle. A cut is where a chord begins. Everything before it was heard, what follows it is the human
continuation. Two more human passages stand beside it: `elsewhere`, of the same piece, from after the continuation, and
`other`, from the middle of another piece of the folder (of another folder, if it is alone in its own).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from improv.errors import UserError
from improv.notes import Part
from training.audition.keys import Key, key_of
from training.audition.passages import Notes, between, group_starts, moved
from training.corpus import find_music
from training.pieces import ReadError
from training.reading import read

#: The part of a piece in which cuts are made, as shares of its length.
MIDDLE = (0.4, 0.6)
#: Of how many continuations' length a piece must be: two before the cut, two after it, and room to choose.
LEAST_LENGTH = 5
#: Notes that must come before a cut, and that a passage must have.
LEAST_HEARD, LEAST_NOTES = 64, 16


@dataclass(frozen=True, slots=True)
class Prompt:
    """A cut in a piece. `group` is the folder; all times in seconds on the piece's clock, passages moved so that they
    begin at `cut`: `heard` all before it, `human` what follows, `elsewhere` and `other` as above, `later` the piece
    from the cut to its end."""

    group: str
    name: str
    cut: float
    seconds: float
    heard: Notes
    human: Notes
    later: Notes
    elsewhere: Notes
    other: Notes

    @property
    def shown(self) -> Notes:
        """The end of what was heard: as much as is continued."""
        return between(self.heard, self.cut - self.seconds, self.cut)

    @property
    def key(self) -> Key:
        """The key of what is shown."""
        return key_of(self.shown)


@dataclass(frozen=True, slots=True)
class Held:
    """A held-out piece of a folder."""

    group: str
    name: str
    notes: Notes


def read_pieces(folders: Sequence[Path], complain: Callable[[str], None] = lambda line: None) -> list[Held]:
    """All pieces under `folders`, unsplit; what cannot be read is told to `complain`. Raises UserError if none can."""
    pieces = []
    for folder in folders:
        for path, name in find_music([folder]):
            try:
                notes = read(path).notes
            except ReadError as error:
                complain(f"passed over {name}: {error}")
                continue
            notes["part"] = Part.UNSPLIT
            pieces.append(Held(folder.resolve().name, name, notes))
    if not pieces:
        raise UserError(f"{folders[0]}: no file that can be read")
    return pieces


def choose(pieces: Sequence[Held], count: int, seconds: float, seed: int) -> list[Prompt]:
    """At most `count` prompts of each folder, continued for `seconds`. Raises UserError if fewer than two pieces are
    long enough."""
    rng = np.random.default_rng(seed)
    usable = [piece for piece in pieces if float(np.ptp(piece.notes["onset"])) >= LEAST_LENGTH * seconds]
    prompts: list[Prompt] = []
    for group in dict.fromkeys(piece.group for piece in usable):
        own = [piece for piece in usable if piece.group == group]
        picked = [own[i * len(own) // min(count, len(own))] for i in range(min(count, len(own)))]
        each = [len(range(i, count, len(picked))) for i in range(len(picked))]
        for index, (piece, cuts) in enumerate(zip(picked, each, strict=True)):
            others = [one for one in own if one is not piece] or [one for one in usable if one is not piece]
            if others:
                prompts += _of(piece, others[index % len(others)], cuts, seconds, rng)
    if not prompts:
        raise UserError(
            f"{len(usable)} of {len(pieces)} pieces last {LEAST_LENGTH * seconds:g} s, as continuations of {seconds:g} "
            "s need; give at least two, or a smaller --seconds"
        )
    return prompts


def _of(piece: Held, other: Held, cuts: int, seconds: float, rng: np.random.Generator) -> list[Prompt]:
    starts = group_starts(piece.notes)
    shares = np.linspace(*MIDDLE, cuts + 2)[1:-1]
    found = []
    for share in shares:
        cut = _nearest(starts, starts[0] + share * (starts[-1] - starts[0]))
        heard = between(piece.notes, -np.inf, cut)
        human = between(piece.notes, cut, cut + seconds)
        elsewhere = _elsewhere(piece.notes, cut, seconds, rng)
        begin = _nearest(group_starts(other.notes), float(np.mean(other.notes["onset"][[0, -1]])))
        beside = moved(between(other.notes, begin, begin + seconds), cut - begin)
        shown = between(heard, cut - seconds, cut)
        if len(heard) >= LEAST_HEARD and min(map(len, (shown, human, elsewhere, beside))) >= LEAST_NOTES:
            later = between(piece.notes, cut, np.inf)
            found.append(Prompt(piece.group, piece.name, cut, seconds, heard, human, later, elsewhere, beside))
    return found


def _elsewhere(notes: Notes, cut: float, seconds: float, rng: np.random.Generator) -> Notes:
    """A later passage of the same piece than the one that follows the cut, moved to the cut."""
    starts = group_starts(notes)
    places = starts[(starts >= cut + seconds) & (starts <= starts[-1] - seconds)]
    if not len(places):
        return notes[:0]
    begin = float(rng.choice(places))
    return moved(between(notes, begin, begin + seconds), cut - begin)


def _nearest(starts: Notes, moment: float) -> float:
    return float(starts[np.argmin(np.abs(starts - moment))])
