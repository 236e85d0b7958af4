"""Constraints on what the model writes: masks and biases, and what is fed back to it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.balance import LOUD
from improv.casting import ACCOMPANIST, LEADER, TOGETHER, Cast
from improv.draft import Draft
from improv.drawing import probability_of_wait, slow
from improv.ears import Ears
from improv.encoding import IOI, ORDER, PART, PITCH, VELOCITY, Encoding, Order, as_array
from improv.events import NoteOff, NoteOn
from improv.notes import Note, Part
from improv.panel import Panel
from improv.settings import Settings
from improv.step import NEVER
from tests.table_model import TableModel

ENCODING = Encoding()


def heard(*pitches: int, step: float = 0.25, velocity: int = 64) -> Ears:
    ears = Ears(ENCODING, Panel(Settings()))
    for index, pitch in enumerate(pitches):
        ears.hear(NoteOn(index * step, 0, pitch, velocity))
        ears.hear(NoteOff((index + 1) * step, 0, pitch))
    return ears


def draft(model: TableModel, ears: Ears, seed: int = 0, **more) -> Draft:
    return Draft(model, ears, Panel(Settings(**more)), np.random.default_rng(seed))


def test_what_was_heard_is_fed_at_once_as_unsplit_lead_first():
    model = TableModel()
    draft(model, heard(60, 62, 64)).write(1.5, 1.6, 0.5)
    rows = model.fed[0][0]
    assert rows[:, PITCH].tolist() == [60, 62, 64]
    assert set(rows[:, PART]) == {Part.UNSPLIT} and set(rows[:, ORDER]) == {Order.LEAD_FIRST}


def test_what_was_waited_already_is_impossible_whatever_the_model_likes_best():
    likes_fast = TableModel({IOI: {ENCODING.ioi_bin(0.1): 1e9}})
    for seed in range(20):
        written = draft(likes_fast, heard(60, 62, 64), seed).write(2.0, 2.125, 0.5)
        assert written is not None and 2.0 <= written.note.onset <= 2.125


def test_the_wait_the_model_expected_is_told_as_it_was_before_any_mask():
    model = TableModel({IOI: {ENCODING.ioi_bin(0.25): 1.0, ENCODING.ioi_bin(3.0): 3.0}})
    written = draft(model, heard(60, 62, 64)).write(0.75, 1.0, 1.0)
    assert written is not None
    assert written.rest_before == pytest.approx(0.75, abs=0.01)


def test_how_final_a_chord_is_does_not_depend_on_how_likely_it_grows():
    raw = np.full(ENCODING.offsets[-1], -30.0)
    for joins in (0.0, 0.5, 0.9):
        waits = {0: joins, ENCODING.ioi_bin(0.25): (1 - joins) / 4, ENCODING.ioi_bin(3.0): 3 * (1 - joins) / 4}
        raw[ENCODING.offsets[IOI] + np.array([*waits])] = np.log(np.maximum([*waits.values()], 1e-12))
        assert probability_of_wait(raw, ENCODING, 1.0) == pytest.approx(0.75)


def test_slowing_makes_waits_longer_and_chords_neither_likelier_nor_rarer():
    short, long, span = ENCODING.ioi_bin(0.25), ENCODING.ioi_bin(1.0), ENCODING.field(IOI)
    raw = np.full(ENCODING.sizes[IOI], -30.0)
    raw[[0, short, long]] = np.log([0.5, 0.4, 0.1])

    def chances(nats: float) -> np.ndarray:
        bias = np.zeros((1, ENCODING.offsets[-1]), np.float32)
        bias[0, span][long + 1 :] = NEVER
        slow(bias[:, span], ENCODING, nats, raw)
        weights = np.exp(raw + bias[0, span])
        return weights / weights.sum()

    assert chances(0.0)[[0, short, long]] == pytest.approx([0.5, 0.4, 0.1], abs=1e-4)
    slowed = chances(3.0)
    assert slowed[0] == pytest.approx(0.5, abs=1e-3) and slowed[long] > 0.4


def test_notes_that_accompany_are_longer_than_a_model_of_dry_music_has_them():
    def mean(cast: Cast) -> float:
        ears = heard(60, 62, 64)
        drafts = (Draft(TableModel(), ears, Panel(Settings()), np.random.default_rng(seed), cast) for seed in range(60))
        written = [one.write(0.75, 1.25, 0.5, own=True) for one in drafts]
        return float(np.mean([np.log2(one.note.duration) for one in written if one is not None]))

    assert mean(ACCOMPANIST) > mean(TOGETHER) + 0.5


def test_pitches_keep_near_the_player_s_range():
    for seed in range(20):
        written = draft(TableModel(), heard(60, 62, 64), seed).write(1.5, 1.6, 0.5)
        assert written is not None and 30 <= written.note.pitch <= 94


def test_a_note_that_falls_back_inside_its_chord_is_left_out_and_the_chord_is_over():
    model = TableModel({IOI: {0: 1e9, ENCODING.ioi_bin(0.25): 1.0}, PITCH: {67: 1e9}})
    one = draft(model, heard(60, 62, 64))
    first = one.write(1.5, 1.6, 0.5)
    assert first is not None
    onset = first.note.onset
    assert one.write(onset, onset + 0.5, 0.5) is None
    third = one.write(onset, onset + 0.5, 0.5)
    assert third is not None and third.note.onset > onset + 0.030
    assert one.broken == 0


def test_a_chord_goes_on_where_it_was_not_the_model_that_drew_a_note_back_into_it():
    """The model expects chords of rising notes; a bias draws each of them down, and chords are no smaller for it."""
    rising = {pitch: pitch - 58.0 for pitch in range(60, 76)}
    model = TableModel({IOI: {0: 3.0, ENCODING.ioi_bin(0.25): 1.0}, PITCH: rising})
    down = np.zeros(128, np.float32)
    down[:67] = 8.0
    one, sizes = draft(model, heard(60, 62, 64, step=0.02)), [0]
    onset = 1.5
    for _ in range(200):
        written = one.write(onset, onset + 0.5, 0.5, pitches=down)
        if written is not None:
            sizes += [0] * (written.note.onset > onset)
            sizes[-1] += 1
            onset = written.note.onset
    assert np.mean(sizes) > 1.5
    assert one.broken == 0


def test_slowing_makes_long_waits_likelier():
    model = TableModel({IOI: {ENCODING.ioi_bin(0.25): 1.0, ENCODING.ioi_bin(1.0): 1.0}})

    def waits(slowing: float) -> float:
        drawn = [draft(model, heard(60, 62, 64), seed).write(0.625, 4.0, 0.5, slowing) for seed in range(40)]
        return float(np.mean([written.note.onset > 1.25 for written in drawn if written is not None]))

    assert waits(-4.0) < 0.1 < 0.3 < waits(0.0) < 0.7 < 0.9 < waits(4.0)


def test_nothing_heard_is_no_trouble():
    written = draft(TableModel(), Ears(ENCODING, Panel(Settings()))).write(1.0, 1.1, 0.5)
    assert written is not None and 1.0 <= written.note.onset <= 1.1


def test_a_broken_step_leaves_the_draft_where_it_was():
    class Hiccup(TableModel):
        def step(self, rows, dials, state, how):
            step = super().step(rows, dials, state, how)
            if len(self.fed) == 1:
                step.state[:] = np.nan
            return step

    model = Hiccup()
    one = draft(model, heard(60, 62, 64))
    assert one.write(1.5, 1.6, 0.5) is None
    assert one.broken == 1
    assert one.write(1.5, 1.6, 0.5) is not None
    assert np.array_equal(model.fed[0], model.fed[1])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000))
def test_what_is_fed_back_is_what_the_encoder_says_of_the_notes(seed):
    """At velocities that are mapped to themselves the rows fed one by one are the rows of the whole."""
    model = TableModel({IOI: {0: 1.0, ENCODING.ioi_bin(0.0625): 1.0, ENCODING.ioi_bin(0.25): 1.0}})
    ears = heard(60, 62, 64, 65, 67)
    one = draft(model, ears, seed)
    onset, notes = 1.5, []
    for _ in range(12):
        written = one.write(onset, onset + 0.5, 0.5)
        if written is not None:
            notes.append(written.note)
            onset = written.note.onset
    one.write(onset, onset + 0.5, 0.5)  # feeds the last
    history = [Note(index * 0.25, pitch, 64, 0.25) for index, pitch in enumerate((60, 62, 64, 65, 67))]
    expected = ENCODING.encode(as_array([*history, *notes]), Order.LEAD_FIRST)
    fed = [rows[0] for rows in model.fed]
    kept = [fed[0]] + [rows for before, rows in pairwise(fed) if not np.array_equal(before, rows)]
    columns = [PART, IOI, PITCH, 5, ORDER]
    assert np.array_equal(np.concatenate(kept)[:, columns], expected[:, columns])


def test_of_two_parts_the_one_that_is_likelier_to_have_waited_so_long_comes_next():
    """Lead every quarter, accompaniment every second or so, both as likely to be next: after half a second without
    the lead it can only be the accompaniment's turn."""

    class Two(TableModel):
        def _draw(self, row, count, how):
            lead = how.bias[row, self.encoding.offsets[PART] + Part.LEAD] == 0
            self.tables[IOI] = {self.encoding.ioi_bin(0.25 if lead else 1.0): 1.0}
            return super()._draw(row, count, how)

    def parts(earliest: float) -> list[Part]:
        model = Two({PART: {Part.LEAD: 1.0, Part.ACCOMPANIMENT: 1.0}})
        panel = Panel(Settings(density=1e-3))  # so that there is nothing to catch up with
        drawn = [
            Draft(model, heard(60, 62, 64), panel, np.random.default_rng(seed), ACCOMPANIST).write(earliest, 9.0, 0.5)
            for seed in range(40)
        ]
        return [written.note.part for written in drawn if written is not None]

    assert 10 < parts(0.5).count(Part.LEAD) < 30
    assert set(parts(1.0)) == {Part.ACCOMPANIMENT}


