"""What a setting may be: each kind checks a value, reads one from the command line, and says what it accepts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

Value = str | bool | int | float | tuple[str, ...]


class Kind(Protocol):
    """The seam between the table of settings and the forms a value can take."""

    @property
    def accepted(self) -> str:
        """What is accepted, in words a user reads."""
        ...

    @property
    def metavar(self) -> str:
        """How an option's help names the value."""
        ...

    def check(self, raw: object) -> Value:
        """A value as TOML gives it, as it is kept. Raises ValueError."""
        ...

    def parse(self, text: str) -> object:
        """Text from the command line as TOML would give it. Raises ValueError."""
        ...

    def show(self, value: Value) -> str:
        """The value as TOML writes it."""
        ...


def quoted(text: str) -> str:
    """A TOML basic string; JSON's are a subset of them but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


@dataclass(frozen=True, slots=True)
class Text:
    """Any text; `metavar` says of what kind."""

    metavar: str = "NAME"

    @property
    def accepted(self) -> str:
        """Quotes are what a file needs."""
        return "a text in quotes"

    def check(self, raw: object) -> Value:
        """The text itself."""
        if not isinstance(raw, str):
            raise ValueError(raw)
        return raw

    def parse(self, text: str) -> object:
        """The text itself."""
        return text

    def show(self, value: Value) -> str:
        """The text in quotes."""
        return quoted(str(value))


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names; a single name may stand without brackets."""

    accepted: str = "a name in quotes, or a list of them"
    metavar: str = "NAME"

    def check(self, raw: object) -> Value:
        """The names as a tuple."""
        names = [raw] if isinstance(raw, str) else raw
        if not isinstance(names, Sequence) or not all(isinstance(name, str) and name for name in names):
            raise ValueError(raw)
        return tuple(names)

    def parse(self, text: str) -> object:
        """One name."""
        return [text]

    def show(self, value: Value) -> str:
        """The names in brackets."""
        assert isinstance(value, tuple)
        return f"[{', '.join(quoted(name) for name in value)}]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    choices: tuple[str, ...]

    @property
    def accepted(self) -> str:
        """The words."""
        return f'"{self.choices[0]}"' if len(self.choices) == 1 else f"one of {', '.join(map(quoted, self.choices))}"

    @property
    def metavar(self) -> str:
        """The words, as a usage line writes them."""
        return "{" + ",".join(self.choices) + "}"

    def check(self, raw: object) -> Value:
        """The word itself."""
        if raw not in self.choices:
            raise ValueError(raw)
        return str(raw)

    def parse(self, text: str) -> object:
        """The word itself."""
        return text

    def show(self, value: Value) -> str:
        """The word in quotes."""
        return quoted(str(value))


@dataclass(frozen=True, slots=True)
class Meter:
    """A metre: so many notes a bar, and which."""

    accepted: str = 'a metre in quotes such as "4/4" or "6/8": 1 to 32 halves, quarters, eighths or sixteenths'
    metavar: str = "N/D"

    def check(self, raw: object) -> Value:
        """The text itself."""
        self.read(raw)
        return str(raw)

    @staticmethod
    def read(raw: object) -> tuple[int, int]:
        """How many notes, and which (4 for quarters). Raises ValueError."""
        said = re.fullmatch(r"([1-9]\d?)/(2|4|8|16)", raw, re.ASCII) if isinstance(raw, str) else None
        if said is None or int(said[1]) > 32:
            raise ValueError(raw)
        return int(said[1]), int(said[2])

    def parse(self, text: str) -> object:
        """The text itself."""
        return text

    def show(self, value: Value) -> str:
        """The text in quotes."""
        return quoted(str(value))


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    accepted: str = "true or false"
    metavar: str = ""

    def check(self, raw: object) -> Value:
        """The truth value itself."""
        if not isinstance(raw, bool):
            raise ValueError(raw)
        return raw

    def parse(self, text: str) -> object:
        """`true` or `false`."""
        return {"true": True, "false": False}.get(text, text)

    def show(self, value: Value) -> str:
        """`true` or `false`."""
        return "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `low` to `high`, both included, in `unit` if it has one; `whole` if it must be."""

    low: float
    high: float
    unit: str = ""
    whole: bool = False

    @property
    def accepted(self) -> str:
        """The range and unit."""
        kind = "a whole number" if self.whole else "a number"
        return f"{kind} from {self.low} to {self.high}" + (f" {self.unit}" if self.unit else "")

    @property
    def metavar(self) -> str:
        """N for whole numbers, X for others."""
        return "N" if self.whole else "X"

    def check(self, raw: object) -> Value:
        """The number, whole or not as the kind says; an infinity or a not-a-number is refused."""
        allowed = (int,) if self.whole else (int, float)
        if isinstance(raw, bool) or not isinstance(raw, allowed) or not self.low <= raw <= self.high:
            raise ValueError(raw)
        return raw if self.whole else float(raw)

    def parse(self, text: str) -> object:
        """The number the text writes."""
        return int(text) if self.whole else float(text)

    def show(self, value: Value) -> str:
        """The number as Python and TOML both write it."""
        return repr(value)
