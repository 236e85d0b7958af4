"""How long a note sounds, case by case and against a literal reading of the rule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from improv.notes import MAX_DURATION, Note, PedalSpan, sounding


def durations(notes: list[Note], pedal: list[PedalSpan]) -> list[tuple[int, float]]:
    return [(note.pitch, note.duration or 0.0) for note in sounding(notes, pedal)]


def test_without_pedal_a_note_sounds_as_long_as_its_key() -> None:
    assert durations([Note(0.0, 60, 64, 0.5)], []) == [(60, 0.5)]


def test_the_pedal_that_is_down_at_the_release_carries_the_note() -> None:
    assert durations([Note(0.0, 60, 64, 0.5)], [PedalSpan(0.25, 2.0)]) == [(60, 2.0)]
    assert durations([Note(0.0, 60, 64, 0.5)], [PedalSpan(0.5, 2.0)]) == [(60, 2.0)]


def test_a_pedal_lifted_before_or_pressed_after_the_release_does_not() -> None:
    assert durations([Note(0.0, 60, 64, 0.5)], [PedalSpan(0.0, 0.25), PedalSpan(0.75, 2.0)]) == [(60, 0.5)]


def test_the_next_onset_of_the_pitch_cuts_it() -> None:
    notes = [Note(0.0, 60, 64, 0.5), Note(1.0, 60, 64, 0.5), Note(1.0, 64, 64, 0.5)]
    assert durations(notes, [PedalSpan(0.25, 4.0)]) == [(60, 1.0), (60, 3.0), (64, 3.0)]


def test_two_hands_on_one_key_do_not_cut_each_other() -> None:
    assert durations([Note(0.0, 60, 64, 0.5), Note(0.0, 60, 70, 1.0)], []) == [(60, 0.5), (60, 1.0)]


def test_nothing_sounds_longer_than_the_longest() -> None:
    assert durations([Note(0.0, 60, 64, 30.0)], []) == [(60, MAX_DURATION)]


ticks = st.integers(0, 640).map(lambda tick: tick / 64)


@given(
    st.lists(st.builds(Note, ticks, st.integers(60, 63), st.just(64), ticks), max_size=20),
    st.lists(ticks, max_size=10, unique=True).map(sorted),
)
def test_the_rule_read_literally(notes: list[Note], edges: list[float]) -> None:
    pedal = [PedalSpan(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    for note in sounding(notes, pedal):
        keys = {n.onset + (n.duration or 0.0) for n in notes if n.onset == note.onset and n.pitch == note.pitch}
        ends = set()
        for release in keys:
            end = next((span.up for span in pedal if span.down <= release < span.up), release)
            later = [n.onset for n in notes if n.pitch == note.pitch and n.onset > note.onset]
            ends.add(min([end, note.onset + MAX_DURATION, *later]) - note.onset)
        assert note.duration in ends
