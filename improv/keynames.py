"""Keys, scales and notes by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

#: Degrees in semitones above the tonic. Minor is the natural scale and its leading note; aeolian is natural alone.
SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "pentatonic": (0, 2, 4, 7, 9),
}
#: What a control says that wants the present key to stay: it becomes that key (improv.ears).
HOLD = "hold"
#: As a status line writes them.
TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_ACCIDENTALS = {"#": 1, "b": -1, "": 0}
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Key:
    """A key: `tonic` 0 (C) to 11, and the name of a scale, one of SCALES."""

    tonic: int
    scale: str

    def __str__(self) -> str:
        return f"{TONICS[self.tonic]} {self.scale}"

    @property
    def classes(self) -> tuple[int, ...]:
        """The pitch classes that are in it, from the tonic up."""
        return tuple((self.tonic + degree) % 12 for degree in SCALES[self.scale])


@lru_cache(maxsize=64)
def read_key(text: object) -> Key:
    """A key as people write it: "D dorian", "F# minor", "Bb"; without a scale it is major. Raises ValueError."""
    said = re.fullmatch(r"([a-gA-G])([#b]?)(?: +(\w+))?", text.strip()) if isinstance(text, str) else None
    scale = said[3].lower() if said is not None and said[3] else "major"
    if said is None or scale not in SCALES:
        raise ValueError(text)
    return Key((_LETTERS[said[1].upper()] + _ACCIDENTALS[said[2]]) % 12, scale)


def read_pitch(text: str) -> int:
    """A note as people write it, C4 for middle C: its pitch, 0-127. Raises ValueError."""
    said = re.fullmatch(r"([a-gA-G])([#b]?)(-?\d)", text.strip(), re.ASCII)
    if said is None:
        raise ValueError(text)
    pitch = 12 * (int(said[3]) + 1) + _LETTERS[said[1].upper()] + _ACCIDENTALS[said[2]]
    if not 0 <= pitch <= 127:
        raise ValueError(text)
    return pitch


def read_split(text: object) -> tuple[int, int]:
    """A split such as "C4:above" or "Bb3:below": the lowest and highest pitch on that side; the note named is above.

    An empty text is no split. Raises ValueError.
    """
    if text == "":
        return 0, 127
    note, _, side = text.partition(":") if isinstance(text, str) else ("", "", "")
    pitch = read_pitch(note)
    if side.strip() not in ("above", "below") or (side.strip(), pitch) == ("below", 0):
        raise ValueError(text)
    return (pitch, 127) if side.strip() == "above" else (0, pitch - 1)
