"""What a port may say that no musician means, one kind at a time: improv goes on, and leaves nothing sounding.

All of it through the port process's loop, the pipe and the engine (tests/rehearsal.py). A flood on real ports:
tests/live/test_playing.py; a minute of one: `python -m tests.bench.flood`.
"""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.midi import control_change, note_off, note_on
from tests.day import LONGEST
from tests.rehearsal import Rehearsal, Said

#: An answer begins after so many seconds of silence at most, and is over so many later.
ANSWERED, OVER = 4.0, 20.0
HOLD_LIMIT = 4.0
#: Modes in which improv plays because, and as long as, the player does.
REACTING = ("answer", "accompany", "harmonize")


def phrase(at: float, step: float = 0.25) -> list[Said]:
    """Six notes of 0.2 s, each `step` after the other."""
    keys = [(at + number * step, pitch) for number, pitch in enumerate((60, 62, 64, 65, 67, 72))]
    return [said for on, key in keys for said in ((on, note_on(0, key, 64)), (on + 0.2, note_off(0, key)))]


def all_let_go(at: float) -> list[Said]:
    """Every key and pedal comes up."""
    keys = [(at, note_off(channel, pitch)) for channel in range(16) for pitch in range(128)]
    return [*keys, *((at, control_change(channel, 64, 0)) for channel in range(16))]


def answers(rehearsal: Rehearsal, at: float) -> None:
    """A phrase from `at` on is answered, and then all is quiet."""
    rehearsal.play(phrase(at), until=at + ANSWERED + OVER)
    assert rehearsal.begun(at), "it plays on"
    assert not rehearsal.sounding


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0.0, 0.5), st.binary(min_size=1, max_size=64)), max_size=60),
    st.sampled_from(REACTING),
    st.booleans(),
)
def test_any_bytes_at_all(pieces: list[tuple[float, bytes]], mode: str, thru: bool) -> None:
    with Rehearsal(mode=mode, thru=thru) as rehearsal:
        at, noise = 1.0, []
        for wait, data in pieces:
            at += wait
            noise.append((at, data))
        rehearsal.play([*noise, *all_let_go(at + 1.0)], until=at + LONGEST)
        answers(rehearsal, at + LONGEST)


@pytest.mark.parametrize("mode", REACTING)
def test_all_128_keys_held(mode: str) -> None:
    """They are music while they are new; a minute later they have long been given up."""
    with Rehearsal(mode=mode) as rehearsal:
        rehearsal.play([(1.0, note_on(0, pitch, 64)) for pitch in range(128)], until=1.0 + LONGEST)
        assert rehearsal.begun(1.0), "what is held too long counts as silence, and is answered"
        rehearsal.play([(1.0 + LONGEST, note_on(0, pitch, 64)) for pitch in range(128)], until=1.5 + LONGEST)
        rehearsal.play(all_let_go(rehearsal.now), until=2.0 + LONGEST + OVER)
        answers(rehearsal, rehearsal.now)


@pytest.mark.parametrize("mode", REACTING)
def test_a_key_that_is_never_let_go(mode: str) -> None:
    """The phrase it was struck in is answered once nothing new has come for the hold limit; those after 8 s as ever."""
    answers_at = []
    for stuck in ([], [(1.0, note_on(0, 48, 64))]):
        with Rehearsal(mode=mode) as rehearsal:
            rehearsal.play([*stuck, *phrase(1.25), *phrase(20.0), *phrase(40.0)], until=40.0 + OVER)
            answers_at.append([rehearsal.begun(since)[0][0] for since in (1.0, 20.0, 40.0)])
            assert not rehearsal.sounding
    well, ill = answers_at
    # Beside a key that sounds on it accompanies with other notes, but comes in while the phrase lasts or soon after.
    assert ill[1:] == pytest.approx(well[1:], abs=2.0 if mode == "accompany" else 0.5)
    if mode == "answer":
        last = 1.25 + 5 * 0.25
        assert last + HOLD_LIMIT <= ill[0] <= last + HOLD_LIMIT + ANSWERED


@pytest.mark.parametrize("mode", REACTING)
def test_note_offs_without_note_ons_change_nothing(mode: str) -> None:
    """The same notes come as without them."""
    offs = [(0.5 + number / 64, note_off(number % 16, number * 37 % 60)) for number in range(512)]
    told = []
    for stray in ([], offs):
        with Rehearsal(mode=mode, thru=True) as rehearsal:
            rehearsal.play([*phrase(1.0), *stray], until=1.0 + ANSWERED + OVER)
            told.append([data for _, data in rehearsal.begun()])
            assert not rehearsal.sounding
    assert told[0] == told[1] != []


def test_a_keyboard_whose_active_sensing_drops_out_lets_go_of_what_it_held() -> None:
    """It is answered as if the keys had come up then, and heard again when it is back."""
    with Rehearsal() as rehearsal:
        sensing = [(0.3 * number, b"\xfe") for number in range(14)]  # until 3.9
        held = [(2.75, note_on(0, 60, 64)), (2.75, note_on(0, 64, 64)), (2.75, control_change(0, 64, 127))]
        rehearsal.play([*sensing, *phrase(1.0), *held], until=30.0)
        first = rehearsal.begun()[0][0]
        assert 3.9 + 0.33 < first < 2.75 + HOLD_LIMIT, "sooner than where the keys had stayed down"
        answers(rehearsal, 30.0)


@pytest.mark.parametrize(("bpm", "seconds"), [(10.0, 60.0), (1000.0, 5.0)])
@pytest.mark.parametrize("mode", REACTING)
def test_a_clock_far_from_any_music(bpm: float, seconds: float, mode: str) -> None:
    """improv plays under it, goes silent when it stops, and plays in free time after that."""
    tick, end = 60.0 / bpm / 24, 1.0 + seconds
    ticks = [(1.0 + number * tick, b"\xf8") for number in range(int(seconds / tick))]
    with Rehearsal(mode=mode, sync="clock") as rehearsal:
        rehearsal.play([(1.0, b"\xfa"), *ticks, *phrase(1.5), (end, b"\xfc")], until=end + 1.0)
        assert rehearsal.begun()
        assert not rehearsal.sounding, "it stopped with the clock"
        answers(rehearsal, end + 10.0)


@pytest.mark.parametrize("mode", REACTING)
def test_a_flood(mode: str) -> None:
    """5,000 messages a second, half a millisecond of work for each key: what is heard is never old, and then new."""
    chance = random.Random(0)
    flood = [(1.0 + number / 5000, _message(chance)) for number in range(7000)]
    over = flood[-1][0]
    with Rehearsal(mode=mode, cost=0.0005) as rehearsal:
        rehearsal.play(flood[:3500], until=1.7)
        before = sys.getallocatedblocks()
        rehearsal.play(flood[3500:], until=over + 1.0)
        assert sys.getallocatedblocks() < 1.3 * before, "no backlog piles up"
        assert max(late for _, late in rehearsal.late) < 0.25
        rehearsal.play([(over + 1.0, note_on(0, 60, 64)), *all_let_go(over + 1.5)], until=over + LONGEST)
        assert all(late < 0.02 for at, late in rehearsal.late if at == over + 1.0)
        answers(rehearsal, over + LONGEST)


def _message(chance: random.Random) -> bytes:
    channel, pitch = chance.randrange(16), chance.randrange(128)
    return note_off(channel, pitch) if chance.random() < 1 / 3 else note_on(channel, pitch, chance.randint(1, 127))
