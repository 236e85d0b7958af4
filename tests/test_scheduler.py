import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.events import ControlChange, NoteOff, NoteOn
from improv.midi import control_change, note_off, note_on
from improv.plan import Cancel, Command, Drop, Limit, Pedal, PlannedNote, Play, Release, Silence
from improv.scheduler import Outgoing, Scheduler


def note(onset: float, pitch: int, duration: float = 0.5, channel: int = 1) -> PlannedNote:
    return PlannedNote(onset, pitch, 64, duration, channel)


def score(messages: list[Outgoing]) -> list[tuple[float, str, int]]:
    """What left, as a score: when it was due, on or off, pitch."""
    return [(m.deadline, "on" if m.data[0] & 0xF0 == 0x90 else "off", m.data[1]) for m in messages]


def played(*notes: PlannedNote) -> Scheduler:
    scheduler = Scheduler()
    scheduler.apply(Play(notes), 0.0)
    return scheduler


def test_notes_leave_at_their_deadlines() -> None:
    scheduler = played(note(1.0, 62), note(0.5, 60))
    assert scheduler.next_deadline() == 0.5
    assert scheduler.due(0.25) == []
    first = scheduler.due(0.5)
    assert [(m.data, m.deadline, m.note, m.begins) for m in first] == [(note_on(1, 60, 64), 0.5, note(0.5, 60), True)]
    assert scheduler.next_deadline() == 1.0
    assert score(scheduler.due(1.0)) == [(1.0, "off", 60), (1.0, "on", 62)]
    assert score(scheduler.due(1.5)) == [(1.5, "off", 62)]
    assert scheduler.next_deadline() is None


def test_catching_up_keeps_the_order_of_deadlines() -> None:
    scheduler = played(note(0.25, 60, 0.125), note(0.25, 64, 0.0), note(0.3125, 62))
    assert score(scheduler.due(0.5)) == [
        (0.25, "on", 60),
        (0.25, "on", 64),
        (0.25, "off", 64),
        (0.3125, "on", 62),
        (0.375, "off", 60),
    ]


def test_a_pitch_struck_again_ends_the_note_that_holds_it() -> None:
    scheduler = played(note(0.0, 60, 4.0), note(1.0, 60, 0.5))
    assert score(scheduler.due(0.0) + scheduler.due(1.0)) == [(0.0, "on", 60), (1.0, "off", 60), (1.0, "on", 60)]
    assert score(scheduler.due(8.0)) == [(1.5, "off", 60)]


def test_the_same_pitch_on_another_channel_is_another_key() -> None:
    scheduler = played(note(0.0, 60, 4.0, channel=1), note(0.0, 60, 4.0, channel=2))
    assert score(scheduler.due(0.0)) == [(0.0, "on", 60), (0.0, "on", 60)]


def test_cancel_drops_what_has_not_begun_and_brings_offs_forward() -> None:
    scheduler = played(note(0.0, 60, 4.0), note(0.0, 62, 0.25), note(0.5, 64))
    scheduler.due(0.0)
    scheduler.apply(Cancel(release_by=1.0), 0.125)
    assert score(scheduler.due(8.0)) == [(0.25, "off", 62), (1.0, "off", 60)]


def test_after_cancel_comes_a_new_plan() -> None:
    scheduler = played(note(0.5, 60))
    scheduler.apply(Cancel(0.25), 0.0)
    scheduler.apply(Play((note(0.5, 62),)), 0.0)
    assert score(scheduler.due(0.5)) == [(0.5, "on", 62)]


def test_silence_is_at_once_and_covers_thru() -> None:
    scheduler = played(note(0.0, 60, 4.0), note(0.5, 64))
    scheduler.due(0.0)
    scheduler.pass_through([NoteOn(0.125, 0, 48, 64), NoteOn(0.125, 0, 50, 64), ControlChange(0.125, 3, 64, 127)])
    scheduler.pass_through([NoteOff(0.25, 0, 50)])
    scheduler.apply(Silence(), 0.25)
    assert scheduler.next_deadline() == 0.25
    messages = scheduler.due(0.25)
    assert [m.data for m in messages] == [
        note_off(0, 48),
        note_off(1, 60),
        *(control_change(channel, control, 0) for channel in (0, 1, 3) for control in (64, 123)),
    ]
    assert [m.note for m in messages[:2]] == [None, note(0.0, 60, 4.0)]
    assert scheduler.next_deadline() is None
    assert scheduler.ledger.sounding() == {}


