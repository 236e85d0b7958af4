"""Running sums say the same as a look at all the notes."""

from __future__ import annotations

import sys
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.notes import GROUP_SPAN, Note
from improv.tally import REST, Tally

MOST = 50


def played(seed: int, count: int) -> list[Note]:
    """Chords and lines, with rests."""
    rng = np.random.default_rng(seed)
    waits = rng.choice([0.0, 0.01, 0.125, 0.25, 0.4, 5.0], count, p=[0.3, 0.1, 0.2, 0.2, 0.15, 0.05])
    pitches, velocities = rng.integers(21, 109, count), rng.integers(1, 128, count)
    return [
        Note(float(onset), int(pitch), int(velocity), None)
        for onset, pitch, velocity in zip(np.cumsum(waits), pitches, velocities, strict=True)
    ]


def groups(notes: list[Note]) -> list[float]:
    """Of each note the wait, if it begins a group, else 0."""
    found: list[float] = []
    head = -np.inf
    for note in notes:
        found.append(note.onset - head if note.onset - head > GROUP_SPAN + 1e-9 else 0.0)
        head = note.onset if found[-1] else head
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 150), st.integers(1, 60), st.sampled_from([2.0, 10.0, 1e9]))
def test_a_look_is_what_the_last_notes_say(seed, count, reach, within):
    notes = played(seed, count)
    look = Tally(MOST, notes).last(reach, within, least=4)
    waits, first = groups(notes), max(0, count - min(reach, MOST))
    while first < count - 4 and notes[first].onset < notes[-1].onset - within:
        first += 1
    last, after = notes[first:], [wait for wait in waits[first + 1 :]]
    begun = [wait for wait in after if wait]
    assert look is not None and (look.lowest, look.highest) == (
        min(note.pitch for note in last),
        max(note.pitch for note in last),
    )
    manner = look.manner
    assert (manner.pitches.count, manner.waits.count, manner.joins.count) == (len(last), len(begun), len(after))
    assert manner.pitches.mean == pytest.approx(np.mean([note.pitch for note in last]))
    assert manner.pitches.spread == pytest.approx(np.std([note.pitch for note in last]), abs=1e-6)
    assert look.velocities.spread == pytest.approx(np.std([note.velocity for note in last]), abs=1e-6)
    assert manner.classes == tuple(np.bincount([note.pitch % 12 for note in last], minlength=12))
    assert manner.joins.total == len(after) - len(begun)
    assert manner.waits.total == pytest.approx(sum(map(log2, begun)))
    assert manner.seconds == pytest.approx(sum(min(wait, REST) for wait in begun))


def test_before_any_note_there_is_nothing_to_look_at():
    assert Tally(MOST).last(8) is None


def test_while_somebody_else_plays_the_pace_is_no_slower():
    phrase = [Note(0.25 * index, 60, 64, 0.2) for index in range(12)]
    answered = [*phrase, *(Note(note.onset + 63.0, 60, 64, 0.2) for note in phrase)]
    whole, twice = Tally(MOST, phrase).last(12), Tally(MOST, answered).last(24)
    assert whole is not None and twice is not None
    assert whole.pace == pytest.approx(12 / 2.75) and twice.pace == pytest.approx(24 / 8.5)


def test_a_copy_goes_on_by_itself():
    one = Tally(MOST, played(1, 30))
    before = one.last(20)
    other = one.copy()
    for note in played(2, 60):
        other.add(note)
    assert one.last(20) == before != other.last(20) and one.count == 30


def test_after_a_long_session_it_keeps_no_more_and_is_as_exact():
    tally = Tally(MOST)
    sizes = []
    for minute in range(30):
        for note in played(minute, 1000):
            tally.add(Note(note.onset + 1000 * minute, note.pitch, note.velocity, None))
        sizes.append(sum(map(sys.getsizeof, (tally._onsets, tally._sums, tally._lows, tally._highs))))
    assert max(sizes) <= sizes[0] + 4096
    fresh = Tally(MOST, played(29, 1000)).last(40)
    look = tally.last(40)
    assert look is not None and fresh is not None
    assert look.manner.waits.total == pytest.approx(fresh.manner.waits.total, abs=1e-6)
    assert look.manner.pitches == fresh.manner.pitches and (look.lowest, look.highest) == (fresh.lowest, fresh.highest)
