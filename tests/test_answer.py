"""Call and response, as scores. The model is a table known by heart, the clock is simulated."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.encoding import DURATION, IOI, PITCH, SOUNDING, VELOCITY, Encoding
from improv.events import ControlChange, NoteOff, NoteOn
from improv.improviser import Improviser
from improv.listener import notes_in
from improv.modes.drafts import AT_ONCE
from improv.plan import Cancel, Play
from improv.scheduler import Scheduler
from improv.settings import Settings
from tests.score import perform, played, transcript
from tests.table_model import TableModel

ENCODING = Encoding()
PHRASE = [[0.0, 60, 0.25], [0.25, 62, 0.25], [0.5, 64, 0.25], [0.75, 65, 0.25], [1.0, 67, 0.25]]


def table(**more) -> TableModel:
    """Says G4 every quarter second, an eighth long."""
    tables = {
        IOI: {ENCODING.ioi_bin(0.25): 1e6},
        PITCH: {67: 1e6},
        VELOCITY: {ENCODING.velocity_bin(64): 1e6},
        DURATION: {ENCODING.duration_bin(0.125): 1e6},
    }
    return TableModel(tables, **more)


def onsets(events) -> list[float]:
    return [event.at for event in events if isinstance(event, NoteOn)]


def test_a_phrase_is_answered_in_its_pace_and_length_and_then_it_waits():
    # Quiet from 1.25 s on, a quarter after the last onset. The player's intervals are a quarter, their high quantile
    # (with the first guess) is 0.47 s, so the least gap counts and the decision is at 1.6 s. The table expects a rest
    # after ten rows: five of the phrase and five of its own; that is how far each of its drafts goes.
    said = perform(played(*PHRASE), table(rest_after=10), memory="off").improv
    assert transcript(said) == [
        [1.688, "note_on", 1, 67, 65],
        [1.813, "note_off", 1, 67],
        [1.937, "note_on", 1, 67, 65],
        [2.062, "note_off", 1, 67],
        [2.186, "note_on", 1, 67, 65],
        [2.311, "note_off", 1, 67],
        [2.435, "note_on", 1, 67, 65],
        [2.56, "note_off", 1, 67],
        [2.684, "note_on", 1, 67, 65],
        [2.809, "note_off", 1, 67],
    ]


def test_two_notes_are_no_phrase():
    assert perform(played(*PHRASE[:2]), table()).improv == ()
    assert perform(played(*PHRASE[:2]), table(), min_notes=2).improv != ()


def test_a_chord_still_held_is_no_silence_until_nothing_came_for_the_limit():
    held = played(*PHRASE, [1.5, 48, 20.0])
    first = onsets(perform(held, table()).improv)[0]
    assert 5.5 + 0.35 <= first <= 5.5 + 2.5 + 0.15
    sooner = onsets(perform(held, table(), hold_limit=1.0).improv)[0]
    assert sooner == pytest.approx(first - 3.0, abs=0.1)


def test_the_pedal_holds_off_the_answer():
    pedalled = played([0.0, "pedal", 127], *PHRASE, [3.0, "pedal", 0])
    first, plain = (onsets(perform(events, table()).improv)[0] for events in (pedalled, played(*PHRASE)))
    assert first == pytest.approx(plain + 3.0 - 1.25, abs=0.1)


def test_the_player_coming_in_ends_the_answer():
    said = perform(played(*PHRASE, [3.0, 72, 0.125]), table(), gap_max=0.5).improv
    assert len(onsets(said)) > 3
    assert max(onsets(said)) < 3.0
    assert max(event.at for event in said) <= 3.15


def test_what_sounds_is_released_when_the_player_comes_in():
    long_notes = table()
    long_notes.tables[DURATION] = {ENCODING.duration_bin(6.0): 1e6}
    phrase = [*PHRASE[:-1], [1.0, 67, 3.0]]
    said = perform(played(*phrase, [6.0, 72, 0.125]), long_notes, memory="off").improv
    assert said[-1] == NoteOff(6.1, 1, 67)


def test_a_false_turn_withdraws_and_the_phrase_goes_on_as_one():
    # Improv comes in at 1.643; the player goes on within a second of that, and plays two notes more.
    result = perform(played(*PHRASE, [2.0, 69, 0.25], [2.25, 71, 0.25]), table())
    assert result.status.false_turns == 1
    answers = [at for at in onsets(result.improv) if at > 2.0]
    assert answers[0] - 2.5 > 0.6, "the gap has grown"
    # The phrase from 0 to 2.25 s is one: its answer is as long.
    assert 0.7 * 2.25 <= answers[-1] - answers[0] <= 1.3 * 2.25


def test_resuming_later_than_a_second_after_the_answer_began_is_no_false_turn():
    assert perform(played(*PHRASE, [3.0, 69, 0.25]), table()).status.false_turns == 0


def test_after_an_answer_it_waits_for_the_player():
    said = onsets(perform(played(*PHRASE, [20.0, 60, 0.25]), table()).improv)
    assert said and max(said) < 5.0, "one note more is no phrase"


def test_only_the_last_twelve_seconds_count():
    long_phrase = [[index / 4, 60 + index % 7, 0.25] for index in range(120)]
    said = onsets(perform(played(*long_phrase), table()).improv)
    assert 9.0 <= said[-1] - said[0] <= 15.0
    short = onsets(perform(played(*long_phrase), table(), max_phrase=4.0).improv)
    assert 3.0 <= short[-1] - short[0] <= 5.0


def test_the_answer_ends_where_the_model_expects_a_long_wait():
    phrase = [[index / 4, 60 + index, 0.25] for index in range(9)]
    for rest_after, expected in ((17, 8), (18, 9), (20, 11)):
        assert len(onsets(perform(played(*phrase), table(rest_after=rest_after)).improv)) == expected


def test_where_no_rest_is_expected_it_comes_to_an_end_all_the_same():
    """Long waits grow likelier towards the end, though the table never changes its mind: the last wait is drawn."""
    model = table()
    model.tables[IOI] = {ENCODING.ioi_bin(0.25): 1e3, ENCODING.ioi_bin(0.5): 10.0, ENCODING.ioi_bin(1.0): 1.0}
    phrase = [[index / 4, 60 + index % 5, 0.25] for index in range(33)]
    for seed in range(5):
        said = onsets(perform(played(*phrase), model, seed).improv)
        waits = np.diff(said)
        half = len(waits) // 2
        assert 0.7 * 8.0 <= said[-1] - said[0] <= 1.3 * 8.0
        assert max(waits) < 0.75, "a wait of three quarters is an end, not a hole"
        assert max(waits[:half]) <= 0.55


def test_the_last_chord_sounds_no_longer_than_the_player_s_last_did():
    model = table(rest_after=10)
    model.tables[DURATION] = {ENCODING.duration_bin(2.0): 1e6}

    def last(length: float, **more: float) -> float:
        phrase = [*PHRASE[:-1], [1.0, 67, length]]
        return notes_in(perform(played(*phrase), model, memory="off", **more).improv)[-1].duration

    assert last(0.125) == pytest.approx(0.125)
    assert last(0.75) == pytest.approx(0.75)
    assert last(3.0) == pytest.approx(2.0, rel=0.05), "it is not lengthened"
    assert last(30.0, hold_limit=1.0) == pytest.approx(2.0, rel=0.05), "what is still held is of no length"


def test_where_it_breaks_off_for_want_of_a_rest_the_last_chord_is_as_short():
    model = table()
    model.tables[DURATION] = {ENCODING.duration_bin(2.0): 1e6}
    said = notes_in(perform(played(*PHRASE), model, memory="off").improv)
    assert len(said) > 3 and said[-1].duration == pytest.approx(0.25)


def heard_before_answers(model: TableModel) -> list[np.ndarray]:
    """What the model had read when it began to answer: slices of it, and the last row, with which each draft begins."""
    found: list[np.ndarray] = []
    reading: list[np.ndarray] = []
    for fed in model.fed:
        if len(fed) == 1 and (reading or fed.shape[1] > 1):
            reading.append(fed[0])
        elif reading:
            rows, reading = np.concatenate(reading), []
            known = np.array_equal(rows[-1], fed[0, 0])  # the memory has asked how likely it was
            found.append(rows if known else np.concatenate([rows, fed[0]]))
    return found


def test_the_last_32_notes_are_fed_once_in_slices_and_then_one_a_step():
    model = table()
    perform(played(*[[index / 8, 60, 0.125] for index in range(50)]), model)
    assert [rows.shape[1] for rows in model.fed][:18] == [*[2] * 15, 1, 1, 1]
    assert len(model.fed[17]) == AT_ONCE, "of several drafts"


def test_the_answer_is_part_of_the_context():
    model = table(rest_after=10)
    two = played(*PHRASE, *[[onset + 6.0, pitch, length] for onset, pitch, length in PHRASE])
    perform(two, model)
    second = heard_before_answers(model)[-1]
    assert second[:, PITCH].tolist() == [60, 62, 64, 65, 67] + [67] * 5 + [60, 62, 64, 65, 67]


def test_a_withdrawn_answer_leaves_only_what_sounded():
    model = table()
    perform(played(*PHRASE, [1.875, 69, 0.25]), model)
    second = heard_before_answers(model)[-1]
    assert second[:, PITCH].tolist() == [60, 62, 64, 65, 67, 67, 69]


def test_a_note_cut_short_does_not_sound_on_in_the_context():
    model = table()
    model.tables[DURATION] = {ENCODING.duration_bin(6.0): 1e6}
    perform(played(*PHRASE, [2.5, 72, 0.25], [2.75, 74, 0.25], [3.0, 76, 0.25]), model, memory="off")
    second = heard_before_answers(model)[-1]
    g_sounds = [bool(row[SOUNDING] & 1 << 7) for row in second[-3:]]
    assert g_sounds == [True, False, False], "until 0.1 s after the player came in"


def test_loudness_follows_the_player():
    for velocity in (30, 100):
        loud = played(*[[*line, velocity] for line in PHRASE])
        said = [event.velocity for event in perform(loud, table()).improv if isinstance(event, NoteOn)]
        assert abs(np.mean(said) - velocity) <= 3


def test_chords_are_allowed_but_no_note_twice_in_one():
    model = table()
    model.tables[IOI] = {0: 3.0, ENCODING.ioi_bin(0.25): 1.0}
    model.tables[PITCH] = dict.fromkeys(range(60, 72), 1.0)
    answer = perform(played(*PHRASE), model, memory="off").improv  # a memory would know of no chords
    said = [event for event in answer if isinstance(event, NoteOn)]
    pairs = list(pairwise((event.at, event.pitch) for event in said))
    assert any(a[0] == b[0] for a, b in pairs)
    assert all(a[0] < b[0] or a[1] < b[1] for a, b in pairs)


def test_it_sends_on_its_own_channel_and_no_pedal():
    said = perform(played(*PHRASE), table(), channel_out=5).improv
    assert {event.channel for event in said} == {5}
    assert not any(isinstance(event, ControlChange) for event in said)


@pytest.mark.parametrize("spoiled", ["raw", "state", "drawn"])
def test_a_broken_model_costs_a_rest_and_a_count(spoiled):
    class Broken(TableModel):
        def step(self, rows, dials, state, how):
            step = super().step(rows, dials, state, how)
            broken = getattr(step, spoiled)
            broken[:] = 10_000 if spoiled == "drawn" else np.nan
            return step

    result = perform(played(*PHRASE), Broken(table().tables))
    assert result.improv == ()
    assert result.status.broken_steps > 0


def test_one_broken_step_does_not_end_an_answer():
    class Hiccup(TableModel):
        def step(self, rows, dials, state, how):
            step = super().step(rows, dials, state, how)
            if len(self.fed) == 4:
                step.raw[:1] = np.nan  # of one draft
            return step

    result = perform(played(*PHRASE), Hiccup(table().tables))
    assert len(onsets(result.improv)) >= 4
    assert result.status.broken_steps == 1


def test_same_input_same_seed_same_answer():
    model = TableModel()
    first, again, other = (transcript(perform(played(*PHRASE), model, seed).improv) for seed in (7, 7, 8))
    assert first == again != other


# Anything a player may do, turn by turn: every note improv begins it ends, and it never talks over the player.

things = st.one_of(
    st.tuples(st.just("on"), st.integers(55, 65), st.integers(1, 127)),
    st.tuples(st.just("off"), st.integers(55, 65), st.just(0)),
    st.tuples(st.just("pedal"), st.sampled_from([0, 127]), st.just(0)),
)
waits = st.sampled_from([0.0, 0.0, 0.125, 0.25, 0.25, 0.5, 1.0, 2.0, 5.0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(waits, things), max_size=40), st.integers(0, 5))
def test_whatever_is_played_no_note_is_stuck_and_nobody_is_talked_over(steps, seed):
    at, events = 0.0, []
    for wait, (what, value, velocity) in steps:
        at += wait
        event = {
            "on": NoteOn(at, 0, value, velocity),
            "off": NoteOff(at, 0, value),
            "pedal": ControlChange(at, 0, 64, value),
        }[what]
        events.append(event)
    said = perform(events, TableModel(), seed).improv
    assert all(note.duration is not None for note in notes_in(said))
    assert [event.at for event in said] == sorted(event.at for event in said)
    for arrived in onsets(events):
        assert not any(arrived <= at < arrived + 0.35 for at in onsets(said)), "an answer needs its gap"
        before = [event for event in said if event.at < arrived]
        ended = [event for event in said if event.at <= arrived + 0.15]
        still = {note.pitch for note in notes_in(before) if note.duration is None}
        assert not still & {note.pitch for note in notes_in(ended) if note.duration is None}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(waits, things), max_size=30), st.lists(st.sampled_from([0.0, 0.001, 0.05, 3.0]), min_size=1))
def test_turns_may_come_at_any_moment(steps, delays):
    """An engine that is late: events pile up, turns come when they come."""
    core, scheduler = Improviser(TableModel(), Settings(), np.random.default_rng(0)), Scheduler()
    at, now = 0.0, 0.0
    for index, (wait, (what, value, velocity)) in enumerate(steps):
        at += wait
        if what == "pedal":
            core.hear(ControlChange(at, 0, 64, value))
        else:
            core.hear(NoteOn(at, 0, value, velocity) if what == "on" else NoteOff(at, 0, value))
        now = max(now, at + delays[index % len(delays)])
        for command in core.turn(now):
            scheduler.apply(command, now)
            if isinstance(command, Play):
                assert all(note.onset + note.duration > note.onset for note in command.notes)
            if isinstance(command, Cancel):
                assert command.release_by <= at + 0.1
        scheduler.due(now)
    for _ in range(2000):
        wake = core.wake_at()
        moments = [moment for moment in (wake, scheduler.next_deadline()) if moment is not None]
        if not moments:
            break
        now = max(now, min(moments))
        for command in core.turn(now):
            scheduler.apply(command, now)
        scheduler.due(now)
    assert scheduler.next_deadline() is None
    assert not core.status().answering