def test_a_note_that_is_too_late_is_left_out_whole_but_no_off_is() -> None:
    scheduler = played(note(0.0, 60, 0.25), note(0.5, 62), note(0.75, 64))
    scheduler.due(0.0)
    assert score(scheduler.due(1.0)) == [(0.25, "off", 60), (0.75, "on", 64)]
    assert scheduler.take_dropped() == [note(0.5, 62)]
    assert scheduler.take_dropped() == []
    assert score(scheduler.due(8.0)) == [(1.25, "off", 64)]


def test_a_dropped_note_cuts_nothing() -> None:
    scheduler = played(note(0.0, 60, 4.0), note(0.5, 60))
    scheduler.due(0.0)
    assert scheduler.due(1.0) == []


@pytest.mark.parametrize("bad", [note(0.0, 128), note(math.nan, 60), note(0.0, 60, math.inf)])
def test_an_impossible_note_is_refused_with_its_whole_plan(bad: PlannedNote) -> None:
    scheduler = Scheduler()
    with pytest.raises(ValueError):
        scheduler.apply(Play((note(0.0, 60), bad)), 0.0)
    assert scheduler.next_deadline() is None


QUARTERS = st.integers(0, 16).map(lambda quarters: quarters / 4)
NOTES = st.builds(PlannedNote, QUARTERS, st.integers(60, 62), st.just(64), QUARTERS, st.integers(0, 1))
COMMANDS = st.one_of(
    st.builds(Play, st.lists(NOTES, max_size=4).map(tuple)),
    st.builds(Cancel, QUARTERS),
    st.just(Silence()),
)


@given(st.lists(st.tuples(COMMANDS, QUARTERS), max_size=12))
def test_whatever_is_asked_each_on_has_its_off_and_nothing_sounds_in_the_end(
    asked: list[tuple[Command, float]],
) -> None:
    scheduler = Scheduler()
    now = 0.0
    sent: list[Outgoing] = []
    for command, step in asked:
        scheduler.apply(command, now)
        now += step
        sent += scheduler.due(now)
        assert all(m.deadline <= now for m in sent)
    sent += scheduler.due(100.0)
    assert scheduler.next_deadline() is None
    assert scheduler.ledger.sounding() == {}
    held: Counter[tuple[int, int]] = Counter()
    for message in sent:
        key = (message.data[0] & 0x0F, message.data[1])
        if message.data[0] & 0xF0 == 0x90:
            held[key] += 1
            assert held[key] == 1, "a pitch is struck only when it is free"
        elif message.data[0] & 0xF0 == 0x80:
            held[key] -= 1
            assert held[key] == 0, "no off without its on"
            assert message.note is not None
            assert message.deadline <= message.note.onset + message.note.duration
    assert not +held


@given(st.lists(NOTES, max_size=8), st.lists(QUARTERS, max_size=8))
def test_how_often_it_is_looked_at_changes_nothing(notes: list[PlannedNote], looks: list[float]) -> None:
    often, once = Scheduler(late_limit=100.0), Scheduler(late_limit=100.0)
    for scheduler in (often, once):
        scheduler.apply(Play(tuple(notes)), 0.0)
    sent = [message for look in sorted(looks) for message in often.due(look)]
    assert sent + often.due(50.0) == once.due(50.0)


@given(st.lists(NOTES, max_size=8), QUARTERS)
def test_another_scheduler_that_is_told_the_rest_does_the_rest(notes: list[PlannedNote], moment: float) -> None:
    one, other = Scheduler(late_limit=100.0), Scheduler(late_limit=100.0)
    for command in (Limit(2), Pedal(0.125, 1, True), Pedal(8.0, 1, False), Play(tuple(notes))):
        one.apply(command, 0.0)
    one.due(moment)
    for command in one.remaining():
        other.apply(command, moment)
    one.apply(Silence(), moment)
    one.due(moment)
    for command in other.remaining():  # silenced, it is told again what it was to do
        one.apply(command, moment)
    assert score(one.due(100.0)) == score(other.due(100.0))


