"""What an ONNX file keeps outside itself, found without loading it: its tensors can name other files.

An ONNX file is a tree of messages in the format of Protocol Buffers: a key (field number and wire type), then the
value, again and again. Only the way to the tensors is followed (numbers from onnx.proto): model → graph, functions;
graph → initializers, nodes; node → attributes; attribute → tensors, graphs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from improv.errors import UserError

#: For each kind of message, which of its fields lead on, and to what.
_WAYS: dict[str, dict[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {},
}
#: No model file is larger, in bytes.
LARGEST = 1 << 30
#: No file of ours nests graphs in graphs; this many steps down is enough for any that does.
_DEEPEST = 64


def check(path: Path) -> None:
    """UserError, naming the file, if it is no ONNX file, too large, or wants a file that is not in its own folder."""
    unreadable = f"{path}: not a readable ONNX file; it may be cut short or of another kind"
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UserError(f"{path}: larger than any model, which has {LARGEST >> 20} MB at most")
        named = outside(data)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(unreadable) from error
    folder = path.resolve().parent
    for location in named:
        if not location or "\0" in location or not (folder / location).resolve().is_relative_to(folder):
            raise UserError(f"{path}: wants the file {location!r}, which is not in its own folder; it is refused")


def outside(data: bytes) -> list[str]:
    """The locations that the file's tensors name; ValueError if it is no ONNX file."""
    found = []
    for entry in _walk(memoryview(data), "model", 0):
        said = {number: bytes(value) for number, value in _fields(entry)}
        if said.get(1) == b"location":
            found.append(said.get(2, b"").decode("utf-8", "replace"))
    return found


def _walk(message: memoryview, kind: str, depth: int) -> Iterator[memoryview]:
    """The entries of external data in a message."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    if kind == "entry":
        yield message
        return
    for number, value in _fields(message):
        if number in _WAYS[kind]:
            yield from _walk(value, _WAYS[kind][number], depth + 1)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields of a message that have a length: number and value. ValueError if it is none."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            _, at = _varint(message, at)
        elif kind == 1:
            at += 8
        elif kind == 5:
            at += 4
        elif kind == 2:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("cut short")
            yield key >> 3, message[at : at + length]
            at += length
        else:
            raise ValueError("not in the format of Protocol Buffers")
    if at != len(message):
        raise ValueError("cut short")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number in seven-bit pieces, the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("cut short")
