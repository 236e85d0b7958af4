"""What is kept of a session memory, as bytes: not its tables, but the notes they were made of, and its weights.

So a memory can be made again, just as it was, by whatever version learns from notes; it is small, and whatever the
bytes say, reading them asks for no more room than MOST_BYTES. The format, little-endian:

    14 bytes "improv memory\n", version (2 bytes), notes (4), strokes (4), CRC-32 of all that follows (4)
    the mixtures of pitch, of waits, of velocity and of duration: for each its weights, so many as it has slots, and the
    network's share (8 each, floats)
    for each note, oldest first: pitch (1), 1 if it was learned, 0 if it was context only (1), the wait since the chord
    before in seconds, 0 within a chord (8, a float)
    for each stroke, a note of which it is known how long it sounded, so: pitch (1), velocity (1), learned (1), the wait
    (4, a float), the duration in seconds (4, a float)
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv import firstweights, rhythm, touchweights
from improv.mixing import LEAST, MOST
from improv.notes import MAX_DURATION

MAGIC, VERSION = b"improv memory\n", 2
#: Of so many of the last notes a memory is made: twice what its contexts hold at least (improv.followers.CAPACITY).
MOST_NOTES = 16384
#: How many weights each mixture has, in the order of the file.
SLOTS = (
    *(len(firstweights.FIRST_WEIGHTS), len(rhythm.FIRST_WEIGHTS)),
    *(len(touchweights.VELOCITY_WEIGHTS), len(touchweights.DURATION_WEIGHTS)),
)
NOTE = np.dtype([("pitch", "u1"), ("learned", "u1"), ("wait", "<f8")])
STROKE = np.dtype([("pitch", "u1"), ("velocity", "u1"), ("learned", "u1"), ("wait", "<f4"), ("duration", "<f4")])
_HEAD = struct.Struct(f"<{len(MAGIC)}sHIII")
_FLOATS = sum(SLOTS) + len(SLOTS)
MOST_BYTES = _HEAD.size + 8 * _FLOATS + (NOTE.itemsize + STROKE.itemsize) * MOST_NOTES

#: The weights of a mixture, and the share of the network alone.
Weights = tuple[tuple[float, ...], float]


@dataclass(frozen=True, slots=True)
class Kept:
    """A memory's weights for pitch, waits, velocity and duration, and the notes it was made of, (n,) of NOTE, and as
    they were struck, (m,) of STROKE."""

    weights: tuple[Weights, ...]
    notes: NDArray[np.void]
    strokes: NDArray[np.void]


class HeardLog:
    """The last notes that a memory was made of, MOST_NOTES at most, each of a `kind`: NOTE or STROKE."""

    def __init__(self, kind: np.dtype[np.void]) -> None:
        self._bytes = bytearray()
        self._kind = kind
        self._one = struct.Struct("<" + "".join(_FORMS[kind[name].itemsize] for name in kind.names or ()))

    def add(self, *fields: float) -> None:
        """One note more; its fields as its kind has them."""
        self._bytes += self._one.pack(*fields)
        if len(self._bytes) > 2 * MOST_NOTES * self._one.size:
            del self._bytes[: -MOST_NOTES * self._one.size]

    def notes(self) -> NDArray[np.void]:
        """The notes, (n,) of its kind. Another thread may ask: what is copied is copied in one go."""
        return np.frombuffer(bytes(self._bytes), self._kind)[-MOST_NOTES:]


#: How a field of so many bytes is packed.
_FORMS = {1: "B", 4: "f", 8: "d"}


def pack(kept: Kept) -> bytes:
    """The bytes of a memory."""
    floats = np.array([value for weights, alone in kept.weights for value in (*weights, alone)], "<f8")
    body = floats.tobytes() + kept.notes.tobytes() + kept.strokes.tobytes()
    return _HEAD.pack(MAGIC, VERSION, len(kept.notes), len(kept.strokes), zlib.crc32(body)) + body


def unpack(data: bytes) -> Kept:
    """The memory in `data`. ValueError says in a few words why it is none."""
    if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
        raise ValueError("not a memory of improv's")
    if len(data) < len(MAGIC) + 2:
        raise ValueError("cut short")
    version = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 2], "little")
    if version != VERSION:
        raise ValueError(f"a memory of version {version}, this improv reads version {VERSION}")
    if len(data) < _HEAD.size:
        raise ValueError("cut short")
    _, _, notes, strokes, check = _HEAD.unpack_from(data)
    body = data[_HEAD.size :]
    expected = 8 * _FLOATS + NOTE.itemsize * notes + STROKE.itemsize * strokes
    if len(body) < expected and max(notes, strokes) <= MOST_NOTES:
        raise ValueError("cut short")
    if len(body) != expected or zlib.crc32(body) != check:
        raise ValueError("damaged")
    floats = np.frombuffer(body, "<f8", _FLOATS)
    ends = np.cumsum([slots + 1 for slots in SLOTS])
    mixtures = np.split(floats, ends[:-1])
    first = 8 * _FLOATS + NOTE.itemsize * notes
    heard, struck = np.frombuffer(body, NOTE, notes, 8 * _FLOATS), np.frombuffer(body, STROKE, strokes, first)
    # What has the right sum may still be none of ours: no value may do harm later.
    if not (all(_weights(each) for each in mixtures) and _notes(heard) and _notes(struck) and _strokes(struck)):
        raise ValueError("damaged")
    return Kept(tuple((tuple(each[:-1].tolist()), float(each[-1])) for each in mixtures), heard, struck)


def _weights(floats: NDArray[np.float64]) -> bool:
    weights, alone = floats[:-1], floats[-1]
    return bool(((weights >= LEAST) & (weights <= MOST)).all() and 0 < alone < 1)


def _notes(notes: NDArray[np.void]) -> bool:
    return bool((notes["pitch"] < 128).all() and (notes["learned"] < 2).all() and (notes["wait"] >= 0).all())


def _strokes(strokes: NDArray[np.void]) -> bool:
    velocity, duration = strokes["velocity"], strokes["duration"]
    struck = (velocity >= 1) & (velocity < 128) & (duration >= 0) & (duration <= MAX_DURATION)
    return bool(struck.all())
