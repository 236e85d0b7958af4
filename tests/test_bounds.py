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
from improv.panel import Panel
from improv.plan import Limit, PlannedNote, Play
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
    st.builds(
        PlannedNote,
        st.integers(0, 16).map(float),
        st.integers(60, 66),
        st.just(64),
        st.sampled_from([0.0, 1.0, 2.5, 6.0]),
        st.just(1),
    ),
    max_size=20,
)


@given(NOTES, st.integers(1, 4))
def test_no_more_sounds_at_once_than_may_and_every_note_ends_once(notes: list[PlannedNote], most: int):
    scheduler = Scheduler()
    scheduler.apply(Limit(most), 0.0)
    scheduler.apply(Play(tuple(notes)), 0.0)
    sounding: list[PlannedNote] = []
    begun = 0
    while (deadline := scheduler.next_deadline()) is not None:
        for sent in scheduler.due(deadline):
            assert sent.note is not None
            if sent.begins:
                sounding.append(sent.note)
                begun += 1
            else:
                assert sent.deadline <= sent.note.onset + sent.note.duration
                sounding.remove(sent.note)
            assert len(sounding) <= most
    assert (begun, sounding) == (len(notes), [])


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


def test_the_limit_may_change_while_notes_sound():
    scheduler = Scheduler()
    scheduler.apply(Play(tuple(PlannedNote(0.0, 60 + pitch, 64, 8.0, 1) for pitch in range(6))), 0.0)
    assert len(scheduler.due(0.0)) == 6
    scheduler.apply(Limit(2), 1.0)
    scheduler.apply(Play((PlannedNote(2.0, 72, 64, 1.0, 1),)), 1.0)
    sent = scheduler.due(2.0)
    assert [(one.begins, one.note.pitch) for one in sent if one.note] == [
        *((False, 60 + pitch) for pitch in range(5)),
        (True, 72),
    ]


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
