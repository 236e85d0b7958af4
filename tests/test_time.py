"""Playing beside a clock, as scores: it stops and all goes off, it comes and goes, and nothing stays sounding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.ears import Ears
from improv.encoding import DURATION, Encoding
from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.listener import notes_in
from improv.notes import Note
from improv.panel import Panel
from improv.plan import Cancel
from improv.scheduler import Scheduler
from improv.settings import Settings
from improv.voice import Voice
from tests.clockwork import Continue, SongPosition, Start, Stop, Tick, host
from tests.score import perform, played, together
from tests.table_model import TableModel
from tests.test_answer import PHRASE, onsets, table

ENCODING = Encoding()


def core(**more) -> Improviser:
    return Improviser(table(), Settings(**more), np.random.default_rng(0))


def said_of(core: Improviser, events, now: float) -> str:
    for event in events:
        core.hear(event)
    core.turn(now)
    return core.status().time


@pytest.mark.parametrize(("policy", "word"), [("free", "free time"), ("wait", "waiting")])
def test_the_status_says_what_the_clock_does(policy: str, word: str) -> None:
    one = core(sync="clock", clock_absent=policy)
    assert said_of(one, [], 0.0) == f"no clock, {word}"
    assert said_of(one, host(4.0, first=()), 2.0) == f"clock stopped, {word}"
    assert said_of(one, host(4.0, at=2.0), 4.0) == "clock"
    assert one.status().tempo == pytest.approx(120.0)
    assert said_of(one, [Stop(4.0)], 4.0) == f"clock stopped, {word}"
    assert one.status().tempo is None
    assert said_of(one, host(4.0, at=5.0), 7.0) == "clock"
    assert said_of(one, [], 8.0) == f"no clock, {word}"
    assert core().status().time == ""


@pytest.mark.parametrize("clock", [[], [*host(4.0, at=-9.0), Stop(-7.0)], host(40.0, at=-9.0, first=())])
def test_without_a_running_clock_it_plays_in_free_time_or_waits(clock: list) -> None:
    plain = perform(played(*PHRASE), table()).improv
    events = together(clock, played(*PHRASE))
    assert perform(events, table(), sync="clock").improv == plain
    assert perform(events, table(), sync="clock", clock_absent="wait").improv == ()


def test_a_clock_that_is_not_asked_for_changes_nothing() -> None:
    events = together(host(16.0), [Stop(2.0)], played(*PHRASE))
    assert perform(events, table()).improv == perform(played(*PHRASE), table()).improv


@pytest.mark.parametrize("policy", ["free", "wait"])
def test_on_stop_all_goes_off_at_once_and_what_was_played_before_is_not_answered(policy: str) -> None:
    model = table()
    model.tables[DURATION] = {ENCODING.duration_bin(6.0): 1e6}
    clock = [event for event in host(60.0) if event.at < 3.0]
    stopped = together(clock, [Stop(3.0)], played(*PHRASE, [2.9, 40, 5.0]))
    said = {"sync": "clock", "clock_absent": policy, "memory": "off"}
    result = perform(together(clock, [Stop(3.0)], played(*PHRASE)), model, **said)
    assert onsets(result.improv) and max(onsets(result.improv)) < 3.0
    assert result.improv[-1] == NoteOff(3.0, 1, 67)
    assert not [at for at in onsets(perform(stopped, model, **said).improv) if at > 3.0]


def test_when_the_ticks_cease_all_goes_off() -> None:
    clock = [event for event in host(60.0) if event.at < 3.0]
    said = perform(together(clock, played(*PHRASE)), table(), sync="clock").improv
    last = clock[-1].at
    assert onsets(said) and max(onsets(said)) < last + 0.5
    assert said[-1].at <= last + 0.5 + 1e-9


waits = st.sampled_from([0.0, 1e-4, 1 / 48, 1 / 48, 0.05, 0.3, 0.7])
things = st.one_of(
    st.tuples(st.just("on"), st.integers(58, 64)),
    st.tuples(st.just("off"), st.integers(58, 64)),
    st.tuples(st.sampled_from([Tick, Start, Continue, Stop]), st.integers(1, 60)),
    st.tuples(st.just(SongPosition), st.integers(0, 100)),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(waits, things), max_size=40),
    st.lists(st.sampled_from([0.0, 0.001, 0.05, 1.0]), min_size=1),
    st.sampled_from(["free", "wait"]),
    st.sampled_from([{}, {"trade": 1}, {"offset_ms": 40.0, "input_offset_ms": 200.0}, {"input_offset_ms": -100.0}]),
    st.sampled_from(["answer", "accompany", "continue", "harmonize", "solo"]),
)
def test_whatever_player_and_clock_do_nothing_stays_sounding(steps, delays, policy, more, mode) -> None:
    """An engine that may be late: events pile up, turns come when they come."""
    said_so = Settings(sync="clock", clock_absent=policy, mode=mode, **more)
    one = Improviser(TableModel(), said_so, np.random.default_rng(0))
    scheduler, said = Scheduler(), []
    at = now = 0.0

    def turn() -> None:
        for command in one.turn(now):
            scheduler.apply(command, now)
            if isinstance(command, Cancel):
                assert command.release_by <= at + 0.1 + 1e-9 or command.release_by <= now
        for sent in scheduler.due(now):
            key = (sent.note.channel, sent.note.pitch)
            said.append(NoteOn(now, *key, 64) if sent.begins else NoteOff(now, *key))

    for index, (wait, (what, value)) in enumerate(steps):
        for _ in range(value if what is Tick else 1):
            at += wait
            ran = one.status().time == "clock"
            if what in ("on", "off"):
                one.hear(NoteOn(at, 0, value, 64) if what == "on" else NoteOff(at, 0, value))
            else:
                one.hear(SongPosition(at, value) if what is SongPosition else what(at))
            now = max(now, at + delays[index % len(delays)])
            turn()
            if what is Stop and ran and now == at:
                assert all(note.duration is not None for note in notes_in(said)), "on stop all goes off at once"
    at = now
    one.settle(replace(said_so, mode="answer"))  # others may play for ever
    turn()
    for _ in range(2000):
        moments = [moment for moment in (one.wake_at(), scheduler.next_deadline()) if moment is not None]
        if not moments:
            break
        now = max(now, min(moments))
        turn()
    assert scheduler.next_deadline() is None
    assert not one.status().answering
    assert all(note.duration is not None for note in notes_in(said))


def test_what_is_sent_early_sounds_in_time_and_is_heard_there() -> None:
    plain = perform(played(*PHRASE), table()).improv
    early = perform(played(*PHRASE), table(), offset_ms=30.0).improv
    assert [event.at for event in early] == pytest.approx([event.at - 0.03 for event in plain], abs=0.02)
    clock = together(host(64.0), played(*PHRASE))
    on_grid, before = (
        onsets(perform(clock, table(), sync="clock", trade=1, offset_ms=offset).improv) for offset in (0.0, 30.0)
    )
    assert np.array(on_grid) - np.array(before) == pytest.approx(0.03)


def test_the_player_is_placed_where_they_meant_to_play() -> None:
    """Struck a tenth of a second before it is heard."""
    one = core(input_offset_ms=100.0)
    one.hear(NoteOn(5.0, 0, 60, 64))
    assert [note.onset for note in one._stage.ears.recent] == [pytest.approx(4.9)]


def test_what_goes_with_its_beat_is_handed_out_when_a_turn_for_it_is_wanted() -> None:
    panel = Panel(Settings(sync="send", offset_ms=40.0))
    ears = Ears(Encoding(), panel)
    ears.time.lead(0.0)
    voice = Voice(ears, panel)
    for onset in np.linspace(0.3, 0.6, 97).tolist():
        voice.play([Note(onset, 60, 64, 0.1)])
        wanted = voice.wake_at()
        assert wanted is not None and voice.hand_out(wanted), "else it would be wanted for ever"
