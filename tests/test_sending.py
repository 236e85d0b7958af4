"""The clock that improv leads: steady ticks, a tempo that is set or tapped, and trading by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.conductor import START, STOP, TICK, Conductor
from improv.events import Gesture, Move, NoteOn, Turned
from improv.improviser import Improviser
from improv.leading import Leader
from improv.panel import Panel
from improv.plan import Conduct
from improv.settings import Settings
from improv.tapping import Taps
from tests.score import perform, played
from tests.test_answer import PHRASE, onsets, table


def sent(conductor: Conductor, until: float) -> list[tuple[float, bytes]]:
    """What leaves up to a moment, each at its deadline."""
    found = []
    while (at := conductor.next_deadline()) is not None and at < until:
        found += [(at, data) for data in conductor.due(at)]
    return found


def test_start_comes_first_then_24_ticks_a_beat_each_on_its_own_deadline_and_stop_last() -> None:
    conductor = Conductor()
    assert conductor.next_deadline() is None
    conductor.obey(Conduct(1.0, 0.0, 0.5, 4.0), 0.9)
    assert conductor.due(0.9) == [START]
    ticks = sent(conductor, 2.0 - 1e-6)
    assert [data for _, data in ticks] == [TICK] * 48
    assert np.array([at for at, _ in ticks]) == pytest.approx(1.0 + np.arange(48) / 48, abs=1e-9)
    conductor.obey(Conduct(0.0, 0.0, 0.0, 4.0), 2.0)
    assert conductor.due(2.0) == [STOP]
    assert (conductor.next_deadline(), conductor.due(9.0), conductor.conducts) == (None, [], False)


def test_another_tempo_goes_on_with_the_next_tick() -> None:
    conductor = Conductor()
    conductor.obey(Conduct(0.0, 0.0, 0.5, 4.0), -0.05)
    first = sent(conductor, 1.0 - 1e-6)
    conductor.obey(Conduct(1.0, 2.0, 1.0, 4.0), 1.0)
    then = sent(conductor, 2.0 - 1e-6)
    assert (len(first), len(then)) == (49, 24), "48 and the start"
    assert then[0][0] == pytest.approx(1.0)


@given(st.lists(st.floats(0.0, 0.7), max_size=30))
def test_however_late_it_is_asked_no_tick_is_lost(waits: list[float]) -> None:
    conductor, at, count = Conductor(), 0.0, 0
    conductor.obey(Conduct(0.0, 0.0, 0.5, 4.0), -0.05)
    for wait in waits:
        at += wait
        count += conductor.due(at).count(TICK)
        assert count == int(at * 48 + 1e-6) + 1


def test_who_comes_late_is_started_at_the_next_bar_line() -> None:
    conductor = Conductor()
    conductor.obey(Conduct(0.0, 0.0, 0.5, 4.0), 3.1)
    assert conductor.due(3.1) == [START]
    assert conductor.next_deadline() == 4.0
    sent(conductor, 5.0)
    conductor.begin_again(5.0)
    assert conductor.due(5.0) == [START]
    assert conductor.next_deadline() == 6.0


def test_after_a_long_standstill_whole_bars_are_left_out() -> None:
    conductor = Conductor()
    conductor.obey(Conduct(0.0, 0.0, 0.5, 3.0), -0.05)
    conductor.due(0.0)
    ticks = len(conductor.due(600.0))
    assert ticks < 72
    assert (1 + ticks - (600 * 48 + 1)) % 72 == 0


def test_three_taps_make_a_tempo_and_uneven_ones_are_evened_out() -> None:
    taps = Taps()
    assert [taps.tap(at) for at in (0.0, 0.5)] == [None, None]
    assert taps.tap(1.0) == pytest.approx(0.5)
    late = np.random.default_rng(0).normal(0.0, 0.01, 16)
    found = [taps.tap(1.5 + 0.5 * index + error) for index, error in enumerate(late.tolist())]
    assert found[-1] == pytest.approx(0.5, rel=0.02)


def test_a_pause_or_another_tempo_begins_anew() -> None:
    taps = Taps()
    for at in (0.0, 0.5, 1.0, 1.5):
        taps.tap(at)
    assert taps.tap(1.8) is None, "much sooner: a new tempo"
    assert taps.tap(2.1) == pytest.approx(0.3)
    assert taps.tap(9.0) is None


def test_the_line_that_is_led_goes_on_where_the_tempo_changes() -> None:
    panel = Panel(Settings(sync="send", tempo=120.0))
    leader = Leader(panel)
    assert leader.look(10.0) == [Conduct(10.05, 0.0, 0.5, 4.0)]
    assert leader.look(11.0) == []
    panel.settings = Settings(sync="send", tempo=60.0)
    (command,) = leader.look(11.05)
    assert (command.at, command.beat, command.period) == (11.05, pytest.approx(2.0), 1.0)
    for at in (13.0, 13.4, 13.8):
        leader.tap(at)
    (command,) = leader.look(13.8)
    assert (command.at, command.beat, command.period) == (13.8, 5.0, pytest.approx(0.4))
    assert panel.settings.tempo == pytest.approx(150.0), "what is tapped is set"
    assert leader.look(14.0) == []
    panel.settings = replace(panel.settings, meter=(3, 4))
    (command,) = leader.look(14.2)
    assert (command.beat, command.bar) == (pytest.approx(6.0), 3.0)


def test_the_core_sends_a_clock_says_so_and_plays_by_it() -> None:
    core = Improviser(table(), Settings(sync="send", tempo=90.0), np.random.default_rng(0))
    assert core.wake_at() == float("-inf")
    assert core.turn(0.0) == [Conduct(0.05, 0.0, 60.0 / 90.0, 4.0)]
    assert (core.status().time, core.status().tempo) == ("clock sent", pytest.approx(90.0))
    for at in (1.0, 1.5, 2.0):
        core.hear(Gesture(at, Move.TAP))
    core.turn(2.0)
    assert core.status().tempo == pytest.approx(120.0)


def test_in_free_time_three_taps_are_a_bar_that_has_begun_and_whose_time_it_is_can_be_turned() -> None:
    core = Improviser(table(), Settings(), np.random.default_rng(0))
    for at in (1.0, 1.5):
        core.hear(Gesture(at, Move.TAP))
    assert core.turn(1.5) == [] and core.pulse is None
    core.hear(Gesture(2.0, Move.TAP))
    (command,) = core.turn(2.0)
    assert command == Conduct(2.0, 2.0, pytest.approx(0.5), 4.0), "the first tap was the one"
    assert (core.settings.sync, core.settings.tempo) == ("send", pytest.approx(120.0))
    core.hear(Turned(3.0, "sync", "free"))
    assert core.wake_at() == float("-inf")
    assert [command.period for command in core.turn(3.0) if isinstance(command, Conduct)] == [0.0], "it stops"
    assert core.pulse is None and core.status().time == ""
    core.hear(Turned(4.0, "sync", "clock"))
    for at in (4.0, 4.5, 5.0):
        core.hear(Gesture(at, Move.TAP))
        core.turn(at)
    assert core.settings.sync == "clock" and core.pulse is None, "the tempo is the clock's"


def test_trading_by_its_own_clock() -> None:
    """The first bar begins at 0.05, so the second, in which it answers, at 2.05."""
    phrase = [[0.25 + onset, pitch, length] for onset, pitch, length in PHRASE]
    said = perform(played(*phrase), table(), sync="send", trade=1, memory="off").improv
    assert onsets(said) == pytest.approx(2.05 + 0.25 * np.arange(8))
    assert max(event.at for event in said) == pytest.approx(4.05)
    assert isinstance(said[0], NoteOn)
