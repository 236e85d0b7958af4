"""A short run of every fuzzing target: what was found before, that with a few bytes changed, and any bytes at all."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import CORPUS, FOUND, TARGETS

NAMES = sorted(TARGETS)


def kept(name: str) -> list[Path]:
    return sorted((CORPUS / name).iterdir())


def found(name: str) -> list[bytes]:
    with zipfile.ZipFile(FOUND / f"{name}.zip") as archive:
        return [archive.read(one) for one in archive.namelist()]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_million_inputs_have_found(name: str) -> None:
    for data in found(name):
        TARGETS[name](data)


@pytest.mark.parametrize("name", NAMES)
def test_what_was_written_by_hand_and_all_its_beginnings(name: str) -> None:
    for path in kept(name):
        TARGETS[name](path.read_bytes())
        for end in range(0, min(path.stat().st_size, 200)):
            TARGETS[name](path.read_bytes()[:end])


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_that_with_a_few_bytes_changed(name: str, data: st.DataObject) -> None:
    inputs = [*(path.read_bytes() for path in kept(name)), *found(name)]
    one = bytearray(data.draw(st.sampled_from(inputs)))
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, len(one)), st.integers(0, 255)), max_size=6)):
        one[at : at + 1] = bytes([byte])
    TARGETS[name](bytes(one))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None, max_examples=100)
@given(data=st.binary(max_size=300))
def test_any_bytes_at_all(name: str, data: bytes) -> None:
    TARGETS[name](data)
