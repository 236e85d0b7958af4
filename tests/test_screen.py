"""What is shown never holds up who shows it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import BinaryIO, TextIO

import pytest

from improv.screen import MOST, Aside


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, TextIO]]:
    """The end that is read, and the one that is written."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0) as read, os.fdopen(writer, "w", encoding="ascii") as written:
        yield read, written


def test_what_is_written_is_shown_in_order_and_letters_that_there_are_not_are_no_error(
    pipe: tuple[BinaryIO, TextIO],
) -> None:
    reader, stream = pipe
    screen = Aside(stream)
    for text in ("one\n", "Für Elise\n", "three\n"):
        screen.write(text)
    screen.flush()
    screen.close()
    assert reader.read(1000) == b"one\nF?r Elise\nthree\n"
    assert not screen.isatty()


def test_a_terminal_that_stands_still_is_not_waited_for(pipe: tuple[BinaryIO, TextIO]) -> None:
    reader, stream = pipe
    screen = Aside(stream)
    for number in range(2 * MOST):  # a pipe holds 64 KB of it
        screen.write(f"{number:1000}\n")
    screen.close()
    shown = b""
    while len(shown) < 101_000:
        shown += reader.read(1000)
    assert [int(line) for line in shown.split(b"\n")[:100]] == [*range(100)], "it goes on where it stood still"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")
def test_a_full_disk_is_no_error() -> None:
    with open("/dev/full", "w", encoding="utf-8") as stream:
        screen = Aside(stream)
        screen.write("nobody reads it\n")
        screen.close()


def test_a_reader_that_has_gone_is_no_error(pipe: tuple[BinaryIO, TextIO]) -> None:
    reader, stream = pipe
    reader.close()
    screen = Aside(stream)
    for _ in range(3):
        screen.write("nobody reads it\n")
    screen.close()


def test_a_stream_without_a_descriptor_is_written_to() -> None:
    stream = io.StringIO()
    screen = Aside(stream)
    screen.write("one\n")
    screen.close()
    assert stream.getvalue() == "one\n"
    Aside(stream).close()
