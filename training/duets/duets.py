"""Pieces of two parts as a player and a partner, and straw men in the partner's place.

shifted          the human partner's part, moved on by SHIFT seconds: right music, wrong moment
in key           the partner of another piece, transposed to this one's key
random diatonic  the human partner's rhythm, each pitch drawn evenly from the key and the partner's register
drone            tonic and fifth, struck anew every DRONE seconds
octave down      the player's own notes an octave lower
echo             the player's own notes once more, ECHO seconds later
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from improv.errors import UserError
from improv.notes import Part
from training.audition.keys import Key, key_of
from training.audition.passages import Notes, between, in_order, moved
from training.audition.strawmen import transposed
from training.corpus import find_music
from training.pieces import Labels, ReadError
from training.reading import read

SHIFT, DRONE, ECHO = 7.0, 2.0, 0.5
HUMAN, SHIFTED = "human", "shifted"
STRAW_MEN = (SHIFTED, "in key", "random diatonic", "drone", "octave down", "echo")
#: A part needs so many notes to count as one.
LEAST_NOTES = 16


@dataclass(frozen=True, slots=True)
class Duet:
    """A piece's player and its human partner, from 0 s on; `key` is that of both."""

    name: str
    player: Notes
    partner: Notes

    @property
    def key(self) -> Key:
        """The key of both parts."""
        return key_of(in_order(np.concatenate([self.player, self.partner])))

    @property
    def end(self) -> float:
        """When the last of both stops, seconds."""
        both = np.concatenate([self.player, self.partner])
        return float((both["onset"] + both["duration"]).max())


def read_duets(
    folders: Sequence[Path],
    leads: bool,
    seconds: float,
    complain: Callable[[str], None] = lambda line: None,
) -> list[Duet]:
    """`seconds` of all pieces under `folders` with two roles, from where both play: of the lead and the accompaniment
    the player is the lead if `leads`, else the accompaniment. The player plays without a pedal; the partner's notes are
    as long as they sound, as improv's are. Raises UserError if there is none."""
    found = []
    for path, name in find_music(folders):
        try:
            piece, keys = read(path), read(path, pedal=False)
        except ReadError as error:
            complain(f"passed over {name}: {error}")
            continue
        part = Part.LEAD if leads else Part.ACCOMPANIMENT
        player = piece.notes["part"] == part
        if piece.labels != Labels.ROLE or min(player.sum(), (~player).sum()) < LEAST_NOTES:
            complain(f"passed over {name}: not of two parts, a lead and an accompaniment")
            continue
        begin = max(float(piece.notes["onset"][own][0]) for own in (player, ~player))
        one, other = (between(moved(notes, -begin), 0.0, seconds) for notes in (keys.notes, piece.notes))
        one, other = one[one["part"] == part], other[other["part"] != part]
        if min(len(one), len(other)) >= LEAST_NOTES:
            found.append(Duet(name, one, other))
    if not found:
        raise UserError(f"{folders[0]}: no piece with a melody and an accompaniment in it")
    return found


def straw_men(duet: Duet, other: Duet, seed: int) -> dict[str, Notes]:
    """All of STRAW_MEN for a duet; `other` lends its partner."""
    rng = np.random.default_rng(seed)
    key, end = duet.key, float(duet.player["onset"][-1])
    lent = transposed(other.partner, (key.tonic - other.key.tonic + 6) % 12 - 6)
    return {
        SHIFTED: _turned(duet.partner, SHIFT, duet.end),
        "in key": between(lent, 0.0, end + DRONE),
        "random diatonic": _diatonic(duet.partner, key, rng),
        "drone": _drone(duet, key),
        "octave down": transposed(duet.player, -12),
        "echo": moved(duet.player, ECHO),
    }


def _turned(notes: Notes, seconds: float, end: float) -> Notes:
    """Later by so many seconds; what would come after the end comes at the beginning."""
    turned = notes.copy()
    turned["onset"] = (turned["onset"] + seconds) % end
    return in_order(turned)


def _diatonic(notes: Notes, key: Key, rng: np.random.Generator) -> Notes:
    low, high = int(notes["pitch"].min()), int(notes["pitch"].max())
    inside = [pitch for pitch in range(low, high + 1) if key.scale()[pitch % 12]]
    drawn = notes.copy()
    drawn["pitch"] = rng.choice(inside, len(notes))
    return in_order(drawn)


def _drone(duet: Duet, key: Key) -> Notes:
    onsets = np.arange(0.0, float(duet.player["onset"][-1]) + DRONE, DRONE)
    tonic = 36 + (key.tonic - 36) % 12
    struck = np.zeros(2 * len(onsets), duet.player.dtype)
    struck["onset"] = np.repeat(onsets, 2)
    struck["pitch"] = np.tile([tonic, tonic + 7], len(onsets))
    struck["velocity"], struck["duration"] = int(np.median(duet.partner["velocity"])), DRONE
    return struck
