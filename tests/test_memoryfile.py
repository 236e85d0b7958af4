"""A memory kept: what is read is what was written, and what is no memory is refused and left as it is."""

from __future__ import annotations

import json
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv import cli
from improv import kept as kept_module
from improv.encoding import DURATION, IOI, Encoding, Order, as_array
from improv.errors import UserError
from improv.kept import MAGIC, MOST_BYTES, MOST_NOTES, SLOTS, STROKE, pack, unpack
from improv.memoryfile import Keeper, read
from improv.notes import Note
from improv.recall import Recall, Remembrance

HEARD = st.lists(st.tuples(st.sampled_from([0.0, 0.01, 0.25, 0.5, 1.7]), st.integers(0, 127), st.booleans()))


def heard(notes, remembrance: Remembrance | None = None) -> Remembrance:
    remembrance = Remembrance(Encoding()) if remembrance is None else remembrance
    at = 0.0
    for wait, pitch, own in notes:
        at += wait
        remembrance.hear(at, pitch, own)
    remembrance.close()
    return remembrance


def motif(times: int = 3) -> Remembrance:
    remembrance = heard([(0.25, pitch, False) for pitch in (60, 63, 65, 66, 65, 63, 70, 67) * times])
    notes = [
        Note(index * 0.25, pitch, 64, 0.25) for index, pitch in enumerate((60, 63, 65, 66, 65, 63, 70, 67) * times)
    ]
    rows = Encoding().encode(as_array(notes), Order.LEAD_FIRST)
    remembrance.settle(rows, np.full((len(rows), 5), -5.0, np.float32))  # the weights have moved
    return remembrance


def says(remembrance: Remembrance) -> tuple:
    recall = Recall(remembrance)
    pitch, ioi = recall.pitch(1.0), recall.ioi(1.0, Encoding().sizes[IOI])
    return pitch[0].tolist(), pitch[1], ioi[0].tolist(), ioi[1]


@settings(deadline=None, max_examples=60)
@given(HEARD, HEARD)
def test_a_memory_made_again_goes_on_as_if_nothing_had_been(before, after):
    one = heard(before)
    other = Remembrance(Encoding(), unpack(pack(one.kept())))
    assert says(one) == says(other)
    assert pack(other.kept()) == pack(one.kept())
    for remembrance in (one, other):
        remembrance._head = -1e9  # a new session: the last note was long ago
    assert says(heard(after, one)) == says(heard(after, other))


def struck(remembrance: Remembrance, lengths: list[float], at: float = 0.0) -> None:
    """The player plays a note a second, each of these seconds long, louder where it is longer."""
    for index, length in enumerate(lengths):
        note = Note(at + index, 60 + index % 3, 40 + int(40 * length), length)
        remembrance.lengths.began(index, note, learned=not remembrance.frozen)
    remembrance.lengths.close()


def expects(remembrance: Remembrance) -> tuple[list[float], float]:
    """What is expected of how long a note sounds that comes a second later."""
    encoding = Encoding()
    stroke = (encoding.ioi_bin(1.0), 60, 0, 0)
    prior, weight = Recall(remembrance).duration(1.0, stroke, encoding.sizes[DURATION])
    return prior.tolist(), weight


@pytest.mark.parametrize("length", [0.125, 0.75])
def test_how_a_player_touches_the_keys_is_kept(length: float):
    one = Remembrance(Encoding())
    struck(one, [length] * 40)
    other = Remembrance(Encoding(), unpack(pack(one.kept())))
    assert expects(other) == expects(one) != expects(Remembrance(Encoding()))
    prior, _ = expects(other)
    assert int(np.argmax(prior)) == Encoding().duration_bin(length)
    struck(one, [0.5] * 5, at=100.0)
    other.lengths._head = one.lengths._head - 5  # the wait between two sessions is not asked about here
    assert pack(other.kept()) != pack(one.kept())


