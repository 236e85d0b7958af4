"""The session file: what is written comes back to the bit, and whatever happens to it, the whole lines are read."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.errors import UserError
from improv.events import ControlChange, NoteOff, NoteOn, SongPosition, Tick
from improv.improviser import Improviser
from improv.plan import Cancel, Command, PlannedNote, Play, Silence
from improv.ports.reports import Dropped, Sent
from improv.sessionfile import (
    FORMAT,
    LONGEST,
    Head,
    Input,
    LeftOut,
    Missed,
    Reader,
    Record,
    Remark,
    Tally,
    Turn,
    line,
    parse,
)

HEAD = Head(FORMAT, 100.0, "2026-11-25T20:00:00+00:00", 7, {"mode": "answer"}, {}, {"file": "a.onnx"}, {})
PLAY = Play((PlannedNote(101.5, 60, 80, 0.1, 1), PlannedNote(101.625, 64, 1, 8.0, 15)))
RECORDS: list[Record] = [
    Turn(101.0, (NoteOn(100.9999999999999, 0, 60, 64), ControlChange(101.0, 0, 64, 127)), ()),
    Turn(101.25, (), (PLAY, Cancel(0.1 + 0.2), Silence())),
    Remark(102.0, "Tasten weg, plötzlich"),
    Turn(102.0, (Tick(102.0), SongPosition(102.0, 16383), NoteOff(102.0, 15, 127)), ()),
    Dropped(102.5, 60, 64, 1),
    Sent(102.5, 0.0001, 62, 64, 1),
    LeftOut((NoteOn(102.5, 0, 61, 64), NoteOff(102.5, 0, 61))),
    Missed(3),
    Tally(103.0, 1, 2, True),
]


def written(folder: Path, *records: Record, more: bytes = b"") -> Path:
    path = folder / "a.improv"
    path.write_bytes(b"".join(line(record) for record in (HEAD, *records)) + more)
    return path


def test_what_is_written_comes_back_to_the_bit(tmp_path: Path) -> None:
    reader = Reader(written(tmp_path, *RECORDS))
    assert reader.head == HEAD
    assert list(reader) == RECORDS
    assert list(reader) == RECORDS, "and again"
    assert reader.damaged == 0
    assert reader.last() == RECORDS[-1]


def test_whatever_enters_or_leaves_the_core_can_be_recorded() -> None:
    hints = typing.get_type_hints(Improviser.hear)
    assert set(typing.get_args(hints["event"])) <= set(typing.get_args(Input))
    out = typing.get_args(typing.get_type_hints(Improviser.turn)["return"])[0]
    assert set(typing.get_args(out)) == set(typing.get_args(Command))


@settings(deadline=None)
@given(cut=st.integers(0, 800))
def test_a_file_cut_short_anywhere_gives_all_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = written(tmp_path_factory.mktemp("cut"), *RECORDS)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - cut])
    lines = whole[: len(whole) - cut].count(b"\n")
    if not lines and parse(path.read_bytes()) is None:
        with pytest.raises(UserError, match="not a session"):
            Reader(path)
        return
    found = list(Reader(path))
    assert found == RECORDS[: len(found)]
    assert len(found) in (lines - 1, lines)


@settings(deadline=None)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_damaged_byte_costs_its_own_line(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    path = written(tmp_path_factory.mktemp("damaged"), *RECORDS)
    data = bytearray(path.read_bytes())
    head = len(line(HEAD))
    at = head + at % (len(data) - head)
    data[at] = byte
    path.write_bytes(data)
    found = list(Reader(path))
    assert len(found) >= len(RECORDS) - 2  # two where the end of a line went
    assert all(record in RECORDS for record in found)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_no_session_or_nothing(noise: bytes) -> None:
    parse(noise)


@pytest.mark.parametrize(
    "body",
    [
        {"Turn": [1.0, [["NoteOn"]], []]},
        {"Turn": [1.0, [{"NoteOn": [1.0, 0, 128, 64]}], []]},
        {"Turn": [1.0, [{"NoteOn": [1.0, 16, 60, 64]}], []]},
        {"Turn": [1.0, [{"NoteOn": ["now", 0, 60, 64]}], []]},
        {"Turn": [1.0, [{"NoteOn": [1.0, 0, 60]}], []]},
        {"Turn": [1.0, [{"Cancel": [1.0]}], []]},
        {"Turn": [1e30, [], []]},
        {"Turn": [1.0, [], [], []]},
        {"Turn": {"at": 1.0}},
        {"Play": [[]]},
        {"Nothing": []},
        [1, 2],
        None,
    ],
)
def test_a_line_whose_checksum_is_right_and_whose_content_is_not_is_passed_over(body: object) -> None:
    import binascii
    import json

    text = json.dumps(body).encode()
    assert parse(b"%08x %s\n" % (binascii.crc32(text), text)) is None


def test_what_is_no_session_is_one_line(tmp_path: Path) -> None:
    other = tmp_path / "b.improv"
    for data in (b"", b"MThd", b"\0" * 100, b"x" * (LONGEST + 10), line(Tally(1.0, 0, 0))):
        other.write_bytes(data)
        with pytest.raises(UserError, match=r"b\.improv: not a session of improv"):
            Reader(other)
    with pytest.raises(UserError, match="cannot be read"):
        Reader(tmp_path / "missing.improv")
    other.write_bytes(line(Head(99, 0.0, "", 0, {}, {}, {}, {})))
    with pytest.raises(UserError, match="session format 99, this improv reads format 1"):
        Reader(other)


def test_a_line_too_long_costs_no_memory_and_nothing_else(tmp_path: Path) -> None:
    path = written(tmp_path, RECORDS[0], more=b"y" * (3 * LONGEST) + b"\n" + line(RECORDS[1]))
    reader = Reader(path)
    assert list(reader) == RECORDS[:2]
    assert reader.damaged == 4
