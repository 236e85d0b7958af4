"""Kinds of settings whose values are one of a few words, or the name of something."""

from __future__ import annotations

import re
from dataclasses import dataclass

from improv.keynames import read_key, read_pitch, read_split
from improv.settingkinds import Names, Text, Value, quoted


@dataclass(frozen=True, slots=True)
class FileOr(Text):
    """One of a few words, or a file; a word misspelt is none."""

    words: tuple[str, ...] = ()

    @property
    def accepted(self) -> str:
        """The words, and what a file's name must have."""
        return f'{", ".join(map(quoted, self.words))} or a file in quotes, such as "mine.memory"'

    def check(self, raw: object) -> Value:
        """The text itself."""
        if not isinstance(raw, str) or (raw not in self.words and not re.search(r"[./\\]", raw)):
            raise ValueError(raw)
        return raw


@dataclass(frozen=True, slots=True)
class KeyOr(Text):
    """A key, or one of a few words."""

    words: tuple[str, ...] = ()

    @property
    def accepted(self) -> str:
        """The words, and how a key is written."""
        return f'{", ".join(map(quoted, self.words))} or a key in quotes such as "Bb", "F# minor" or "D dorian"'

    def check(self, raw: object) -> Value:
        """The word, or the key as a status line writes it."""
        return str(raw) if raw in self.words else str(read_key(raw))


@dataclass(frozen=True, slots=True)
class Split(Text):
    """Where the keyboard is split, and which side is meant."""

    metavar: str = "NOTE:SIDE"

    @property
    def accepted(self) -> str:
        """How it is written."""
        return 'a note and a side in quotes such as "C4:above" or "Bb3:below" (C4 is middle C), or "" for none'

    def check(self, raw: object) -> Value:
        """The text itself."""
        read_split(raw)
        return str(raw)


@dataclass(frozen=True, slots=True)
class Pitch(Text):
    """A note by its name."""

    metavar: str = "NOTE"

    @property
    def accepted(self) -> str:
        """How it is written."""
        return 'a note in quotes such as "C4" (middle C) or "Bb3"'

    def check(self, raw: object) -> Value:
        """The text itself."""
        if not isinstance(raw, str):
            raise ValueError(raw)
        read_pitch(raw)
        return raw


def read_channel(text: str) -> tuple[int, str]:
    """A channel as people write it, "2" or "2 C4:below": its number, 0 for all but 10, and its side of a split or "".
    Raises ValueError."""
    said = re.fullmatch(r"(\d{1,2})(?: +(\S+))?", text, re.ASCII)
    if said is None or int(said[1]) > 16:
        raise ValueError(text)
    read_split(said[2] or "")
    return int(said[1]), said[2] or ""


@dataclass(frozen=True, slots=True)
class Channels(Names):
    """MIDI channels, each with its side of a split if it is to have one; a single one may stand without brackets."""

    accepted: str = '0 for all but 10, 1 to 16, one with its side of a split such as "2 C4:below", or a list of them'
    metavar: str = "N"

    def check(self, raw: object) -> Value:
        """The channels as texts."""
        said = raw if isinstance(raw, (list, tuple)) else [raw]
        found = tuple(str(one) for one in said if isinstance(one, (int, str)) and not isinstance(one, bool))
        numbers = [read_channel(one) for one in found]
        if not found or len(found) != len(said) or (len(numbers) > 1 and 0 in dict(numbers)):
            raise ValueError(raw)
        return found

    def show(self, value: Value) -> str:
        """The channels, in brackets if there are several."""
        assert isinstance(value, tuple)
        shown = [name if name.isdecimal() else quoted(name) for name in value]
        return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"
