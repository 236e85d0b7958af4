"""A MIDI clock followed: tempo, place in the bar, and what ends what was planned."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.events import ClockEvent
from improv.pulse import Pulse
from improv.transport import State, Transport
from tests.clockwork import Continue, SongPosition, Start, Stop, Tick, host, ramp, ticks


def follow(*parts: list[ClockEvent], bar: float = 4.0) -> Transport:
    transport = Transport(bar)
    for event in (event for part in parts for event in part):
        transport.hear(event)
    return transport


def pulse_of(transport: Transport) -> Pulse:
    pulse = transport.pulse()
    assert pulse is not None
    return pulse


def in_bar(transport: Transport, at: float, bar: float = 4.0) -> float:
    """Beats from the nearest bar line at a moment: 0 on it."""
    return (pulse_of(transport).beat_at(at) + bar / 2) % bar - bar / 2


def test_beats_and_seconds_are_one_line() -> None:
    pulse = Pulse(10.0, 8.0, 0.5, 3.0)
    assert (pulse.beat_at(11.0), pulse.seconds_at(10.0), pulse.bpm) == (10.0, 11.0, 120.0)
    assert [pulse.bar_line(beat) for beat in (8.5, 9.0, 9.0 + 1e-9, 9.1)] == [9.0, 9.0, 9.0, 12.0]


@pytest.mark.parametrize("bpm", [10.0, 40.0, 97.3, 120.0, 240.0, 1000.0])
def test_after_a_start_the_first_tick_is_the_first_beat(bpm: float) -> None:
    transport = follow(host(8.0, bpm))
    assert pulse_of(transport).bpm == pytest.approx(bpm, rel=1e-6)
    assert in_bar(transport, 8 * 60 / bpm) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_after_two_bars_with_jitter_the_tempo_is_within_a_thousandth_and_the_phase_within_a_millisecond(
    seed: int,
) -> None:
    pulse = pulse_of(follow(host(8.0, 123.4, jitter=0.001, seed=seed)))
    assert pulse.bpm == pytest.approx(123.4, rel=1e-3)
    assert pulse.seconds_at(8.0) == pytest.approx(8 * 60 / 123.4 + 0.0005, abs=0.0005)


@pytest.mark.parametrize("jitter", [0.0, 0.0005])
@pytest.mark.parametrize(("first", "last"), [(60.0, 180.0), (180.0, 60.0)])
def test_a_ramp_over_four_bars_is_followed_within_two_percent(first: float, last: float, jitter: float) -> None:
    tempo = ramp(first, last, 16.0)
    transport = Transport(4.0)
    events = host(24.0, tempo, jitter=jitter)
    meant = ticks(24.0, tempo)
    for number, event in enumerate(events[1:]):
        transport.hear(events[0]) if number == 0 else None
        transport.hear(event)
        if number > 48:
            pulse = pulse_of(transport)
            assert pulse.bpm == pytest.approx(tempo(number / 24), rel=0.02), number
            assert pulse.seconds_at(number / 24) == pytest.approx(meant[number], abs=0.002)


def test_a_ramp_by_time_is_followed_too() -> None:
    """Evenly in seconds: at its slow end twice as steep by the beat."""
    moments, at = [], 0.0
    while at < 8.0:
        moments.append(at)
        at += 60.0 / (60.0 + 15.0 * at) / 24
    transport = follow([Start(0.0)])
    for number, moment in enumerate(moments):
        transport.hear(Tick(moment))
        if number > 24:
            assert pulse_of(transport).bpm == pytest.approx(60.0 + 15.0 * moment, rel=0.02)


@pytest.mark.parametrize(
    ("before", "after"), [(120.0, 60.0), (60.0, 120.0), (120.0, 80.0), (90.0, 150.0), (120.0, 40.0)]
)
def test_a_sudden_tempo_is_taken_up_and_no_tick_is_counted_twice(before: float, after: float) -> None:
    transport = follow(host(8.0, before), host(8.0, after, 8 * 60 / before, first=()))
    assert pulse_of(transport).bpm == pytest.approx(after, rel=1e-6)
    assert in_bar(transport, 8 * 60 / before + 8 * 60 / after) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("bpm", [60.0, 120.0, 180.0])
@pytest.mark.parametrize("lost", [[1], [2], [30], [100], [30, 31], [30, 40, 60, 61, 62]])
def test_lost_ticks_are_noticed(bpm: float, lost: list[int]) -> None:
    transport = follow(host(8.0, bpm, jitter=0.001, lost=lost))
    assert in_bar(transport, 8 * 60 / bpm) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("late", [0.012, 0.020, 0.035, 0.060, 0.15, 0.25, 0.4])
def test_ticks_that_come_late_and_in_a_heap_are_not_lost(late: float) -> None:
    """As from a machine that stood still for a moment."""
    events = host(8.0)
    stalled = [Tick(max(event.at, 2.0 + late)) if 2.0 <= event.at < 2.0 + late else event for event in events]
    transport = follow(stalled)
    assert in_bar(transport, 4.0) == pytest.approx(0.0, abs=0.005)


def test_a_heap_of_ticks_is_no_tempo_and_what_follows_is() -> None:
    """As from a machine that stood still as the song began."""
    late = [Tick(0.2 + 1e-4 * number) for number in range(8)]
    transport = follow([Start(0.0)], late)
    assert transport.pulse() is None
    for at in ticks(8.0)[8:]:
        transport.hear(Tick(at + 0.04))
    assert pulse_of(transport).bpm == pytest.approx(120.0, rel=1e-3)
    assert pulse_of(transport).beat_at(4.04) == pytest.approx(8.0, abs=0.05)


def test_a_lost_first_tick_is_noticed_whether_or_not_the_clock_ticked_before() -> None:
    idle = [Tick(at) for at in ticks(2.0)]
    running = follow(idle, host(8.0, at=1.0, first=[Start(0.999)], lost=[0]))
    alone = follow(host(8.0, lost=[0]))
    assert in_bar(running, 5.0) == pytest.approx(0.0, abs=1e-6)
    assert in_bar(alone, 4.0) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_start_between_two_ticks_of_a_clock_that_goes_on_means_the_next_one(share: float) -> None:
    idle = [Tick(at) for at in ticks(2.0)]
    transport = follow(idle, host(8.0, at=1.0, first=[Start(1.0 - share / 48)]))
    assert in_bar(transport, 5.0) == pytest.approx(0.0, abs=1e-6)


def test_a_slower_start_after_idle_ticks_is_no_lost_tick() -> None:
    idle = [Tick(at) for at in ticks(2.0)]
    transport = follow(idle, host(8.0, 60.0, at=1.02, first=[Start(1.019)]))
    assert in_bar(transport, 1.02 + 8.0) == pytest.approx(0.0, abs=1e-6)


def test_ticks_without_a_start_are_a_tempo_and_no_place() -> None:
    transport = follow(host(8.0, first=()))
    assert transport.pulse() is None
    assert transport.state == State.STOPPED
    transport.hear(Start(4.0))
    transport.hear(Tick(4.0))
    assert pulse_of(transport).bpm == pytest.approx(120.0), "known at the first tick"
    assert in_bar(transport, 4.0) == pytest.approx(0.0, abs=1e-6)


def test_continue_without_a_start_is_the_beginning() -> None:
    assert in_bar(follow(host(8.0, first=[Continue(0.0)])), 4.0) == pytest.approx(0.0, abs=1e-6)


def test_continue_goes_on_where_the_song_stopped() -> None:
    stopped = [*host(5.0), Stop(2.5), *(Tick(at) for at in ticks(3.0, at=2.5))]
    transport = follow(stopped, host(5.0, at=4.0, first=[Continue(4.0)]))
    assert in_bar(transport, 4.0 + 3 * 0.5) == pytest.approx(0.0, abs=1e-6), "three beats of that bar were left"


def test_a_start_at_a_position_is_in_its_bar() -> None:
    """Nine sixteenths into the song is two beats and a quarter into the first bar."""
    transport = follow(host(8.0, first=[SongPosition(0.0, 9), Continue(0.0)]))
    assert in_bar(transport, 1.75 * 0.5) == pytest.approx(0.0, abs=1e-6)
    waltz = follow(host(8.0, first=[SongPosition(0.0, 9), Continue(0.0)]), bar=3.0)
    assert in_bar(waltz, 0.75 * 0.5, bar=3.0) == pytest.approx(0.0, abs=1e-6)


def test_what_was_planned_ends_with_stop_start_and_jumps_but_not_where_the_bar_goes_on() -> None:
    transport = Transport(4.0)
    assert transport.hear(Start(0.0)), "what was planned in free time"
    assert not any(transport.hear(event) for event in host(8.0, first=()))
    for same in (SongPosition(4.0, 0), SongPosition(4.0, 16), SongPosition(4.0, 1600), Start(4.0), Continue(4.0)):
        assert not transport.hear(same), "another bar, the same place in it"
    transport.hear(Tick(4.0))
    assert in_bar(transport, 4.0) == pytest.approx(0.0, abs=1e-6)
    assert not transport.hear(SongPosition(4.01, 0)), "a tick late is no jump"
    assert transport.hear(SongPosition(4.01, 8))
    assert transport.pulse() is None, "until the tick that this means"
    transport.hear(Tick(4.0 + 1 / 48))
    assert in_bar(transport, 4.0 + 1 / 48 + 1.0) == pytest.approx(0.0, abs=1e-6), "two beats on"
    assert transport.hear(Stop(4.1))
    assert not transport.hear(Stop(4.2))
    assert not transport.hear(SongPosition(4.2, 3))
    assert transport.hear(Continue(4.3))


def test_a_loop_by_stop_position_and_continue_goes_on_in_its_bar() -> None:
    events = [*host(8.0), Stop(3.99), SongPosition(3.99, 16), Continue(3.995), *host(8.0, at=4.0, first=())]
    transport = follow(events)
    assert in_bar(transport, 8.0) == pytest.approx(0.0, abs=1e-6)
    assert pulse_of(transport).beat_at(8.0) == pytest.approx(16.0), "beats only go on"


def test_a_start_in_mid_song_and_a_jump_as_jack_midi_clock_says_them() -> None:
    """The sixteenth to come, the ticks up to it, and a continue (23 sixteenths: a beat and three quarters of a bar)."""

    def rolling(at: float, sixteenths: int, said: int) -> list[ClockEvent]:
        early = ticks(said / 24, 140.0, at)
        come = at + said * 60 / 140 / 24
        position = [SongPosition(at - 0.1, sixteenths), SongPosition(at, sixteenths)]
        return [*position, *map(Tick, early), *host(8.0, 140.0, come, first=[Continue(come - 0.003)])]

    started = rolling(1.0, 23, 5)
    transport = follow(started)
    begun = 1.0 + 5 * 60 / 140 / 24
    assert in_bar(transport, begun) == pytest.approx(1.75, abs=1e-6)
    stop = started[-1].at + 0.005
    transport = follow(started, [Stop(stop), SongPosition(stop, 60)], rolling(stop + 0.5, 10, 5))
    assert in_bar(transport, stop + 0.5 + 5 * 60 / 140 / 24) == pytest.approx(2.5 - 4.0, abs=1e-6)


def test_a_jump_that_is_a_stop_and_a_continue_at_once_goes_on_with_the_bar() -> None:
    """jack_midi_clock's where nobody counts bars: it says no position, and ticks on."""
    events = [*host(2.5), Stop(1.25), Continue(1.25), *host(8.0, at=1.25, first=())]
    transport, news = Transport(4.0), []
    for event in events:
        news += [event] if transport.hear(event) else []
    assert news == [events[0], Stop(1.25), Continue(1.25)], "what was planned ends"
    assert in_bar(transport, 2.0) == pytest.approx(0.0, abs=1e-6)


