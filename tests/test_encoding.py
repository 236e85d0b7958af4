"""Rows against a slow, literal reading of the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.encoding import (
    DURATION,
    FIELDS,
    IOI,
    ORDER,
    PAD_PITCH,
    PITCH,
    SOUNDING,
    VELOCITY,
    Encoding,
    Order,
    as_array,
    group_of,
)
from improv.notes import Note, Part

ENCODING = Encoding()

performances = st.lists(
    st.builds(
        Note,
        onset=st.integers(0, 640).map(lambda tick: tick / 64),
        pitch=st.integers(0, 127),
        velocity=st.integers(1, 127),
        duration=st.one_of(st.none(), st.integers(1, 640).map(lambda tick: tick / 64)),
        part=st.sampled_from(Part),
    ),
    max_size=40,
)


def literal(notes: list[Note], order: Order) -> list[list[int]]:
    """Encode note by note, as the text of the module says it."""
    notes = sorted(notes, key=lambda note: note.onset)
    groups: list[list[Note]] = []
    for note in notes:
        if groups and note.onset - groups[-1][0].onset <= 0.030:
            groups[-1].append(note)
        else:
            groups.append([note])
    rows, earlier, last = [], [], None
    for group in groups:
        start = group[0].onset
        held = {
            note.pitch % 12
            for note in earlier
            if note.onset + min(8.0, math.inf if note.duration is None else note.duration) > start
        }
        keys = {
            Order.ASCENDING: lambda n: (n.pitch,),
            Order.LEAD_FIRST: lambda n: (n.part != Part.LEAD, n.pitch),
            Order.DESCENDING: lambda n: (-n.pitch,),
        }
        for position, note in enumerate(sorted(group, key=keys[order])):
            gap = 0.0 if position else (math.inf if last is None else start - last)
            rows.append(
                [
                    int(note.part),
                    sum(edge <= gap for edge in ENCODING.ioi_edges) - 1,
                    note.pitch,
                    note.velocity // 4,
                    sum(
                        edge <= (math.inf if note.duration is None else note.duration)
                        for edge in ENCODING.duration_edges
                    )
                    - 1,
                    sum(1 << p for p in held),
                    int(order),
                ]
            )
        earlier += group
        last = start
    return rows


@given(performances, st.sampled_from(Order))
def test_rows_follow_the_definitions(notes: list[Note], order: Order) -> None:
    assert ENCODING.encode(as_array(notes), order).tolist() == literal(notes, order)


def test_a_chord_with_a_held_bass_reads_like_this() -> None:
    notes = [Note(0.0, 48, 64, 2.0), Note(1.0, 67, 80, 0.5), Note(1.015625, 60, 80, 0.5), Note(3.0, 62, 80, 0.5)]
    rows = ENCODING.encode(as_array(notes), Order.ASCENDING)
    assert rows[:, PITCH].tolist() == [48, 60, 67, 62]
    assert rows[:, SOUNDING].tolist() == [0, 1, 1, 0]
    assert rows[:, IOI].tolist() == [76, ENCODING.ioi_bin(1.0), 0, ENCODING.ioi_bin(2.0)]


def test_groups_are_counted_from_their_first_onset() -> None:
    """Four notes 20 ms apart: a group spans 30 ms, however close its members are to each other."""
    assert group_of(np.array([0.0, 0.02, 0.04, 0.06])).tolist() == [0, 0, 1, 1]
    assert group_of(np.array([100.0, 100.03])).tolist() == [0, 0]


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.099, 0.25, 1.0, 5.0, 9.99])
def test_the_value_of_a_bin_lies_in_it(seconds: float) -> None:
    ioi, duration = ENCODING.ioi_bin(seconds), ENCODING.duration_bin(seconds)
    assert ENCODING.ioi_bin(ENCODING.ioi(ioi)) == ioi
    assert ENCODING.duration_bin(ENCODING.duration(duration)) == duration


def test_bins_are_fine_where_the_ear_is_fine() -> None:
    for index, edges in ((IOI, ENCODING.ioi_edges), (DURATION, ENCODING.duration_edges)):
        widths = ENCODING.widths(index)
        fine = [w for edge, w in zip(edges, widths, strict=True) if edge < 0.1 and not (index == IOI and edge == 0.01)]
        assert max(fine) <= 0.0101
        wide = [w / edge for edge, w in zip(edges, widths, strict=True) if 0.2 < edge < 7]
        assert max(wide) < 0.08
        assert edges[-1] + widths[-1] == 10.0


@given(st.integers(1, 127))
def test_velocity_survives_within_its_bin(velocity: int) -> None:
    assert abs(ENCODING.velocity(ENCODING.velocity_bin(velocity)) - velocity) <= 2


def test_every_column_fits_its_field() -> None:
    rng = np.random.default_rng(1)
    notes = [
        Note(float(o), int(rng.integers(128)), int(rng.integers(1, 128)), float(d))
        for o, d in zip(np.cumsum(rng.exponential(2, 500)), rng.exponential(3, 500), strict=True)
    ]
    rows = ENCODING.encode(as_array(notes), Order.DESCENDING)
    assert (rows[:, : len(FIELDS)] >= 0).all() and (rows[:, : len(FIELDS)] < ENCODING.sizes).all()
    assert (rows[:, ORDER] == Order.DESCENDING).all() and rows[:, SOUNDING].max() < 4096
    assert rows[:, VELOCITY].max() == 31


def test_padding_is_only_ever_the_padding_pitch() -> None:
    pads = ENCODING.pad(3)
    assert (pads[:, PITCH] == PAD_PITCH).all()
    assert np.delete(pads, PITCH, axis=1).sum() == 0
