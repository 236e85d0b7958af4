"""Improv's pedal: off, the player's, or its own; lifted with the harmony, and never held over a stop."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.encoding import DURATION, IOI, PITCH, Encoding
from improv.events import ControlChange, NoteOff, NoteOn
from improv.pedalling import AFTER, LONGEST, Pedalling
from improv.plan import Cancel, Pedal, PlannedNote, Play, Silence
from improv.scheduler import Scheduler
from tests.score import perform, played
from tests.table_model import TableModel

PHRASE = [[index / 4, pitch, 0.25] for index, pitch in enumerate((60, 62, 64, 65, 67, 65, 64, 62))]


def play(*notes: tuple[float, int]) -> Play:
    return Play(tuple(PlannedNote(onset, pitch, 64, 0.5, 1) for onset, pitch in notes))


def own(*notes: tuple[float, int]) -> list[tuple[float, bool]]:
    said = Pedalling().beside([play(*notes)], "own", {1}, 100.0, 0.0)
    return [(round(one.at, 3), one.down) for one in said]


def test_a_harmony_is_held_together_and_lifted_where_it_changes():
    arpeggio = [(0.0, 48), (0.25, 52), (0.5, 55), (0.75, 60)]
    assert own(*arpeggio) == [(AFTER, True)]
    changed = [(AFTER, True), (1.0, False), (1.0 + AFTER, True)]
    assert own(*arpeggio, (1.0, 50), (1.25, 53), (1.5, 57)) == changed
    assert own(*arpeggio, (1.0, 59)) == changed, "a leading note beside its tonic"


def test_a_chord_is_one_harmony_however_close_its_notes():
    assert own((0.0, 60), (0.0, 62), (0.01, 64)) == [(AFTER, True)]


def test_a_pedal_is_not_held_for_ever():
    held = own(*((index / 2, 60) for index in range(20)))
    lifts = [at for at, down in held if not down]
    assert len(lifts) == 2 and lifts[0] <= LONGEST + 0.6


def test_it_is_lifted_when_the_last_note_has_ended():
    pedalling = Pedalling()
    pedalling.beside([play((0.0, 60))], "own", {1}, 0.5, 0.0)
    assert pedalling.wake_at() == 0.5
    assert pedalling.beside([], "own", {1}, 0.5, 0.25) == []
    assert pedalling.beside([], "own", {1}, 0.5, 0.5) == [Pedal(0.5, 1, False)]
    assert pedalling.wake_at() is None


def test_it_follows_the_player():
    pedalling = Pedalling()

    def moved(value: int, now: float) -> list[Pedal]:
        pedalling.hear(ControlChange(now, 0, 64, value))
        return pedalling.beside([], "follow", {1}, 0.0, now)

    assert moved(127, 1.0) == [Pedal(1.0, 1, True)]
    assert moved(90, 1.5) == []
    assert moved(0, 2.0) == [Pedal(2.0, 1, False)]
    assert pedalling.wake_at() is None


def test_what_took_the_pedal_away_does_not_bring_it_back_until_improv_plays():
    pedalling = Pedalling()
    pedalling.hear(ControlChange(0.0, 0, 64, 127))
    assert pedalling.beside([], "follow", {1}, 0.0, 0.0)
    assert pedalling.beside([Cancel(1.0)], "follow", {1}, 0.0, 1.0) == []
    assert pedalling.beside([play((2.0, 60))], "follow", {1}, 2.5, 2.0) == [Pedal(2.0, 1, True)]


def test_turned_off_it_is_lifted():
    pedalling = Pedalling()
    pedalling.beside([play((0.0, 60))], "own", {1}, 5.0, 0.0)
    assert pedalling.beside([], "off", {1}, 5.0, 1.0) == [Pedal(1.0, 1, False)]


def two_handed(kind: str, *more: int) -> list[tuple[float, int, bool]]:
    """What the pedals do for a note of each hand, on channels 1 and 3, if improv may play on `more` too."""
    pedalling = Pedalling()
    pedalling.hear(ControlChange(0.0, 0, 64, 127))
    notes = (PlannedNote(0.0, 60, 64, 0.5, 1), PlannedNote(0.0, 48, 64, 0.5, 3), PlannedNote(1.0, 62, 64, 0.5, 1))
    said = pedalling.beside([Play(notes)], kind, {1, 3, *more}, 2.0, 0.0)
    pedalling.hear(ControlChange(2.0, 0, 64, 0))
    return [(one.at, one.channel, one.down) for one in [*said, *pedalling.beside([], kind, {1, 3, *more}, 2.0, 2.0)]]


def test_each_channel_that_it_plays_on_has_the_pedal():
    follow = [(0.0, channel, True) for channel in (1, 3, 5)] + [(2.0, channel, False) for channel in (1, 3, 5)]
    assert two_handed("follow", 5) == follow
    pressed = [(AFTER, 1, True), (AFTER, 3, True), (1.0, 1, False), (1.0, 3, False), (1.0 + AFTER, 1, True)]
    assert two_handed("own") == [*pressed, (2.0, 1, False)], "a second changes the harmony of both"


def test_a_channel_that_is_left_is_lifted_and_the_new_one_pressed():
    pedalling = Pedalling()
    pedalling.hear(ControlChange(0.0, 0, 64, 127))
    pedalling.beside([], "follow", {1}, 0.0, 0.0)
    assert pedalling.beside([], "follow", {2}, 0.0, 1.0) == [Pedal(1.0, 1, False), Pedal(1.0, 2, True)]
    assert pedalling.beside([], "follow", {2}, 0.0, 1.5) == []


def test_in_an_answer_the_pedal_is_on_improv_s_channel_and_ends_with_it():
    encoding = Encoding()
    model = TableModel(
        {
            IOI: {encoding.ioi_bin(0.25): 1.0},
            PITCH: {60: 1.0, 64: 1.0, 67: 1.0},
            DURATION: {encoding.duration_bin(0.25): 1.0},
        }
    )
    assert not any(isinstance(event, ControlChange) for event in perform(played(*PHRASE), model).improv)
    said = perform(played(*PHRASE), model, pedal="own", memory="off").improv
    pedals = [event for event in said if isinstance(event, ControlChange)]
    assert {(event.channel, event.control) for event in pedals} == {(1, 64)}
    assert [event.value for event in pedals] == [127, 0] * (len(pedals) // 2) != []
    assert pedals[-1].at >= max(event.at for event in said if isinstance(event, NoteOff)) - 0.01


@pytest.mark.parametrize("kind", ["own", "follow"])
def test_it_is_not_held_when_the_player_comes_in(kind: str):
    events = played([0.0, "pedal", 127], [0.01, "pedal", 0], *PHRASE, [2.3, "pedal", 127], [3.0, 72, 0.25])
    said = perform(events, TableModel(), pedal=kind).improv
    down = False
    for event in said:
        if isinstance(event, ControlChange) and event.at <= 3.11:
            down = event.value >= 64
    assert not down


# Whatever is asked, in whatever order: what was pressed is lifted once all is taken back.

commands = st.one_of(
    st.builds(lambda at, pitch: play((at, pitch)), st.integers(0, 40).map(lambda n: n / 4), st.integers(58, 66)),
    st.builds(Cancel, st.integers(0, 40).map(lambda n: n / 4)),
    st.just(Silence()),
    st.builds(Pedal, st.integers(0, 40).map(lambda n: n / 4), st.integers(0, 1), st.booleans()),
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0]), commands), max_size=25))
def test_whatever_is_interleaved_no_pedal_and_no_note_is_stuck(steps):
    scheduler, now = Scheduler(late_limit=100.0), 0.0
    down: set[int] = set()
    notes: dict[tuple[int, int], int] = {}

    def heed() -> None:
        for sent in scheduler.due(now):
            kind, channel = sent.data[0] & 0xF0, sent.data[0] & 0x0F
            if kind == 0xB0 and sent.data[1] == 64:
                (down.add if sent.data[2] else down.discard)(channel)
            elif kind != 0xB0:
                key = (channel, sent.data[1])
                notes[key] = notes.get(key, 0) + (1 if kind == 0x90 else -1)

    for wait, command in steps:
        now += wait
        heed()
        scheduler.apply(command, now)
        heed()
    scheduler.apply(Cancel(now), now)
    while (deadline := scheduler.next_deadline()) is not None:
        now = max(now, deadline)
        heed()
    assert not down and not any(notes.values())


def test_the_scheduler_lifts_between_offs_and_ons_and_a_later_word_replaces_what_was_planned():
    scheduler = Scheduler()
    scheduler.apply(Play((PlannedNote(0.0, 60, 64, 1.0, 1), PlannedNote(1.0, 62, 64, 1.0, 1))), 0.0)
    for at, down in ((0.5, True), (1.0, False), (1.06, True)):
        scheduler.apply(Pedal(at, 1, down), 0.0)
    said = [sent.data.hex() for at in (0.0, 0.5, 1.0) for sent in scheduler.due(at)]
    assert said == ["913c40", "b1407f", "813c00", "b14000", "913e40"]
    scheduler.apply(Pedal(1.03, 1, False), 1.0)
    assert [sent.data.hex() for sent in scheduler.due(1.5)] == ["b14000"]


def test_player_is_not_the_pedal_s_note():
    pedalling = Pedalling()
    pedalling.hear(NoteOn(0.0, 0, 60, 64))
    assert pedalling.beside([], "follow", {1}, 0.0, 0.0) == []