def test_a_touch_that_was_frozen_is_context_in_the_file_too():
    one = Remembrance(Encoding())
    one.frozen = True
    struck(one, [0.25] * 10)
    kept = unpack(pack(one.kept()))
    assert not kept.strokes["learned"].any() and len(kept.strokes) == 10
    assert expects(Remembrance(Encoding(), kept)) == expects(one)


def test_what_is_kept_is_bounded_and_the_latest():
    remembrance = Remembrance(Encoding())
    for index in range(2 * MOST_NOTES + 100):
        remembrance._log.add(index % 128, True, 0.25)
        remembrance.lengths.log.add(index % 128, 64, True, 0.25, 0.5)
    data = pack(remembrance.kept())
    assert len(data) == MOST_BYTES
    kept = unpack(data)
    assert kept.notes["pitch"][-1] == kept.strokes["pitch"][-1] == (2 * MOST_NOTES + 99) % 128


def test_the_format_is_that_of_version_2():
    """More contexts, fewer, or others in their place: that is another version, and an old file is told so."""
    assert (kept_module.VERSION, SLOTS) == (2, (170, 90, 240, 280))
    remembrance = heard([(0.0, 60, False), (0.5, 64, True)])
    struck(remembrance, [0.25])
    data = pack(remembrance.kept())
    assert data[:14] == MAGIC == b"improv memory\n"
    assert struct.unpack_from("<HIII", data, 14) == (2, 2, 1, zlib.crc32(data[28:]))
    assert data[NOTES:] == struct.pack("<BBdBBd", 60, 1, float("inf"), 64, 0, 0.5) + struct.pack(
        "<BBBff", 60, 50, 1, float("inf"), 0.25
    )


#: Where the notes begin.
NOTES = 28 + 8 * (170 + 90 + 240 + 280 + 4)


def damaged(data: bytes, at: int, value: bytes) -> bytes:
    """The data with bytes changed and its sum made right again."""
    changed = bytearray(data)
    changed[at : at + len(value)] = value
    changed[24:28] = struct.pack("<I", zlib.crc32(changed[28:]))
    return bytes(changed)


def wrong_files() -> dict[str, tuple[bytes, str]]:
    remembrance = motif()
    struck(remembrance, [0.25])
    data = pack(remembrance.kept())
    touch = len(data) - STROKE.itemsize
    return {
        "empty": (b"", "not a memory"),
        "foreign": (b"MThd" + bytes(100), "not a memory"),
        "large": (MAGIC + bytes(MOST_BYTES), "version"),
        "cut in its head": (data[:20], "cut short"),
        "cut in its name": (data[:5], "cut short"),
        "cut": (data[:-3], "cut short"),
        "of an older version": (data[:14] + b"\x01" + data[15:], "version 1, this improv reads version 2"),
        "of another version, and short": (MAGIC + b"\x07\x00", "version 7, this improv reads version 2"),
        "a bit turned": (data[:-1] + bytes([data[-1] ^ 1]), "damaged"),
        "longer than it says": (data + b"x", "damaged"),
        "more notes than may be": (data[:16] + b"\xff\xff\xff\xff" + data[20:], "damaged"),
        "more strokes than may be": (data[:20] + b"\xff\xff\xff\xff" + data[24:], "damaged"),
        "a weight that is none": (damaged(data, 28, struct.pack("<d", float("nan"))), "damaged"),
        "a share that is none": (damaged(data, 28 + 8 * 170, struct.pack("<d", 1.0)), "damaged"),
        "a pitch beyond the keyboard": (damaged(data, NOTES, b"\x80"), "damaged"),
        "a wait before its time": (damaged(data, NOTES + 2, struct.pack("<d", -1.0)), "damaged"),
        "a wait that is none": (damaged(data, NOTES + 2, struct.pack("<d", float("nan"))), "damaged"),
        "a velocity of nothing": (damaged(data, touch + 1, b"\x00"), "damaged"),
        "a length that is none": (damaged(data, touch + 7, struct.pack("<f", float("nan"))), "damaged"),
        "a length that is too long": (damaged(data, touch + 7, struct.pack("<f", 9.0)), "damaged"),
    }


