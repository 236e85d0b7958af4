"""The rolling context forgets, and its rows never show it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from improv.casting import Reading
from improv.context import CONTEXT_NOTES, Context, Tail
from improv.encoding import Encoding, Order, as_array
from improv.notes import Note

ENCODING = Encoding()

gaps = st.sampled_from([0.0, 0.0, 0.01, 0.015625, 0.0234375, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0, 4.0])
durations = st.sampled_from([0.0, 0.0625, 0.25, 1.0, 6.0, 30.0, None])
played = st.lists(
    st.tuples(gaps, st.integers(48, 72), st.integers(1, 127), durations),
    max_size=300,
)


def performance(steps) -> list[Note]:
    onset, notes = 0.0, []
    for gap, pitch, velocity, duration in steps:
        onset += gap
        notes.append(Note(onset, pitch, velocity, duration))
    return notes


@given(played)
def test_rows_are_the_tail_of_the_whole_history(steps):
    notes = performance(steps)
    context = Context(ENCODING)
    for index, note in enumerate(notes):
        context.put(("player", index), note)
    expected = ENCODING.encode(as_array(notes), Order.LEAD_FIRST)[-CONTEXT_NOTES:]
    assert np.array_equal(context.rows(), expected)


@given(played)
def test_rows_written_one_by_one_equal_the_encoder(steps):
    notes = performance(steps)
    tail = Tail(ENCODING, Order.ASCENDING)
    written = [tail.row(note) for note in sorted(notes, key=lambda note: note.onset)]
    # Inside a group the encoder sorts; a draft only ever rises. Compare what does not depend on that order.
    expected = ENCODING.encode(as_array(notes), Order.ASCENDING)
    assert [row[5] for row in written] == expected[:, 5].tolist()
    assert [row[1] for row in written] == expected[:, 1].tolist()


@given(played, st.lists(st.tuples(st.sampled_from([0.0, 0.0625, 0.5, 2.0]), st.integers(1, 4)), min_size=1, max_size=8))
def test_a_draft_goes_on_as_the_encoder_would(steps, groups):
    """Chords that begin 50 ms or more after what was heard, pitches rising inside: rows equal to the bit."""
    history = performance(steps)
    context = Context(ENCODING)
    for index, note in enumerate(history):
        context.put(("player", index), note)
    tail = context.tail()
    onset = history[-1].onset + 0.05 if history else 0.0
    drafted = []
    for gap, size in groups:
        onset += gap + 0.0625
        drafted += [Note(onset, 50 + 3 * index, 64, 0.25 * (index + 1)) for index in range(size)]
    rows = [tail.row(note) for note in drafted]
    expected = ENCODING.encode(as_array([*history, *drafted]), Order.LEAD_FIRST)[-len(drafted) :]
    assert np.array_equal(np.array(rows), expected)


def test_a_note_that_ended_replaces_the_one_that_began():
    context = Context(ENCODING)
    context.put(("player", 0), Note(0.0, 60, 64))
    context.put(("player", 0), Note(0.0, 60, 64, 0.5))
    context.put(("player", 1), Note(1.0, 64, 64))
    assert len(context.notes()) == 2
    assert context.rows()[1, 5] == 0, "the first no longer sounds when the second begins"


def test_memory_stays_bounded():
    context = Context(ENCODING)
    for index in range(10_000):
        context.put(("player", index), Note(index / 64, index % 128, 64, 0.25))
    assert len(context._notes) <= 4 * CONTEXT_NOTES


def test_velocities_are_mapped_before_they_are_encoded():
    context = Context(ENCODING)
    context.put(("player", 0), Note(0.0, 60, 20))
    assert context.rows(Reading(loudness=lambda velocity: velocity + 40))[0, 3] == ENCODING.velocity_bin(60)


def test_nothing_heard_is_no_rows():
    assert Context(ENCODING).rows().shape == (0, 7)
