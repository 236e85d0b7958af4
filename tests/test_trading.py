"""Trading bars, as scores: 120 beats a minute, so a bar of four is two seconds and begins at every even one."""

from __future__ import annotations

import numpy as np
import pytest

from improv.encoding import DURATION, IOI, Encoding
from improv.events import NoteOff, NoteOn
from improv.pulse import Pulse
from improv.trading import Trading
from tests.clockwork import Stop, host, ramp, ticks
from tests.score import perform, played, together, transcript
from tests.test_answer import PHRASE, onsets, table

ENCODING = Encoding()


def traded(*lines: list, clock: list | None = None, bars: int = 1, seed: int = 1, **more) -> list:
    """What improv answers to these lines beside a clock that starts at 0."""
    clock = host(64.0) if clock is None else clock
    settings = {"sync": "clock", "trade": bars, **more}
    return [*perform(together(clock, played(*lines)), table(), seed, **settings).improv]


def later(seconds: float) -> list[list]:
    return [[onset + seconds, pitch, length] for onset, pitch, length in PHRASE]


def test_one_bar_each_by_the_clock() -> None:
    assert transcript(traded(*PHRASE, memory="off")) == [
        [2.0, "note_on", 1, 67, 65],
        [2.125, "note_off", 1, 67],
        [2.25, "note_on", 1, 67, 65],
        [2.375, "note_off", 1, 67],
        [2.5, "note_on", 1, 67, 65],
        [2.625, "note_off", 1, 67],
        [2.75, "note_on", 1, 67, 65],
        [2.875, "note_off", 1, 67],
        [3.0, "note_on", 1, 67, 65],
        [3.125, "note_off", 1, 67],
        [3.25, "note_on", 1, 67, 65],
        [3.375, "note_off", 1, 67],
        [3.5, "note_on", 1, 67, 65],
        [3.625, "note_off", 1, 67],
        [3.75, "note_on", 1, 67, 65],
        [4.0, "note_off", 1, 67],
    ]


def bars_of(events: list) -> list[int]:
    """In which bars notes begin."""
    return sorted({int(round(at, 6) // 2) for at in onsets(events)})


def test_it_goes_round_and_waits_for_who_has_not_played() -> None:
    assert bars_of(traded(*PHRASE, *later(4.0))) == [1, 3]
    assert bars_of(traded(*PHRASE, *later(9.0))) == [1, 5], "the phrase from 9 on is of bar 4"
    assert bars_of(traded(*PHRASE, [4.0, 60, 0.25])) == [1], "one note is no turn"
    assert bars_of(traded(*PHRASE, *later(4.5), bars=2)) == [2, 3], "four seconds each: 0 to 4, 4 to 8"


def test_a_pickup_belongs_to_the_bar_it_leads_to() -> None:
    assert bars_of(traded(*later(1.75))) == [2]
    assert bars_of(traded(*later(1.25))) == [1], "earlier than a beat before the bar it is no pickup"


def test_who_plays_on_up_to_the_bar_line_and_beyond_it_is_answered_on_it_all_the_same() -> None:
    long = [[0.25 * index, 60 + index % 5, 0.25] for index in range(13)]  # to 3.0
    said = traded(*long)
    assert onsets(said)[0] == pytest.approx(2.0)
    assert bars_of(said) == [1]


def test_nothing_sounds_beyond_its_bars() -> None:
    model = table()
    model.tables[DURATION] = {ENCODING.duration_bin(6.0): 1e6}
    model.tables[IOI] = {ENCODING.ioi_bin(0.7): 1e6}
    events = together(host(64.0), played(*PHRASE))
    said = perform(events, model, sync="clock", trade=1, memory="off").improv
    assert max(event.at for event in said) == pytest.approx(4.0)
    assert isinstance(said[-1], NoteOff)


def test_a_stop_ends_it_at_once_and_the_next_turn_begins_anew() -> None:
    clock = [event for event in host(64.0) if event.at < 2.6]
    again = host(32.0, at=10.0)
    said = traded(*PHRASE, *later(10.0), clock=together(clock, [Stop(2.6)], again))
    first = [event for event in said if event.at < 10.0]
    assert max(event.at for event in first) <= 2.6
    assert bars_of([event for event in said if event.at > 10.0]) == [6]


def test_without_a_clock_it_answers_as_ever() -> None:
    plain = perform(played(*PHRASE), table()).improv
    assert perform(played(*PHRASE), table(), trade=4).improv == plain
    stopped = perform(played(*PHRASE), table(), trade=4, sync="clock")
    assert stopped.improv == plain
    assert stopped.status.time == "no clock, free time, not trading"


@pytest.mark.parametrize(("beat", "line"), [(0.0, 0.0), (2.9, 0.0), (3.0, 4.0), (3.9, 4.0), (4.1, 4.0), (8.0, 8.0)])
def test_the_bar_in_which_a_turn_begins(beat: float, line: float) -> None:
    pulse, trading = Pulse(0.0, 0.0, 0.5), Trading()
    assert trading.entry(pulse, 4, 1) is None
    trading.heard(beat, pulse, 4)
    assert trading.entry(pulse, 4, 1) == line + 16.0
    assert trading.entry(pulse, 4, 2) is None
    trading.answered(line + 16.0, pulse, 4)
    assert trading.entry(pulse, 4, 1) is None
    trading.heard(line + 20.0, pulse, 4)
    assert trading.entry(pulse, 4, 1) is None, "that was in improv's bars"
    trading.heard(line + 31.0, pulse, 4)
    assert trading.entry(pulse, 4, 1) == line + 48.0


def test_a_ramp_while_it_plays_leaves_its_notes_on_the_beat() -> None:
    """From 60 to 180 in the four bars that improv plays in."""
    tempo = ramp(60.0, 180.0, 16.0)
    clock = host(64.0, lambda beat: 60.0 if beat < 16.0 else tempo(beat - 16.0))
    moments = np.array(ticks(64.0, lambda beat: 60.0 if beat < 16.0 else tempo(beat - 16.0)))
    phrase = [[4.0 * onset, pitch, length] for onset, pitch, length in PHRASE]
    said = traded(*phrase, clock=clock, bars=4, grid="16")
    beats = np.interp([event.at for event in said if isinstance(event, NoteOn)], moments, np.arange(len(moments)) / 24)
    assert beats[0] == pytest.approx(16.0, abs=0.01)
    assert 30.0 < beats[-1] < 32.0
    assert np.abs(beats * 4 - (beats * 4).round()).max() / 4 < 0.02
    assert np.interp(said[-1].at, moments, np.arange(len(moments)) / 24) == pytest.approx(32.0, abs=0.05)
