"""Notes waiting for their lengths: learned in order, once known, and never without end."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.draft import Draft
from improv.ears import Ears
from improv.encoding import DURATION, IOI, PITCH, Encoding, Order, as_array
from improv.events import NoteOff, NoteOn
from improv.lengths import MOST, Lengths
from improv.listener import Listener
from improv.notes import MAX_DURATION, Note
from improv.panel import Panel
from improv.settings import Settings
from improv.touch import Touch, stroke
from tests.table_model import TableModel

ENCODING = Encoding()


def learned(lengths: Lengths) -> list[tuple[int, ...]]:
    """The strokes that were learned, in order; to be asked for before any is."""
    strokes: list[tuple[int, ...]] = []
    learn = lengths.touch.learn
    lengths.touch.learn = lambda note: strokes.append(note) or learn(note)  # type: ignore[method-assign]
    return strokes


def test_a_held_note_holds_up_those_after_it() -> None:
    lengths = Lengths(ENCODING)
    strokes = learned(lengths)
    low, high = Note(0.0, 40, 64), Note(0.5, 70, 64)
    lengths.began("low", low, True)
    lengths.began("high", high, True)
    lengths.ended("high", Note(0.5, 70, 64, 0.25))
    lengths.began("next", Note(1.0, 72, 64), True)
    assert strokes == []
    lengths.ended("low", Note(0.0, 40, 64, 1.25))
    lengths.began("last", Note(1.5, 74, 64), True)
    assert [one[1] for one in strokes] == [40, 70]
    assert [one[3] for one in strokes] == [ENCODING.duration_bin(1.25), ENCODING.duration_bin(0.25)]
    assert strokes[1][0] == ENCODING.ioi_bin(0.5)


def test_what_still_sounds_after_eight_seconds_counts_as_that_long() -> None:
    lengths = Lengths(ENCODING)
    strokes = learned(lengths)
    lengths.began("stuck", Note(0.0, 40, 64), True)
    lengths.began("late", Note(MAX_DURATION + 0.5, 41, 64), True)
    assert [one[3] for one in strokes] == [ENCODING.duration_bin(MAX_DURATION)]
    lengths.ended("stuck", Note(0.0, 40, 64, 9.0))
    assert len(strokes) == 1


def test_own_notes_are_context_and_not_learned() -> None:
    lengths = Lengths(ENCODING)
    strokes = learned(lengths)
    lengths.began(0, Note(0.0, 60, 64, 0.25), False)
    lengths.began(1, Note(0.5, 62, 64, 0.25), True)
    assert lengths.close().duration_keys(0, 0) == lengths.touch.strokes.duration_keys(0, 0)
    assert [one[1] for one in strokes] == [62]


def test_a_flood_of_keys_that_never_come_up_stays_bounded() -> None:
    lengths = Lengths(ENCODING)
    for index in range(5000):
        lengths.began(index, Note(index / 5000, index % 128, 64), True)
        assert len(lengths._waiting) <= MOST + 1 + 5000 * 0.03


@given(
    st.lists(
        st.tuples(st.sampled_from((0.0, 0.0078125, 0.25, 0.5)), st.integers(30, 90), st.floats(0.05, 3)), max_size=50
    )
)
def test_live_equals_all_at_once(played: list[tuple[float, int, float]]) -> None:
    """What is learned event by event is what the rows of the whole performance say."""
    onsets = np.cumsum([step for step, _, _ in played]).tolist()
    keys = [Note(onset, pitch, 64, length) for onset, (_, pitch, length) in zip(onsets, played, strict=True)]
    events = [NoteOn(note.onset, 0, note.pitch, 64) for note in keys]
    for index, note in enumerate(keys):
        again = [later.onset for later in keys[index + 1 :] if later.pitch == note.pitch]
        end = note.onset + note.duration
        if not again or again[0] > end:
            events.append(NoteOff(end, 0, note.pitch))
    ears = Ears(ENCODING, Panel(Settings()))
    assert ears.remembrance is not None
    strokes = learned(ears.remembrance.lengths)
    listener, heard = Listener(), {}
    for event in sorted(events, key=lambda event: (event.at, isinstance(event, NoteOn))):
        ears.hear(event)
        heard |= dict(listener.hear(event))
    ears.remembrance.lengths.close()
    rows = ENCODING.encode(as_array(heard.values()), Order.ASCENDING).tolist()
    assert strokes == [stroke(row) for row in rows]


@pytest.mark.parametrize(("length", "others"), [(0.0625, 1.0), (1.0, 0.0625)])
def test_who_plays_short_is_answered_short_and_who_plays_long_long(length: float, others: float) -> None:
    """The model would play the other way; at full weight the memory has it about its own."""
    bin_of = ENCODING.duration_bin
    model = TableModel({DURATION: {bin_of(others): 1.0}, IOI: {ENCODING.ioi_bin(0.25): 1.0}, PITCH: {60: 1, 62: 1}})
    lengths = {}
    for weight in (0.0, 1.0):
        settings = Settings(memory_weight=weight)
        panel = Panel(settings)
        ears = Ears(ENCODING, panel)
        for index in range(48):
            pitch = 60 + 2 * (index % 5)
            ears.hear(NoteOn(1.25 * index, 0, pitch, 64))
            ears.hear(NoteOff(1.25 * index + length, 0, pitch))
        draft = Draft(model, ears, panel, np.random.default_rng(0))
        written = [draft.write(61.0 + index, 62.0 + index, 9.0) for index in range(20)]
        lengths[weight] = [bin_of(one.note.duration) for one in written if one]
    assert set(lengths[0.0]) == {bin_of(others)}
    assert np.mean([abs(one - bin_of(length)) <= 3 for one in lengths[1.0]]) > 0.25


def test_touch_of_a_performance_is_what_evaluate_counts_with() -> None:
    """The same notes, learned live and from rows, leave the same expectation."""
    notes = [Note(0.25 * i, 60 + i % 7, 64, 0.125 * (1 + i % 3)) for i in range(40)]
    lengths, touch = Lengths(ENCODING), Touch()
    for index, note in enumerate(notes):
        lengths.began(index, note, True)
    lengths.close()
    for row in ENCODING.encode(as_array(notes), Order.ASCENDING).tolist():
        touch.learn(stroke(row))
    assert lengths.touch.strokes.duration_keys(61, 20) == touch.strokes.duration_keys(61, 20)
    assert len(lengths.touch) == len(touch)
