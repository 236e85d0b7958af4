"""An ONNX file may not reach beyond its own folder; what is none is told from what is by its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv import model, onnxfile
from improv.errors import UserError
from improv.onnxfile import outside
from improv.resources import default_model


def message(*fields: tuple[int, bytes | int]) -> bytes:
    """A message in the format of Protocol Buffers."""
    said = b""
    for number, value in fields:
        if isinstance(value, int):
            said += varint(number << 3) + varint(value)
        else:
            said += varint(number << 3 | 2) + varint(len(value)) + value
    return said


def varint(value: int) -> bytes:
    said = b""
    while value >= 0x80:
        said += bytes([value & 0x7F | 0x80])
        value >>= 7
    return said + bytes([value])


def tensor(location: str) -> bytes:
    """A tensor whose numbers lie in another file."""
    entry = message((1, b"location"), (2, location.encode()))
    length = message((1, b"length"), (2, b"16"))
    return message((1, 4), (2, 1), (8, b"weights"), (13, entry), (13, length), (14, 1))


def in_the_initializers(one: bytes) -> bytes:
    return message((1, 8), (7, message((5, one))))


def in_a_node_of_a_branch(one: bytes) -> bytes:
    branch = message((1, message((5, message((1, b"value"), (5, one))))))
    return message((1, 8), (7, message((1, message((5, message((1, b"then_branch"), (6, branch))))))))


def in_a_function(one: bytes) -> bytes:
    return message((25, message((7, message((5, message((5, one))))))))


@pytest.mark.parametrize("where", [in_the_initializers, in_a_node_of_a_branch, in_a_function])
def test_a_file_beyond_its_folder_is_refused_wherever_it_is_named(tmp_path: Path, where: object) -> None:
    path = tmp_path / "models" / "evil.onnx"
    path.parent.mkdir()
    for location in ("/etc/passwd", "../secret.bin", "a/../../secret.bin", ""):
        path.write_bytes(where(tensor(location)))  # type: ignore[operator]
        with pytest.raises(UserError, match=r"evil\.onnx: wants the file .* which is not in its own folder"):
            model.load(path)
    path.write_bytes(where(tensor("weights.bin")))  # type: ignore[operator]
    onnxfile.check(path)


def test_a_link_out_of_the_folder_is_followed_and_refused(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    (tmp_path / "models" / "weights.bin").symlink_to(tmp_path / "secret.bin")
    path = tmp_path / "models" / "evil.onnx"
    path.write_bytes(in_the_initializers(tensor("weights.bin")))
    with pytest.raises(UserError, match="not in its own folder"):
        onnxfile.check(path)


def test_the_model_that_ships_keeps_all_to_itself() -> None:
    assert outside(default_model().read_bytes()) == []


def test_what_is_too_large_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxfile, "LARGEST", 10)
    path = tmp_path / "large.onnx"
    path.write_bytes(bytes(11))
    with pytest.raises(UserError, match=r"large\.onnx: larger than any model"):
        onnxfile.check(path)


def test_nesting_has_an_end() -> None:
    graph = b""
    for _ in range(200):
        graph = message((1, message((5, message((6, graph))))))
    with pytest.raises(ValueError, match="too deep"):
        outside(message((7, graph)))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_file_or_none(noise: bytes) -> None:
    try:
        outside(noise)
    except ValueError:
        return
