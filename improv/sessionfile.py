"""What a session file is: everything that entered the core and left it, as it happened, one record a line.

A line is a checksum (CRC-32, eight hexadecimal digits), a blank and the record as JSON; the first record is the
`Head`. Lines are only ever added. What was written whole can be read, whatever became of the rest: a line that was
cut short or damaged is passed over and counted. Numbers are written so that they come back to the bit.
"""

from __future__ import annotations

import binascii
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, get_args, get_type_hints

from improv.errors import UserError
from improv.events import Heard
from improv.plan import Command, PlannedNote
from improv.ports.reports import Dropped, Sent

SUFFIX = ".improv"
FORMAT = 1
#: No record is longer, in bytes; a file that holds a longer line is damaged there.
LONGEST = 1 << 20
#: No session is larger, in bytes: a larger file is refused unread. What is read takes some five times its bytes.
LARGEST = 1 << 30
#: How large a number of each name may be.
_HIGHEST = {"channel": 15, "pitch": 127, "velocity": 127, "control": 127, "value": 127, "sixteenths": 16383}
#: A moment is at most so many seconds from zero: 30 years.
_FURTHEST = 1e9


@dataclass(frozen=True, slots=True)
class Settled:
    """The core's settings, all of them, were these from then on; by name."""

    settings: dict[str, Any]


Input = Heard | Settled


@dataclass(frozen=True, slots=True)
class Head:
    """What a session began with. `began` is the day's time (ISO 8601, UTC) of the moment `at` (seconds, monotonic);
    `settings` are the core's by name, `config` those of the program; `model` and `machine` say what computed; `memory`
    is the file of what was remembered at the start (base64), if there was one."""

    format: int
    at: float
    began: str
    seed: int
    settings: dict[str, Any]
    config: dict[str, Any]
    model: dict[str, Any]
    machine: dict[str, Any]
    memory: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What the core heard since its last turn, the moment of this one, and what it asked of the ports."""

    at: float
    heard: tuple[Input, ...]
    asked: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The player did this too, and the core never heard of it: too much came at once (improv.thinning)."""

    heard: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """What improv said to its player: a port lost or back, a fallback."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Notes heard and played up to `at`; `last` when the session ended in peace."""

    at: float
    heard: int
    played: int
    last: bool = False


@dataclass(frozen=True, slots=True)
class Stumble:
    """The model's step of this number failed, and why; steps are counted from the session's beginning."""

    step: int
    why: str


@dataclass(frozen=True, slots=True)
class Missed:
    """So many records are missing here: the disk took none, and the buffer was full."""

    count: int


Record = Head | Turn | LeftOut | Remark | Stumble | Tally | Missed | Sent | Dropped
_KINDS: dict[str, type] = {kind.__name__: kind for kind in (*get_args(Record | Input | Command), PlannedNote)}
_NAMES = {kind: tuple(field.name for field in fields(kind)) for kind in _KINDS.values()}
_HINTS = {kind: get_type_hints(kind) for kind in _KINDS.values()}


def line(record: Record) -> bytes:
    """A record as a line of the file."""
    body = json.dumps(_pack(record), separators=(",", ":")).encode()
    return b"%08x %s\n" % (binascii.crc32(body), body)


def parse(text: bytes) -> Record | None:
    """The record a line holds; None if it is damaged. Never raises."""
    body = text[9:].rstrip(b"\n")
    try:
        if int(text[:8], 16) != binascii.crc32(body):
            return None
        record = _unpack(json.loads(body))
    except (ValueError, TypeError, RecursionError):  # of JSON, of a checksum, of a value that fits no field
        return None
    return record if isinstance(record, get_args(Record)) else None


class Reader:
    """Reads a session file record by record; `damaged` counts the lines passed over so far.

    UserError, naming the file, if it cannot be read, is no session or is of another format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = 0
        self.head = self._first()

    def _first(self) -> Head:
        for record in self._records():
            if isinstance(record, Head) and record.format == FORMAT:
                return record
            if isinstance(record, Head):
                raise UserError(f"{self.path}: session format {record.format}, this improv reads format {FORMAT}")
            break
        raise UserError(f"{self.path}: not a session of improv, or damaged at its head ('improv sessions' lists them)")

    def __iter__(self) -> Iterator[Record]:
        """The records after the head."""
        self.damaged = 0
        records = self._records()
        next(records, None)
        return records

    def _records(self) -> Iterator[Record]:
        try:
            with self.path.open("rb") as file:
                if self.path.stat().st_size > LARGEST:
                    raise UserError(f"{self.path}: larger than any session of improv")
                for text in _lines(file):
                    record = parse(text)
                    if record is None:
                        self.damaged += 1
                    else:
                        yield record
        except OSError as error:
            raise UserError(f"{self.path}: cannot be read ({error.strerror}); 'improv sessions' lists them") from error

    def last(self) -> Tally | None:
        """The last tally near the end of the file, found without reading the rest; `at` is the last turn's moment."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, 2) - LONGEST))
                found = [record for text in _lines(file) if isinstance(record := parse(text), Tally | Turn)]
        except OSError:
            return None
        tally = next((record for record in reversed(found) if isinstance(record, Tally)), None)
        return None if tally is None else replace(tally, at=found[-1].at)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines, each cut at LONGEST; what is longer comes in pieces that are no lines of ours."""
    while text := file.readline(LONGEST):
        yield text


def _pack(value: Any) -> Any:
    names = _NAMES.get(type(value))
    if names is not None:
        return {type(value).__name__: [_pack(getattr(value, name)) for name in names]}
    if isinstance(value, tuple):
        return [_pack(one) for one in value]
    return value


def _unpack(packed: Any) -> Any:
    """ValueError or TypeError if it says nothing that was ever packed."""
    if isinstance(packed, list):
        return tuple(_unpack(one) for one in packed)
    if not isinstance(packed, dict) or len(packed) != 1:
        return packed
    ((name, values),) = packed.items()
    kind = _KINDS.get(name)
    if kind is None:
        return packed
    hints = _HINTS[kind]
    if len(values) > len(hints):
        raise ValueError(name)
    given = zip(_NAMES[kind], values, strict=False)
    return kind(**{field: _fit(field, _unpack(value), hints[field]) for field, value in given})


def _fit(name: str, value: Any, hint: Any) -> Any:
    """A value as a field of this name and type takes it. ValueError if it cannot."""
    if hint is float:
        if type(value) not in (float, int) or not math.isfinite(value) or abs(value) > _FURTHEST:
            raise ValueError(name)
        return float(value)
    if hint in (int, str, bool, dict):
        if type(value) is not hint or (hint is int and not 0 <= value <= _HIGHEST.get(name, 1 << 62)):
            raise ValueError(name)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    elif name in ("heard", "asked", "notes"):
        _each_fits(name, value)
    return value


def _each_fits(name: str, values: Any) -> None:
    allowed = {"heard": get_args(Input), "asked": get_args(Command), "notes": (PlannedNote,)}[name]
    if type(values) is not tuple or not all(isinstance(value, allowed) for value in values):
        raise ValueError(name)