def test_no_note_sounds_longer_than_the_longest() -> None:
    scheduler = Scheduler(longest=2.0)
    scheduler.apply(Play((note(0.0, 60, 3600.0),)), 0.0)
    assert score(scheduler.due(0.0) + scheduler.due(10.0)) == [(0.0, "on", 60), (2.0, "off", 60)]


def test_single_notes_are_dropped_and_one_that_sounds_is_not_cut_by_it() -> None:
    first, second, third = note(0.0, 60), note(1.0, 62), note(1.0, 64)
    scheduler = played(first, second, third)
    scheduler.due(0.25)
    scheduler.apply(Drop((first, second)), 0.25)
    assert score(scheduler.due(1.0) + scheduler.due(4.0)) == [(0.5, "off", 60), (1.0, "on", 64), (1.5, "off", 64)]


def test_a_note_whose_end_was_not_known_is_released_and_so_is_one_that_has_yet_to_begin() -> None:
    held, coming, too_late = note(0.0, 60, 8.0), note(1.0, 62, 8.0), note(2.0, 64, 8.0)
    scheduler = played(held, coming, too_late, note(3.0, 65))
    scheduler.due(0.0)
    scheduler.apply(Release((held, coming, too_late), 1.5), 0.5)
    assert score([*scheduler.due(1.0), *scheduler.due(3.0), *scheduler.due(9.0)]) == [
        (1.0, "on", 62),
        (1.5, "off", 60),
        (1.5, "off", 62),
        (3.0, "on", 65),
        (3.5, "off", 65),
    ]


def test_a_release_after_the_end_that_was_planned_changes_nothing() -> None:
    scheduler = played(note(0.0, 60, 0.5))
    scheduler.due(0.0)
    scheduler.apply(Release((note(0.0, 60, 0.5),), 4.0), 0.25)
    assert score(scheduler.due(9.0)) == [(0.5, "off", 60)]


def test_of_notes_later_than_the_soft_limit_every_other_is_left_out() -> None:
    scheduler = Scheduler(late_limit=1.0, late_soft=0.1)
    scheduler.apply(Play(tuple(note(0.1 * index, 60 + index, 9.0) for index in range(8))), 0.0)
    # Six are late; the seventh and the eighth are in time.
    assert [pitch for _, _, pitch in score(scheduler.due(0.675))] == [61, 63, 65, 66]
    assert [dropped.pitch for dropped in scheduler.take_dropped()] == [60, 62, 64]
    scheduler.due(0.75)
    assert [pitch for _, what, pitch in score(scheduler.due(20.0)) if what == "off"] == [61, 63, 65, 66, 67]


@given(
    st.lists(st.tuples(st.floats(0, 2), st.integers(60, 66), st.floats(0, 1)), max_size=30),
    st.lists(st.floats(0, 0.6), min_size=1, max_size=30),
    st.floats(0, 0.3),
)
def test_thinning_never_drops_an_off(
    notes: list[tuple[float, int, float]], stalls: list[float], late_soft: float
) -> None:
    """However late the scheduler is looked at: all that begins ends, and what is left out neither begins nor ends."""
    scheduler, now = Scheduler(late_limit=0.4, late_soft=late_soft), 0.0
    scheduler.apply(Play(tuple(note(*one) for one in notes)), 0.0)
    sent: list[Outgoing] = []
    for stall in [*stalls, 100.0]:
        now += stall
        sent += scheduler.due(now)
    ons = Counter(message.note for message in sent if message.begins)
    offs = Counter(message.note for message in sent if not message.begins)
    assert ons == offs
    assert sum(ons.values()) + len(scheduler.take_dropped()) == len(notes)
    assert scheduler.next_deadline() is None and not scheduler.ledger.sounding()
