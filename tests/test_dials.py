"""Dials: what they say of music known by heart, that note by note equals all at once, and that they forget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.dials import FIELD, NOTHING_ASKED, SPAN, WIDTH, Asked, Dial, Meter, asked, density, heard, height, strength
from improv.encoding import Order, arrange, as_array
from improv.notes import Note


def arranged(*notes: tuple[float, int, int]):
    return arrange(as_array(Note(onset, pitch, velocity, 0.25) for onset, pitch, velocity in notes), Order.ASCENDING)


def test_nothing_is_known_before_the_first_note() -> None:
    assert not heard(arranged()).any() and heard(arranged()).shape == (1, WIDTH)
    assert not heard(arranged((1.0, 60, 64)))[0].any()
    assert not Meter(arranged()).vector().any()


def test_what_the_dials_say_of_two_octaves_of_c() -> None:
    said = heard(arranged(*((0.5 * i, 48 + 12 * (i % 3), 40 + 48 * (i % 2)) for i in range(24))))[-1]
    known = 24 / (24 + 8)
    assert said[FIELD[Dial.PROFILE]].tolist() == [4, *[0] * 11, pytest.approx(known)]
    pace = 24 / 11.5
    assert said[FIELD[Dial.DENSITY]] == pytest.approx([np.log2(pace / 4) / 2, known])
    spread = np.std([48, 60, 72])
    assert said[FIELD[Dial.REGISTER]] == pytest.approx([(60 - 64) / 12, spread / 12, known])
    assert said[FIELD[Dial.LOUDNESS]] == pytest.approx([0, 24 / 12, known])
    assert not said[FIELD[Dial.ASKED_DENSITY].start :].any()


def test_what_is_older_than_half_a_minute_is_forgotten() -> None:
    old = [(0.25 * i, 30, 127) for i in range(40)]
    new = [(10 + SPAN + 0.25 * i, 72, 40) for i in range(40)]
    with_old, alone = heard(arranged(*old, *new))[-1], heard(arranged(*new))[-1]
    kinds = [FIELD[dial] for dial in (Dial.PROFILE, Dial.REGISTER, Dial.LOUDNESS)]
    assert all(np.allclose(with_old[kind], alone[kind]) for kind in kinds)
    # Only how long one has been listening differs: of the same notes there were fewer a second.
    assert with_old[FIELD[Dial.DENSITY]][0] < alone[FIELD[Dial.DENSITY]][0]


notes = st.lists(st.tuples(st.floats(0, 9, width=32), st.integers(0, 127), st.integers(1, 127)), max_size=60)


@given(notes, st.integers(0, 60))
def test_note_by_note_equals_all_at_once(steps, begin) -> None:
    onsets = np.cumsum([step for step, _, _ in steps]) if steps else []
    whole = arranged(*((float(onset), *rest) for onset, (_, *rest) in zip(onsets, steps, strict=True)))
    begin = min(begin, len(steps))
    meter, expected = Meter(whole.passage(0, begin)), heard(whole)
    np.testing.assert_allclose(meter.vector(), expected[begin], atol=1e-4)
    for index in range(begin, len(steps)):
        note = whole.notes[index]
        meter.add(float(whole.onsets[index]), int(note["pitch"]), int(note["velocity"]))
        np.testing.assert_allclose(meter.vector(), expected[index + 1], atol=1e-4)


def test_what_is_asked_goes_where_it_belongs_and_nowhere_else() -> None:
    assert not NOTHING_ASKED.vector().any()
    for dial, wish, value in (
        (Dial.ASKED_DENSITY, Asked(density=8.0), density(8.0)),
        (Dial.ASKED_REGISTER, Asked(register=76.0), height(76.0)),
        (Dial.ASKED_LOUDNESS, Asked(loudness=40.0), strength(40.0)),
    ):
        vector = wish.vector()
        assert vector[FIELD[dial]] == pytest.approx([value, 1])
        vector[FIELD[dial]] = 0
        assert not vector.any()
    assert (density(8.0), height(76.0), strength(40.0)) == (0.5, 1.0, -1.0)


def test_what_music_would_have_been_asked_for_as() -> None:
    assert asked(arranged()) == NOTHING_ASKED
    played = asked(arranged(*((0.25 * i, 60 + i % 3, 50 + 10 * (i % 2)) for i in range(17))))
    assert (played.density, played.loudness) == (pytest.approx(4), pytest.approx(50 + 80 / 17))
    assert played.register == pytest.approx(60 + np.mean([i % 3 for i in range(17)]))


def test_a_passage_is_as_fast_as_it_is_however_short_and_wherever_it_is_cut() -> None:
    whole = arranged(*((0.125 * i, 60, 64) for i in range(65)))
    for length in (2, 4, 12, 64):
        until = float(whole.onsets[length])
        assert asked(whole.passage(0, length), until).density == pytest.approx(8)
        assert asked(whole.passage(0, length)).density == pytest.approx(8 if length > 2 else 4)  # one wait in 0.25 s
    assert asked(whole.passage(0, 1)).density == pytest.approx(4)
