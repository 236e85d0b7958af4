"""A piece of music as an array of sounding notes, with the role of each: what all readers of files end in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from improv.notes import MAX_DURATION, Part

#: Track names that say who speaks. A melody of its own outranks a right hand.
MELODY = re.compile(r"melod|theme|thema|voice|vocal|voix|sing|lead|solo", re.IGNORECASE)
RIGHT_HAND = re.compile(r"right|treble|upper", re.IGNORECASE)
ACCOMPANIMENT = re.compile(r"accomp|left|bass|lower", re.IGNORECASE)


class Labels(IntEnum):
    """What a file's part labels mean: nothing, a role, or only which half of the keyboard."""

    UNSPLIT = 0
    ROLE = 1
    REGISTER = 2


class ReadError(Exception):
    """This file is not music that can be read; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One performance: `notes` of NOTE_DTYPE in onset order, durations as they sound, in seconds.

    `scored` if it comes from a score, which says nothing of loudness: all its velocities are the same.
    """

    notes: NDArray[np.void]
    labels: Labels
    scored: bool = False


def part_labels(names: list[str], heights: list[float]) -> tuple[list[Part], Labels]:
    """Roles of tracks from their names and, of two that have none, from their mean pitches (`heights`)."""
    for lead in (MELODY, RIGHT_HAND):
        leads = [bool(lead.search(name)) and not ACCOMPANIMENT.search(name) for name in names]
        if any(leads) and not all(leads):
            return [Part.LEAD if is_lead else Part.ACCOMPANIMENT for is_lead in leads], Labels.ROLE
    if len(names) == 2:
        upper = int(heights[1] > heights[0])
        return [Part.LEAD if index == upper else Part.ACCOMPANIMENT for index in range(2)], Labels.REGISTER
    return [Part.UNSPLIT] * len(names), Labels.UNSPLIT


def sounding(notes: NDArray[np.void], pedal: NDArray[np.float64]) -> NDArray[np.void]:
    """`improv.notes.sounding` over arrays: NOTE_DTYPE with key durations in, the same with sounding durations out.

    `pedal` holds disjoint spans [down, up) in order, shape (n, 2), in seconds.
    """
    by_key = np.lexsort((notes["onset"], notes["pitch"]))
    notes = notes[by_key]
    pitch, onset = notes["pitch"], notes["onset"]
    end = pedalled(onset + notes["duration"], pedal)
    # Notes that share pitch and onset are one key press; each press is cut by the next one of its pitch.
    new = np.ones(len(notes), bool)
    new[1:] = (np.diff(onset) != 0) | (np.diff(pitch.astype(np.int16)) != 0)
    press = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    following = np.full(len(first), np.inf)
    same = pitch[first[1:]] == pitch[first[:-1]]
    following[:-1][same] = onset[first[1:]][same]
    end = np.minimum(end, following[press])
    notes["duration"] = np.clip(end - onset, 0.0, MAX_DURATION)
    return notes[np.lexsort((pitch, onset))]


def pedalled(release: NDArray[np.float64], pedal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where key releases (seconds) end in sound: at the pedal's rise if it was down at the release."""
    if not len(pedal):
        return release
    span = np.searchsorted(pedal[:, 0], release, side="right") - 1
    up = np.where(span >= 0, pedal[np.maximum(span, 0), 1], -np.inf)
    return np.maximum(release, up)
