"""The recorder: all that is put is written, and no disk makes the music wait."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from improv import recorder
from improv.recorder import Recorder
from improv.sessionfile import FORMAT, Head, Missed, Reader, Remark, line

HEAD = Head(FORMAT, 0.0, "", 0, {}, {}, {}, {})
REMARKS = [Remark(float(number), "a remark of some length") for number in range(100)]


def made(path: Path, limit: int = 1 << 20) -> Recorder:
    return Recorder(lambda: (path, HEAD), limit)


def finish(one: Recorder) -> list[str]:
    one.end()
    one.run()
    return one.news()


def test_all_that_was_put_is_written(tmp_path: Path) -> None:
    one = made(tmp_path / "a.improv")
    for remark in REMARKS:
        one.put(remark)
    assert finish(one) == []
    assert list(Reader(tmp_path / "a.improv")) == REMARKS
    assert one.path is not None and one.path.stat().st_mode & 0o077 == 0, "what one plays is one's own"


class Disk:
    """os.write that takes at most so many bytes in all until `space` is made."""

    def __init__(self, space: int, patch: pytest.MonkeyPatch) -> None:
        self.space = space
        self._write = os.write
        patch.setattr(recorder.os, "write", self.write)

    def write(self, file: int, data: bytes) -> int:
        if self.space == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = self._write(file, data[: self.space])
        self.space -= done
        return done


def test_a_full_disk_loses_nothing_once_there_is_space_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(len(line(HEAD)) + 30, monkeypatch)  # full in the middle of a record
    one = made(tmp_path / "a.improv")
    waited: list[bool] = []

    def ended(_: float) -> bool:  # stands for the passing of time
        waited.append(True)
        if len(waited) == 1:
            one.put(REMARKS[0])
        if len(waited) == 3:
            one.put(REMARKS[1])
        if len(waited) == 5:
            disk.space = 1 << 20
        return len(waited) >= 8

    monkeypatch.setattr(one._ended, "wait", ended)
    one.run()
    assert one.news() == [
        "recording waits, and the music goes on: No space left on device",
        "recording goes on",
    ]
    assert list(Reader(tmp_path / "a.improv")) == REMARKS[:2]


def test_what_waits_for_the_disk_is_bounded_and_what_is_left_out_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "PENDING", 500)
    one = made(tmp_path / "a.improv")
    for remark in REMARKS:
        one.put(remark)
    finish(one)
    monkeypatch.setattr(recorder, "PENDING", 5000)
    one.put(REMARKS[0])
    assert len(list(Reader(tmp_path / "a.improv"))) < 12
    assert one._lines[0] == line(Missed(100 - len(list(Reader(tmp_path / "a.improv")))))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_that_stays_full_is_one_line_and_does_not_hold_up_the_end() -> None:
    one = made(Path("/dev/full"))
    one.put(REMARKS[0])
    assert finish(one) == ["recording waits, and the music goes on: No space left on device"]


def test_whatever_fails_while_it_writes_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: int, data: bytes) -> int:
        raise ZeroDivisionError("a room fails")

    monkeypatch.setattr(recorder.os, "write", fail)
    one = made(tmp_path / "a.improv")
    assert finish(one) == ["recording ends here: ZeroDivisionError: a room fails"]
    one.put(REMARKS[0])
    assert not one._lines, "nothing piles up"


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = made(tmp_path / "file" / "a.improv")
    one.put(REMARKS[0])
    assert finish(one) == [f"this session is not recorded: {tmp_path / 'file' / 'a.improv'}: Not a directory"]


def test_a_session_ends_at_the_size_it_may_have(tmp_path: Path) -> None:
    one = made(tmp_path / "a.improv", limit=1000)
    for remark in REMARKS:
        one.put(remark)
    assert finish(one) == ["recording ends here: the session has the size that record.megabytes allows"]
    one.put(REMARKS[0])
    assert not one._lines