def test_a_clock_that_falls_silent_is_absent_and_its_place_is_kept_for_a_moment() -> None:
    transport = follow(host(8.0))
    assert transport.wake_at() == pytest.approx(4.0 - 1 / 48 + 0.5)
    assert not transport.look(4.4)
    assert transport.look(4.5)
    assert not transport.look(4.6) and transport.wake_at() is None
    assert (transport.pulse(), transport.state) == (None, State.NONE)
    assert transport.hear(Tick(5.0)), "what was planned in free time"
    assert transport.state == State.RUNNING
    assert in_bar(transport, 6.0) == pytest.approx(0.0, abs=1e-3)


def test_after_a_long_silence_the_place_is_lost_until_the_next_start() -> None:
    transport = follow(host(8.0))
    transport.look(4.5)
    for event in host(8.0, at=9.1, first=()):
        transport.hear(event)
    assert transport.pulse() is None
    assert transport.state == State.STOPPED
    for event in host(8.0, at=13.1):
        transport.hear(event)
    assert in_bar(transport, 13.1) == pytest.approx(0.0, abs=1e-6)


def test_a_start_without_ticks_is_no_clock_and_late_ticks_are_the_beginning() -> None:
    transport = follow([Start(0.0)])
    assert transport.look(0.5)
    assert transport.state == State.NONE
    for event in host(8.0, at=3.1, first=()):
        transport.hear(event)
    assert in_bar(transport, 3.1) == pytest.approx(0.0, abs=1e-6)