def test_two_parts_are_read_as_lead_and_accompaniment_lead_first_and_the_lead_never_joins_behind():
    model = TableModel({IOI: {0: 1e3, ENCODING.ioi_bin(0.25): 1.0}})
    ears = heard(60, 62, 64)
    ears.hear_own(Note(0.5, 48, 64, 0.25))
    one = Draft(model, ears, Panel(Settings()), np.random.default_rng(0), ACCOMPANIST)
    onset, notes = 0.75, []
    for _ in range(60):
        written = one.write(onset, onset + 0.5, 0.5)
        if written is not None:
            notes.append(written.note)
            onset = written.note.onset
    rows = model.fed[0][0]
    assert rows[:, PITCH].tolist() == [60, 62, 64, 48]
    assert rows[:, PART].tolist() == [Part.LEAD] * 3 + [Part.ACCOMPANIMENT]
    assert {note.part for note in notes} == {Part.LEAD, Part.ACCOMPANIMENT}
    for before, after in pairwise(notes):
        if after.onset == before.onset:
            assert (before.part, after.part) != (Part.ACCOMPANIMENT, Part.LEAD)
            assert before.part != after.part or before.pitch < after.pitch


def test_what_the_player_holds_down_is_left_alone():
    ears = heard(60, 62, 64)
    ears.hear(NoteOn(0.75, 0, 67, 64))
    model = TableModel({PITCH: {67: 3.0, 72: 1.0}})
    written = draft(model, ears, memory_weight=0.0).write(1.5, 1.6, 0.5)
    assert written is not None and written.note.pitch == 72


