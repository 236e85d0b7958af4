"""What goes through the pipe, as bytes: what is said with every note in few of them, all else as Python does it.

A pickle names classes and has them looked up: where a core has slept, that alone takes a tenth of a millisecond.
"""

from __future__ import annotations

import marshal
import pickle
from typing import Any

from improv.plan import PlannedNote, Play
from improv.ports.reports import Heard, Sent

#: What reports begin with, and a Play; no pickle begins so.
_REPORTS, _PLAY = b"r", b"p"


def packed(value: object) -> bytes:
    """The value as bytes."""
    if isinstance(value, Play):
        notes = [(one.onset, one.pitch, one.velocity, one.duration, one.channel) for one in value.notes]
        return _PLAY + marshal.dumps(notes)
    if isinstance(value, tuple) and all(isinstance(one, Heard | Sent) for one in value):
        return _REPORTS + marshal.dumps([_fields(one) for one in value])
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Any:
    """The value that these bytes are."""
    kind = data[:1]
    if kind == _PLAY:
        return Play(tuple(PlannedNote(*one) for one in marshal.loads(data[1:])))
    if kind == _REPORTS:
        return tuple(Heard(*one) if len(one) == 3 else Sent(*one) for one in marshal.loads(data[1:]))
    return pickle.loads(data)


def _fields(one: Heard | Sent) -> tuple[object, ...]:
    if isinstance(one, Heard):
        return one.at, one.port, one.data
    return one.deadline, one.lateness, one.pitch, one.velocity, one.channel