anything = st.tuples(
    st.sampled_from([0.0, 1e-4, 0.002, 0.02, 0.021, 0.04, 0.3, 0.6, 3.0]),
    st.sampled_from([Tick, Tick, Tick, Tick, Start, Continue, Stop, SongPosition]),
    st.integers(0, 16383),
    st.integers(1, 60),
)


@settings(deadline=None)
@given(st.lists(anything, max_size=30), st.sampled_from([4.0, 3.0, 0.125, 3.5, 32.0]))
def test_whatever_a_clock_has_said_the_next_start_is_a_bar_line(steps, bar: float) -> None:
    transport = Transport(bar)
    at = 0.0
    for wait, kind, sixteenths, times in steps:
        for _ in range(times if kind is Tick else 1):
            at += wait
            transport.look(at)
            transport.hear(SongPosition(at, sixteenths) if kind is SongPosition else kind(at))
            pulse = transport.pulse()
            if pulse is not None:
                assert pulse.period > 0 and math.isfinite(pulse.seconds_at(0.0))
    transport.hear(Stop(at))
    for event in host(8.0, at=at + 5.0):
        transport.hear(event)
    assert in_bar(transport, at + 5.0, bar) == pytest.approx(0.0, abs=1e-6)
    assert pulse_of(transport).bpm == pytest.approx(120.0)