def test_opinions_are_of_the_notes_as_they_would_follow_and_change_nothing():
    model = TableModel({PITCH: {67: 3.0, 72: 1.0}})
    one = draft(model, heard(60, 62, 64))
    notes = [Note(1.0, 67, 64, 0.25), Note(1.5, 72, 64, 0.25)]
    assert np.allclose(np.exp(one.opinions(notes)), [0.75, 0.25], atol=0.01)
    assert np.allclose(np.exp(one.opinions(notes)), [0.75, 0.25], atol=0.01)
    one.take(notes)
    written = one.write(1.5, 9.0, 0.5)
    assert written is not None and [len(rows[0]) for rows in model.fed] == [5, 5, 5]
    assert written.note.onset >= 1.5


def test_louder_than_the_player_is_so_much_louder():
    model = TableModel({VELOCITY: {ENCODING.velocity_bin(64): 1.0}})
    loud, usual = (draft(model, heard(60, 62, 64), loudness=factor).write(1.5, 1.6, 0.5) for factor in (1.5, 1.0))
    assert loud is not None and usual is not None
    assert loud.note.velocity == pytest.approx(1.5 * usual.note.velocity, abs=1)


def test_an_accompaniment_is_softer_than_the_melody_and_a_melody_louder_than_its_accompaniment():
    def velocities(cast: Cast, loudness: float, touch: int = 80) -> float:
        ears = heard(60, 62, 64, 65, 67, velocity=touch)
        one = Draft(TableModel(), ears, Panel(Settings(loudness=loudness)), np.random.default_rng(0), cast)
        onset, drawn = 1.5, []
        while len(drawn) < 60:
            if (written := one.write(onset, onset + 0.5, 0.5, own=True)) is not None:
                drawn.append(written.note.velocity)
                onset = written.note.onset
        return float(np.mean(drawn[20:]))

    for cast in (ACCOMPANIST, LEADER):
        for loudness, touch in ((1.0, 80), (0.5, 80), (1.0, 60)):
            assert velocities(cast, loudness, touch) == pytest.approx(LOUD[cast.own] * loudness * touch, rel=0.05)


def test_improv_goes_with_the_beat_in_free_time_only_where_it_plays_with_somebody():
    def off_the_beat(cast: Cast) -> float:
        ears = heard(*[60, 62, 64, 65] * 6, step=0.5)
        waits = {bin_: 1.0 for bin_ in range(ENCODING.ioi_bin(0.2), ENCODING.ioi_bin(0.8))}
        found = []
        for seed in range(60):
            panel = Panel(Settings(memory_weight=0.0))
            one = Draft(TableModel({IOI: waits}), ears, panel, np.random.default_rng(seed), cast)
            if (written := one.write(11.6, 12.4, 0.5, own=True)) is not None:
                found.append(abs((written.note.onset + 0.25) % 0.5 - 0.25))
        return float(np.median(found))

    assert off_the_beat(ACCOMPANIST) < 0.02 < 0.06 < off_the_beat(TOGETHER)
