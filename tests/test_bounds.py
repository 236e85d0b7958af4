"""What improv may play: key, register, polyphony and rests, as a player sets them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.bounds import bounds, leaning
from improv.draft import REST, Draft
from improv.ears import Ears
from improv.encoding import DURATION, IOI, PITCH, Encoding
from improv.events import NoteOff, NoteOn
from improv.keynames import Key
from improv.listener import notes_in
from improv.notes import Note
from improv.panel import Panel
from improv.plan import PlannedNote, Play, Shorten
from improv.polyphony import made_way, shortened
from improv.scheduler import Scheduler
from improv.settings import Settings
from tests.score import perform, played
from tests.table_model import TableModel

ENCODING = Encoding()
PHRASE = [[index / 4, pitch, 0.25] for index, pitch in enumerate((60, 62, 64, 65, 67, 65, 64, 62))]
TUNE = [[index / 4, pitch, 0.25] for index, pitch in enumerate((60, 64, 67, 65, 69, 72, 67, 71, 74, 60, 64, 67))]
C_MAJOR = {0, 2, 4, 5, 7, 9, 11}


def draft(heard: list, model: TableModel | None = None, seed: int = 0, **more: object) -> Draft:
    panel = Panel(Settings(memory="off", **more))
    ears = Ears(ENCODING, panel)
    for onset, pitch, length in heard:
        ears.hear(NoteOn(onset, 0, pitch, 64))
        ears.hear(NoteOff(onset + length, 0, pitch))
    return Draft(TableModel() if model is None else model, ears, panel, np.random.default_rng(seed))


def pitches(**more: object) -> list[int]:
    """Some 60 notes after a C major phrase, by a model to which all pitches are alike."""
    one, at, found = draft(TUNE, **more), 4.0, []
    for _ in range(120):
        written = one.write(at, at + 1.0, 0.5)
        if written is not None:
            at = written.note.onset
            found.append(written.note.pitch)
    return found


def outside(found: list[int]) -> float:
    return float(np.mean([pitch % 12 not in C_MAJOR for pitch in found]))


def test_a_key_makes_what_is_outside_rare_and_never_forbids_it():
    free = outside(pitches(key="C"))
    assert free < outside(pitches(key="off")) * 0.5
    assert outside(pitches(key="C major", key_strength=1.0)) < 0.05
    assert outside(pitches(key="C major", key_strength=0.0)) == outside(pitches(key="off"))
    assert leaning(Key(0, "major"), 1.0).min() > -10
    none_but_outside = TableModel({PITCH: {61: 1e6}})
    one = draft(PHRASE, none_but_outside, key="C", key_strength=1.0)
    written = one.write(4.0, 4.5, 0.5)
    assert written is not None and written.note.pitch == 61


def test_auto_follows_the_player():
    assert outside(pitches(key="auto", key_strength=1.0)) < 0.05


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 127), st.integers(0, 127), st.integers(0, 3))
def test_no_pitch_lies_beyond_the_bounds(low: int, high: int, seed: int):
    """Nor where a control has turned them past each other."""
    one, at = draft(PHRASE, seed=seed, low=low, high=high), 4.0
    for _ in range(12):
        written = one.write(at, at + 1.0, 0.5)
        if written is not None:
            at = written.note.onset
            assert min(low, high) <= written.note.pitch <= max(low, high)
    assert (bounds(Settings(low=low, high=high)) == 0).sum() == abs(high - low) + 1


def test_at_the_top_of_the_register_a_chord_is_full():
    chords = TableModel({IOI: {0: 1e6, ENCODING.ioi_bin(0.25): 1.0}})
    one, at = draft(PHRASE, chords, low=60, high=62), 4.0
    found = [one.write(at, at + 1.0, 0.5) for _ in range(8)]
    assert sum(written is not None for written in found) >= 5


# Polyphony.

NOTES = st.lists(
    st.builds(Note, st.integers(0, 16).map(float), st.integers(60, 66), st.just(64), st.sampled_from([1.0, 2.5, 6.0])),
    max_size=20,
    unique_by=lambda note: (note.onset, note.pitch),
)  # fmt: skip


@given(NOTES, st.integers(1, 4))
def test_no_more_sounds_at_once_than_may_and_nothing_is_lengthened(notes: list[Note], most: int):
    ends = made_way(notes, most)
    kept = [shorter for note in notes if (shorter := shortened(note, ends)).duration]
    for moment in {note.onset for note in kept}:
        sounding = {note.pitch for note in kept if note.onset <= moment < (note.release or 0.0)}
        assert len(sounding) <= most
    assert all(shortened(note, ends).duration <= note.duration for note in notes)
    if len({note.pitch for note in notes}) <= most:
        assert all(shortened(note, ends).duration for note in notes), "each pitch has room"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_an_answer_keeps_to_its_polyphony_and_keeps_its_rhythm(most: int):
    long_notes = TableModel({IOI: {ENCODING.ioi_bin(0.25): 1.0}, DURATION: {ENCODING.duration_bin(6.0): 1.0}})
    free, bound = (perform(played(*PHRASE), long_notes, memory="off", polyphony=n).improv for n in (16, most))
    onsets = [[event.at for event in said if isinstance(event, NoteOn)] for said in (free, bound)]
    assert len(onsets[0]) > 4 and onsets[0] == onsets[1]
    sounding = most_at_once = 0
    for event in bound:
        sounding += 1 if isinstance(event, NoteOn) else -1
        most_at_once = max(most_at_once, sounding)
    assert (most_at_once, sounding) == (most, 0)
    assert all(note.duration is not None for note in notes_in(bound))


def test_what_is_shortened_ends_sooner_and_never_later_and_once():
    scheduler = Scheduler()
    first, second = PlannedNote(1.0, 60, 64, 5.0, 1), PlannedNote(2.0, 62, 64, 5.0, 1)
    scheduler.apply(Play((first, second)), 0.0)
    scheduler.due(1.0)
    for by in (3.0, 4.0):
        scheduler.apply(Shorten(1.0, 60, 1, by), 1.0)
        scheduler.apply(Shorten(2.0, 62, 1, by), 1.0)
    scheduler.apply(Shorten(9.0, 62, 1, 2.0), 1.0)  # none such
    scheduler.apply(Shorten(1.0, 60, 2, 2.0), 1.0)
    sent = [*scheduler.due(2.0), *scheduler.due(10.0)]
    assert [(one.deadline, one.begins) for one in sent] == [(2.0, True), (3.0, False), (3.0, False)]
    assert scheduler.next_deadline() is None


# Rests.


def unsure() -> TableModel:
    """Sure of C (60), and sometimes not: a third of what it draws is any of twenty other notes."""
    return TableModel({IOI: {ENCODING.ioi_bin(0.25): 1.0}, PITCH: {60: 40.0} | dict.fromkeys(range(64, 84), 1.0)})


def test_a_note_it_is_not_sure_of_is_a_rest():
    said = {}
    for shy in (0.0, 0.3):
        one, at = draft(PHRASE, unsure(), top_p=(1.0,) * 5, temperature=(1.0,) * 5, shy=shy), 4.0
        said[shy] = []
        for _ in range(60):
            written = one.write(at, at + 1.0, 0.5)
            if written is None:
                assert one.rested
            else:
                assert not one.rested
                said[shy].append(written.note)
                at = written.note.onset
    assert {note.pitch for note in said[0.3]} == {60} < {note.pitch for note in said[0.0]}
    waits = np.diff([note.onset for note in said[0.3]])
    assert waits.min() > 0.2 and waits.max() > 0.35, "where it said nothing it went on waiting"


def test_a_rest_takes_time_so_that_silence_comes_to_an_end():
    one = draft(PHRASE, shy=1.0)
    reached = 4.0
    for _ in range(40):
        assert one.write(4.0, 4.5, 0.5) is None and one.rested
        assert one.reached is not None and one.reached >= reached + REST * 0.99
        reached = one.reached


def test_who_is_too_shy_says_nothing_and_the_music_ends():
    result = perform(played(*PHRASE), TableModel(), shy=1.0)
    assert result.improv == () and not result.status.answering


def test_the_key_is_shown():
    assert str(perform(played(*TUNE), TableModel(), key="auto").status.key) == "C major"
    assert str(perform(played(*PHRASE), TableModel(), key="D dorian").status.key) == "D dorian"
    assert perform(played(*PHRASE), TableModel()).status.key is None
