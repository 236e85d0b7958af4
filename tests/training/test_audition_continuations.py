"""How the machine goes on: by the daemon's ears, after all that was heard, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from improv.draft import Draft
from improv.ears import Ears
from improv.encoding import DURATION, IOI, PITCH, Encoding, Order
from improv.events import NoteOff, NoteOn
from improv.listener import notes_in
from improv.panel import Panel
from improv.resources import default_model
from improv.settings import Settings
from tests.table_model import TableModel
from tests.training.passages import line, passage, wandering
from training.audition.continuations import MOST_MISSES, Job, events_of, go_on, listened, play, up_to
from training.audition.passages import in_order

ENCODING = Encoding()
SETTINGS = Settings()


def table(tables: dict[int, dict[int, float]] | None = None) -> TableModel:
    usual = {PITCH: {60: 1.0, 62: 1.0, 67: 1.0}, IOI: {ENCODING.ioi_bin(0.25): 1.0}}
    return TableModel(usual | (tables or {}))


def alone(model, job):
    (notes,) = go_on(model, [job])
    return notes


def test_a_passage_as_a_keyboard_sends_it_ends_each_note_before_the_next_of_its_pitch():
    notes = passage((0.0, 60, 0.5), (0.5, 60, 0.25), (0.5, 64, 0.25))
    said = [(event.at, type(event), event.pitch) for event in events_of(notes)]
    assert said[:2] == [(0.0, NoteOn, 60), (0.5, NoteOff, 60)]
    assert len(said) == 6 and said == sorted(said, key=lambda event: (event[0], event[1] is NoteOn))


def test_a_pitch_that_is_repeated_is_heard_as_long_as_it_was_played():
    """Durations are kept in single precision: a hair too long, a note would end the one that follows it."""
    onsets = np.cumsum([0.24590125, 0.24590125, 0.1, 0.1 + 1e-9, 0.3])
    heard = passage(*((onset, 60, length) for onset, length in zip(onsets, [*np.diff(onsets), 0.5], strict=True)))
    assert (heard["onset"] + heard["duration"] > np.append(onsets[1:], np.inf)).any()
    assert [note.duration for note in notes_in(events_of(heard))] == pytest.approx([*np.diff(onsets), 0.5], abs=1e-6)


def test_of_a_pitch_struck_twice_at_once_the_longer_sounds():
    heard = passage((0.0, 60, 2.0), (0.0, 60, 0.25), (0.0, 64, 0.5))
    assert sorted((note.pitch, note.duration) for note in notes_in(events_of(heard))) == [(60, 2.0), (64, 0.5)]


def test_the_ears_hear_all_that_came_before():
    heard = wandering(1, 200)
    ears = listened(heard, table(), SETTINGS)
    assert ears.heard == 200
    expected = ENCODING.encode(heard, Order.LEAD_FIRST)[-32:]
    assert (ears.context.rows()[:, [PITCH, IOI]] == expected[:, [PITCH, IOI]]).all()
    assert ears.remembrance is not None and ears.remembrance.memory.learned >= 199
    silent = listened(heard, table(), Settings(memory="off"))
    assert silent.remembrance is None


def test_the_memory_was_warmed_by_more_than_the_window_holds():
    """A theme heard before the last 32 notes comes again at weight 1, and not at 0."""
    theme = (48, 55, 51, 58, 50, 57, 53, 60)
    heard = np.concatenate([line(*theme * 4), wandering(1, 40, start=8.0), line(*theme[:5], start=18.0)])
    follows = {}
    for weight in (0.0, 1.0):
        jobs = [Job(heard, 20.0, Settings(memory_weight=weight), (seed,)) for seed in range(10)]
        flat = TableModel({IOI: {ENCODING.ioi_bin(0.25): 1.0}})
        follows[weight] = sum(int(alone(flat, job)["pitch"][0]) == theme[5] for job in jobs)
    assert follows[1.0] >= 8 and follows[0.0] <= 2


def test_it_goes_on_from_the_last_note_until_it_is_told_to_stop():
    notes = alone(table(), Job(wandering(1, 100), 40.0, Settings(memory="off"), (0,)))
    assert 24.75 < notes["onset"][0] <= 25.5 and 39 < notes["onset"][-1] < 40
    assert (np.diff(notes["onset"]) >= 0).all() and set(notes["pitch"]) <= {60, 62, 67}
    assert up_to(notes, 25.0, 5.0)["onset"][-1] < 30 <= notes["onset"][len(up_to(notes, 25.0, 5.0))]


def test_a_note_ends_where_its_pitch_begins_again():
    long = table({PITCH: {60: 1.0}, DURATION: {ENCODING.duration_bin(4.0): 1.0}})
    notes = alone(long, Job(line(*[60] * 40), 20.0, Settings(memory="off"), (0,)))
    assert notes["duration"][:-1] == pytest.approx(np.diff(notes["onset"]), abs=1e-5)
    assert notes["duration"][-1] > 3


def test_a_model_of_which_nothing_comes_ends_the_passage():
    class Broken(TableModel):
        steps = 0

        def step(self, rows, dials, state, how):
            self.steps += 1
            found = super().step(rows, dials, state, how)
            found.raw[:] = np.nan
            return found

    broken = Broken()
    assert len(alone(broken, Job(wandering(1, 40), 1e9, SETTINGS, (0,)))) == 0
    assert broken.steps == MOST_MISSES


def test_it_plays_by_the_settings_of_the_daemon():
    """The same ears, settings and chance as a draft of the daemon's: the same notes."""
    heard, settings = wandering(1, 100), Settings(temperature=(1, 0.5, 0.5, 1, 1), memory_weight=0.25)
    notes = alone(table(), Job(heard, 27.0, settings, (3, 4)))
    ears = Ears(ENCODING, Panel(settings))
    for event in events_of(in_order(heard)):
        ears.hear(event)
    draft = Draft(table(), ears, Panel(settings), np.random.default_rng((3, 4)))
    first = draft.write(float(heard["onset"][-1]) + 0.031, 40.0, 1.0)
    assert first is not None and first.note.pitch == notes["pitch"][0] and first.note.velocity == notes["velocity"][0]


def test_the_same_seed_gives_the_same_notes_whatever_the_number_of_processes():
    heard = wandering(1, 64)
    jobs = [Job(heard, 20.0, Settings(memory_weight=weight), (0, index)) for index in range(2) for weight in (0.0, 1.0)]
    alone = [notes.tolist() for notes in play(default_model(), jobs, 1)]
    assert [notes.tolist() for notes in play(default_model(), jobs, 2)] == alone
    assert alone[0] != alone[2] and all(alone)


def test_several_go_on_together_as_each_would_alone():
    jobs = [Job(wandering(index, 60), 22.0 + index, SETTINGS, (index,)) for index in range(5)]
    together = go_on(table(), jobs)
    assert len({len(notes) for notes in together}) > 1
    for job, notes in zip(jobs, together, strict=True):
        assert (alone(table(), job) == notes).all()
