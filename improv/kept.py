"""What is kept of a session memory, as bytes: not its tables, but the notes they were made of, and its weights.

So a memory can be made again, just as it was, by whatever version learns from notes; it is small, and whatever the
bytes say, reading them asks for no more room than MOST_BYTES. The format, little-endian:

    14 bytes "improv memory\\n", version (2 bytes), notes (4), CRC-32 of all that follows (4)
    the mixture of pitch, then that of waits: PITCH_SLOTS or IOI_SLOTS weights and the network's share (8 each, floats)
    for each note, oldest first: pitch (1), 1 if it was learned, 0 if it was context only (1), the wait since the chord
    before in seconds, 0 within a chord (8, a float)
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from improv import firstweights, rhythm
from improv.mixing import LEAST, MOST

MAGIC, VERSION = b"improv memory\n", 1
#: Of so many of the last notes a memory is made: twice what its contexts hold at least (improv.followers.CAPACITY).
MOST_NOTES = 16384
PITCH_SLOTS, IOI_SLOTS = len(firstweights.FIRST_WEIGHTS), len(rhythm.FIRST_WEIGHTS)
NOTE = np.dtype([("pitch", "u1"), ("learned", "u1"), ("wait", "<f8")])
_HEAD = struct.Struct(f"<{len(MAGIC)}sHII")
_FLOATS = PITCH_SLOTS + IOI_SLOTS + 2
MOST_BYTES = _HEAD.size + 8 * _FLOATS + NOTE.itemsize * MOST_NOTES
_ONE = struct.Struct("<BBd")

#: The weights of a mixture, and the share of the network alone.
Weights = tuple[tuple[float, ...], float]


@dataclass(frozen=True, slots=True)
class Kept:
    """A memory's weights for pitch and for waits, and the notes it was made of, (n,) of NOTE."""

    pitch: Weights
    ioi: Weights
    notes: NDArray[np.void]


class HeardLog:
    """The last notes that a memory was made of, MOST_NOTES at most."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, pitch: int, learned: bool, wait: float) -> None:
        """One note more; its fields as in NOTE."""
        self._bytes += _ONE.pack(pitch, learned, wait)
        if len(self._bytes) > 2 * MOST_NOTES * NOTE.itemsize:
            del self._bytes[: -MOST_NOTES * NOTE.itemsize]

    def notes(self) -> NDArray[np.void]:
        """The notes, (n,) of NOTE. Another thread may ask: what is copied is copied in one go."""
        return np.frombuffer(bytes(self._bytes), NOTE)[-MOST_NOTES:]


def pack(kept: Kept) -> bytes:
    """The bytes of a memory."""
    floats = np.array([*kept.pitch[0], kept.pitch[1], *kept.ioi[0], kept.ioi[1]], "<f8")
    body = floats.tobytes() + kept.notes.tobytes()
    return _HEAD.pack(MAGIC, VERSION, len(kept.notes), zlib.crc32(body)) + body


def unpack(data: bytes) -> Kept:
    """The memory in `data`. ValueError says in a few words why it is none."""
    if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
        raise ValueError("not a memory of improv's")
    if len(data) < _HEAD.size:
        raise ValueError("cut short")
    _, version, count, check = _HEAD.unpack_from(data)
    if version != VERSION:
        raise ValueError(f"a memory of version {version}, this improv reads version {VERSION}")
    body = data[_HEAD.size :]
    expected = 8 * _FLOATS + NOTE.itemsize * count
    if len(body) < expected and count <= MOST_NOTES:
        raise ValueError("cut short")
    if len(body) != expected or zlib.crc32(body) != check:
        raise ValueError("damaged")
    floats = np.frombuffer(body, "<f8", _FLOATS)
    notes = np.frombuffer(body, NOTE, count, 8 * _FLOATS)
    pitch, ioi = floats[: PITCH_SLOTS + 1], floats[PITCH_SLOTS + 1 :]
    # What has the right sum may still be none of ours: no value may do harm later.
    sound = all(_weights(each) for each in (pitch, ioi)) and bool(
        (notes["pitch"] < 128).all() and (notes["learned"] < 2).all() and (notes["wait"] >= 0).all()
    )
    if not sound:
        raise ValueError("damaged")
    return Kept((tuple(pitch[:-1].tolist()), float(pitch[-1])), (tuple(ioi[:-1].tolist()), float(ioi[-1])), notes)


def _weights(floats: NDArray[np.float64]) -> bool:
    weights, alone = floats[:-1], floats[-1]
    return bool(((weights >= LEAST) & (weights <= MOST)).all() and 0 < alone < 1)