@pytest.mark.parametrize("name", wrong_files())
def test_what_is_no_memory_is_one_line_and_stays_as_it_is(tmp_path: Path, name: str):
    data, expected = wrong_files()[name]
    path = tmp_path / "mine.memory"
    path.write_bytes(data)
    with pytest.raises(UserError) as error:
        read(path)
    said = str(error.value)
    assert said.startswith(f"{path}: ") and expected in said and "--memory" in said and "\n" not in said
    assert path.read_bytes() == data


@settings(deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_a_memory_or_a_value_error_and_ask_for_no_more_room_than_the_bound(data: bytes, begun: bool):
    if begun:
        data = MAGIC + b"\x02\x00" + data
    tracemalloc.start()
    try:
        unpack(data)
    except ValueError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2 * MOST_BYTES


def test_a_file_that_is_not_there_is_a_new_memory_and_where_none_can_be_is_said_at_once(tmp_path: Path):
    assert read(tmp_path / "new.memory") is None
    for path in (tmp_path / "no" / "such.memory", tmp_path):
        with pytest.raises(UserError, match="another one"):
            read(path)


def test_a_memory_is_saved_when_there_is_something_new_and_at_the_end(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("improv.memoryfile.EVERY", 0.001)
    path = tmp_path / "mine.memory"
    remembrance = Remembrance(Encoding())
    keeper = Keeper(path, remembrance)
    keeper.save()
    assert not path.exists(), "nothing was learned"
    with keeper.keeping():
        remembrance.hear(0.0, 60, False)
        remembrance.hear(1.0, 62, False)  # its chord is not complete yet
    kept = read(path)
    assert kept is not None and kept.notes["pitch"].tolist() == [60, 62]
    assert [each.name for each in tmp_path.iterdir()] == ["mine.memory"]
    written = path.stat().st_mtime_ns
    keeper.save()
    assert path.stat().st_mtime_ns == written


def test_what_was_forgotten_stays_beside_it_once_more(tmp_path: Path):
    path = tmp_path / "mine.memory"
    remembrance = motif()
    Keeper(path, Remembrance(Encoding())).save()
    keeper = Keeper(path, Remembrance(Encoding()))
    keeper._remembrance = remembrance
    keeper.save()
    before = path.read_bytes()
    remembrance.forget()
    keeper.save()
    assert (tmp_path / "mine.memory~").read_bytes() == before
    assert len(unpack(path.read_bytes()).notes) == 0


def test_a_disk_that_refuses_leaves_the_old_file_whole(tmp_path: Path, monkeypatch):
    path = tmp_path / "mine.memory"
    with Keeper(path, Remembrance(Encoding())).keeping():
        pass
    path.write_bytes(pack(motif(1).kept()))
    before = path.read_bytes()
    remembrance = Remembrance(Encoding(), read(path))
    keeper = Keeper(path, remembrance)
    heard([(0.5, 40, False)], remembrance)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match=r"could not be saved.*No space"):
        keeper.save()
    assert path.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == ["mine.memory"]


def test_a_jam_goes_on_from_what_was_learned_in_the_one_before(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    played = []
    for _ in range(2):
        assert cli.main(["jam", "--memory", "mine.memory", "--json", "-o", "out.mid"]) == 0
        played.append(json.loads(capsys.readouterr().out)["player_notes"])
    kept = read(tmp_path / "mine.memory")
    assert kept is not None and int(kept.notes["learned"].sum()) == sum(played)
    (tmp_path / "mine.memory").write_bytes(b"mine")
    assert cli.main(["jam", "--memory", "mine.memory"]) == 2
    assert capsys.readouterr().err.startswith("improv: mine.memory: not a memory")
    assert cli.main(["jam", "--memory", "sesion"]) == 2
    assert '"session", "off" or a file' in capsys.readouterr().err
