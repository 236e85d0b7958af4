"""Kinds of settings whose values are one of a few words, or else the name of something."""

from __future__ import annotations

import re
from dataclasses import dataclass

from improv.keynames import read_key, read_split
from improv.settingkinds import Text, Value, quoted


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
