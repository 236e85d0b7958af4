"""What is given hostile bytes, by name. A target raises only if improv would: for whatever comes in, one line or none.

`python -m tests.fuzz.run NAME` looks for such bytes with atheris; tests/fuzz/test_fuzz.py tries a few each time.
"""

from __future__ import annotations

import binascii
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from improv import config, kept, midifile, onnxfile, pastnotes, replay
from improv.encoding import Encoding
from improv.errors import UserError
from improv.events import ControlChange, NoteOff, NoteOn, SongPosition
from improv.improviser import Improviser
from improv.midi import Parser
from improv.recall import Remembrance
from improv.sessionfile import Reader
from tests.table_model import TableModel

#: What a run begins with: inputs written by hand, and what earlier runs have found, an archive a target.
CORPUS, FOUND = Path(__file__).with_name("corpus"), Path(__file__).with_name("found")
ENCODING = Encoding()
_FILE = Path(tempfile.gettempdir()) / f"improv-fuzz-{os.getpid()}"


def midi_bytes(data: bytes) -> None:
    """A port's bytes, whole and in pieces: the same events, each within MIDI's ranges."""
    whole = Parser().feed(data, 0.0)
    pieces, parser = [], Parser()
    for byte in data:
        pieces += parser.feed(bytes([byte]), 0.0)
    assert whole == pieces
    for event in whole:
        match event:
            case NoteOn():
                assert 0 <= event.channel < 16 and 0 <= event.pitch < 128 and 1 <= event.velocity < 128
            case NoteOff():
                assert 0 <= event.channel < 16 and 0 <= event.pitch < 128
            case ControlChange():
                assert 0 <= event.control < 128 and 0 <= event.value < 128
            case SongPosition():
                assert 0 <= event.sixteenths < 16384


def midi_file(data: bytes) -> None:
    """A MIDI file that is played to improv."""
    _FILE.write_bytes(data)
    try:
        midifile.read(_FILE)
    except UserError as error:
        assert "\n" not in str(error)


def settings(data: bytes) -> None:
    """A settings file."""
    _FILE.write_bytes(data)
    try:
        config.read(_FILE)
    except UserError as error:
        assert str(error).startswith(str(_FILE))


def memory(data: bytes) -> None:
    """A memory file, and a memory made of it."""
    try:
        known = kept.unpack(data)
    except ValueError:
        return
    assert kept.pack(known) == data
    Remembrance(ENCODING, known).close()


def memory_said(data: bytes) -> None:
    """What a memory file says, its head being right."""
    body = data[kept._HEAD.size :]
    count = max(0, (len(body) - 8 * kept._FLOATS) // (kept.NOTE.itemsize + kept.STROKE.itemsize))
    memory(kept._HEAD.pack(kept.MAGIC, kept.VERSION, count, count, zlib.crc32(body)) + body)


def session(data: bytes) -> None:
    """A session file, listed, exported and computed again."""
    _FILE.write_bytes(data)
    try:
        reader = Reader(_FILE)
        reader.last()
        both = pastnotes.played(reader)
        midifile.write(_FILE, both.player, both.improv)
        settings, remembered = replay.settings(reader.head), replay.remembered(reader.head)
        memory = None if remembered is None else Remembrance(ENCODING, remembered)
        core = Improviser(TableModel(rest_after=9), settings, np.random.default_rng(0), memory)
        replay.recompute(reader, core)
    except UserError as error:
        assert "\n" not in str(error)


def session_said(data: bytes) -> None:
    """What a session file says, its checksums all being right."""
    session(b"".join(b"%08x %s\n" % (binascii.crc32(body), body) for body in data.split(b"\n")))


def onnx_file(data: bytes) -> None:
    """A model file, looked through before it is loaded."""
    _FILE.write_bytes(data)
    try:
        onnxfile.check(_FILE)
    except UserError as error:
        assert str(error).startswith(str(_FILE))


TARGETS: dict[str, Callable[[bytes], None]] = {
    one.__name__: one
    for one in (midi_bytes, midi_file, settings, memory, memory_said, session, session_said, onnx_file)
}
