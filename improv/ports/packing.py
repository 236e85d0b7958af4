"""What goes through the pipe, as bytes: what is said with every note in few of them, all else as Python does it.

A pickle names classes and has them looked up: where a core has slept, that alone takes a tenth of a millisecond.
"""

from __future__ import annotations

import marshal
import pickle
from typing import Any

from improv.plan import Drop, PlannedNote, Play, Release
from improv.ports.reports import Heard, Sent

#: What reports begin with, and what is said with a note of the player's: to play, to drop, to release. No pickle does.
_REPORTS, _PLAY, _DROP, _RELEASE = b"r", b"p", b"d", b"e"


def packed(value: object) -> bytes:
    """The value as bytes."""
    if isinstance(value, Play):
        return _PLAY + marshal.dumps(_plain(value.notes))
    if isinstance(value, Drop):
        return _DROP + marshal.dumps(_plain(value.notes))
    if isinstance(value, Release):
        return _RELEASE + marshal.dumps([value.at, *_plain(value.notes)])
    if isinstance(value, tuple) and all(isinstance(one, Heard | Sent) for one in value):
        return _REPORTS + marshal.dumps([_fields(one) for one in value])
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Any:
    """The value that these bytes are."""
    kind = data[:1]
    if kind in (_PLAY, _DROP):
        return (Play if kind == _PLAY else Drop)(_notes(marshal.loads(data[1:])))
    if kind == _RELEASE:
        at, *notes = marshal.loads(data[1:])
        return Release(_notes(notes), at)
    if kind == _REPORTS:
        return tuple(Heard(*one) if len(one) == 3 else Sent(*one) for one in marshal.loads(data[1:]))
    return pickle.loads(data)


def _plain(notes: tuple[PlannedNote, ...]) -> list[tuple[float, int, int, float, int]]:
    return [(one.onset, one.pitch, one.velocity, one.duration, one.channel) for one in notes]


def _notes(plain: list[Any]) -> tuple[PlannedNote, ...]:
    return tuple(PlannedNote(*one) for one in plain)


def _fields(one: Heard | Sent) -> tuple[object, ...]:
    if isinstance(one, Heard):
        return one.at, one.port, one.data
    return one.deadline, one.lateness, one.pitch, one.velocity, one.channel
