"""The folder of recorded sessions: their names, what is kept, and which one a user means."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import platformdirs

from improv.errors import UserError
from improv.sessionfile import SUFFIX, Reader, Tally

#: What was written to this lately (seconds) may still be played, and is not cleared away.
IN_USE = 3600.0
#: A session's name: the second it began in; a number follows where one did before.
NAME, SECOND = "%Y-%m-%d-%H%M%S", len("2026-11-25-200000")


@dataclass(frozen=True, slots=True)
class Entry:
    """A session as the list shows it; `began` in UTC, `seconds` and notes None where the file does not say."""

    path: Path
    began: datetime | None
    seconds: float | None
    heard: int | None
    played: int | None
    size: int


def folder(named: str = "") -> Path:
    """The folder the settings name, or the one in the user's data folder."""
    return Path(named) if named else platformdirs.user_data_path("improv", appauthor=False) / "sessions"


def new_path(where: Path, now: datetime) -> Path:
    """The path of a session that begins `now`; the folder is made. Raises OSError."""
    where.mkdir(parents=True, exist_ok=True)
    name = now.astimezone().strftime(NAME)
    taken = {path.name for path in where.glob(f"{name}*{SUFFIX}")}
    names = (f"{name}{more}{SUFFIX}" for more in ("", *(f"-{number}" for number in range(2, 1000))))
    return where / next(free for free in names if free not in taken)


def clear_away(where: Path, days: float, size: int, now: datetime) -> list[Path]:
    """Remove sessions older than `days`, and of the rest the oldest until all take at most `size` bytes; which ones.

    One that was written to within the last hour stays. What cannot be removed is left.
    """
    removed, kept = [], 0
    for path, stat in sorted(_files(where), key=lambda item: -item[1][0]):
        age = now.timestamp() - stat[0]
        kept += stat[1]
        if age > IN_USE and (age > timedelta(days=days).total_seconds() or kept > size):
            with contextlib.suppress(OSError):
                path.unlink()
                removed.append(path)
                kept -= stat[1]
    return removed


def _files(where: Path) -> list[tuple[Path, tuple[float, int]]]:
    """Session files with the moment of their last change and their size."""
    found = []
    for path in where.glob(f"*{SUFFIX}") if where.is_dir() else ():
        with contextlib.suppress(OSError):
            stat = path.stat()
            found.append((path, (stat.st_mtime, stat.st_size)))
    return found


def entries(where: Path) -> list[Entry]:
    """All sessions, the latest first; a damaged one too, with what can be said of it."""
    found = sorted(_files(where), key=lambda item: _began(item[0].name), reverse=True)
    return [_entry(path, size) for path, (_, size) in found]


def _began(name: str) -> tuple[str, int]:
    """What sorts sessions by when they began: the second in their name, and how many began within it before."""
    stem = name.removesuffix(SUFFIX)
    second, dash, number = stem.rpartition("-")
    within = bool(dash) and number.isdecimal() and len(number) < 4 and len(second) == SECOND
    return (second, int(number)) if within else (stem, 1)


def _entry(path: Path, size: int) -> Entry:
    try:
        reader = Reader(path)
    except UserError:
        return Entry(path, None, None, None, None, size)
    tally = reader.last() or Tally(reader.head.at, 0, 0)
    began = None
    with contextlib.suppress(ValueError):
        began = datetime.fromisoformat(reader.head.began).astimezone(UTC)
    return Entry(path, began, max(0.0, tally.at - reader.head.at), tally.heard, tally.played, size)


def choose(where: Path, wanted: str | None) -> Path:
    """The session a user means: a path, a name or its beginning; None is the latest. UserError if it is not one."""
    if wanted is not None and Path(wanted).is_file():
        return Path(wanted)
    names = sorted((path.name for path, _ in _files(where)), key=_began)
    found = names[-1:] if wanted is None else [name for name in names if name.startswith(wanted)]
    if len(found) == 1:
        return where / found[0]
    if wanted is None:
        raise UserError(f"no session is recorded yet in {where}")
    problem = f"several sessions begin with {wanted}: {_listed(found)}" if found else f"no session {wanted} in {where}"
    raise UserError(f"{problem}; 'improv sessions' lists them")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
