"""What of all that comes in is the player's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.events import ControlChange, NoteOff, NoteOn
from improv.hands import Hands, Hearing
from improv.keynames import read_pitch, read_split
from improv.listener import Listener
from improv.zones import LOWER, UPPER, Zones


def on(pitch: int, channel: int = 0, at: float = 0.0) -> NoteOn:
    return NoteOn(at, channel, pitch, 64)


def off(pitch: int, channel: int = 0, at: float = 0.0) -> NoteOff:
    return NoteOff(at, channel, pitch)


def pedal(value: int, channel: int = 0) -> ControlChange:
    return ControlChange(0.0, channel, 64, value)


def configure(members: int, master: int = LOWER) -> list[ControlChange]:
    """The configuration message of an MPE zone."""
    return [ControlChange(0.0, master, control, value) for control, value in ((101, 0), (100, 6), (6, members))]


def said(hands: Hands, *events: object, port: int = 0) -> list[object]:
    return [one for event in events for one in hands.hear(event, port)]


def test_one_keyboard_passes_as_it_is():
    events = [on(60), pedal(127), off(60), ControlChange(0.0, 0, 1, 17), pedal(0)]
    assert said(Hands(), *events) == events


def test_a_key_that_two_inputs_hold_comes_up_with_the_last_of_them():
    hands = Hands()
    assert said(hands, on(60), port=0) + said(hands, on(60), port=1) == [on(60), on(60)]
    assert said(hands, off(60), port=0) == []
    assert said(hands, off(60), port=1) == [off(60)]
    assert said(hands, off(60), port=1) == []


def test_a_pedal_that_two_inputs_hold_comes_up_with_the_last_of_them():
    hands = Hands()
    assert said(hands, pedal(127), port=0) + said(hands, pedal(100), port=1) == [pedal(127), pedal(100)]
    assert said(hands, pedal(0), port=1) == []
    assert said(hands, pedal(0), port=0) == [pedal(0)]


def test_all_notes_off_of_one_input_leaves_the_other_s_keys_down():
    hands = Hands()
    said(hands, on(60), on(64), port=0)
    said(hands, on(60), port=1)
    assert said(hands, ControlChange(1.0, 0, 123, 0), port=0) == [off(64, at=1.0)]
    assert said(hands, off(60), port=1) == [off(60)]


def test_a_reset_of_all_controllers_lifts_the_pedal():
    hands = Hands()
    assert said(hands, pedal(127), ControlChange(1.0, 0, 121, 0)) == [pedal(127), ControlChange(1.0, 0, 64, 0)]


def test_of_a_split_keyboard_one_side_is_heard():
    hands = Hands(Hearing(None, *read_split("C4:above")))
    assert said(hands, on(59), on(60), off(59), off(60)) == [on(60), off(60)]


def test_a_key_that_went_down_comes_up_whatever_is_chosen_meanwhile():
    hands = Hands()
    said(hands, on(40), pedal(127))
    hands.hearing = (Hearing(3, *read_split("C4:above")),)
    assert said(hands, on(41), off(41)) == []
    assert said(hands, off(40), pedal(0)) == [off(40), pedal(0)]


def test_channel_10_is_left_alone_unless_it_is_chosen():
    assert said(Hands(), on(36, 9), off(36, 9), pedal(127, 9)) == []
    assert said(Hands(Hearing(9)), on(36, 9), off(36, 9), on(60, 0)) == [on(36, 9), off(36, 9)]
    assert said(Hands(Hearing(0)), on(60, 0), on(60, 1)) == [on(60, 0)]


def test_each_channel_may_have_its_own_side_of_the_split():
    hands = Hands(Hearing(0, *read_split("C4:above")), Hearing(1, *read_split("C4:below")))
    layered = [on(pitch, channel) for pitch in (59, 60) for channel in (0, 1, 2)]
    assert said(hands, *layered) == [on(59, 1), on(60, 0)]
    assert said(hands, off(59, 0), off(59, 1), off(60, 0)) == [off(59, 1), off(60, 0)]
    assert said(hands, pedal(127, 0), pedal(127, 2), pedal(0, 0)) == [pedal(127, 0), pedal(0, 0)]


def test_a_channel_that_is_heard_no_more_lets_go_of_its_keys():
    hands = Hands(Hearing(0), Hearing(1))
    said(hands, on(60, 0), on(62, 1), pedal(127, 1))
    hands.hearing = (Hearing(0),)
    assert said(hands, on(64, 1), off(64, 1)) == []
    assert said(hands, off(62, 1), pedal(0, 1), off(60, 0)) == [off(62, 1), pedal(0, 1), off(60, 0)]


def test_controllers_of_any_channel_pass():
    knob = ControlChange(0.0, 9, 20, 64)
    assert said(Hands(Hearing(0)), knob) == [knob]


# MPE.


def test_the_members_of_a_zone_are_one_player():
    hands = Hands()
    said(hands, *configure(15))
    assert said(hands, on(60, 1), on(64, 2), on(67, 9)) == [on(60), on(64), on(67)]
    assert said(hands, off(64, 2), pedal(127, 0), pedal(0, 0)) == [off(64), pedal(127), pedal(0)]
    assert said(hands, off(67, 9), off(60, 1)) == [off(67), off(60)]


def test_two_fingers_on_one_pitch_are_two_members_and_the_last_lets_go():
    hands = Hands()
    said(hands, *configure(5))
    assert said(hands, on(60, 1), on(60, 2), off(60, 1), off(60, 2)) == [on(60), on(60), off(60)]


def test_a_zone_is_chosen_by_its_master_s_channel():
    hands = Hands(Hearing(15))
    said(hands, *configure(4, UPPER), *configure(4))
    assert said(hands, on(60, 1), on(62, 11), on(64, 10), on(65, 15)) == [on(62, 15), on(65, 15)]


def test_a_message_to_a_zone_s_master_ends_all_its_notes():
    hands = Hands()
    said(hands, *configure(5), on(60, 1), on(64, 5), on(67, 6))
    assert said(hands, ControlChange(1.0, 0, 123, 0)) == [off(60, at=1.0), off(64, at=1.0)]


def test_a_zone_that_ends_lets_its_keys_come_up():
    hands = Hands()
    said(hands, *configure(5), on(60, 3), *configure(0))
    assert said(hands, off(60, 3), on(62, 3)) == [off(60), on(62, 3)]


def masters(*messages: ControlChange) -> list[int]:
    zones = Zones()
    for message in messages:
        zones.hear(message)
    return [zones.master(channel) for channel in range(16)]


def test_zones_do_not_overlap_and_the_last_takes_what_it_needs():
    apart = list(range(16))
    assert masters() == masters(*configure(3), *configure(0)) == apart
    assert masters(*configure(3)) == [0, 0, 0, 0, *range(4, 16)]
    assert masters(*configure(3, UPPER)) == [*range(12), 15, 15, 15, 15]
    assert masters(*configure(10), *configure(7, UPPER)) == [0] * 8 + [15] * 8
    assert masters(*configure(7, UPPER), *configure(15)) == [0] * 16


def test_only_the_configuration_configures():
    other = [ControlChange(0.0, 0, control, value) for control, value in ((101, 0), (100, 0), (6, 12))]
    nrpn = [*configure(0)[:2], ControlChange(0.0, 0, 99, 0), ControlChange(0.0, 0, 6, 5)]
    elsewhere = [ControlChange(0.0, 3, control, value) for control, value in ((101, 0), (100, 6), (6, 5))]
    assert masters(*other) == masters(*nrpn) == masters(*elsewhere) == list(range(16))
    assert Zones().master(5) == 5


# Whatever is done on whatever inputs, and chosen meanwhile: when all is let go, nothing is heard to be down.

WORDS = st.tuples(
    st.integers(0, 1),
    st.one_of(
        st.builds(on, st.integers(58, 62), st.integers(0, 3)),
        st.builds(off, st.integers(58, 62), st.integers(0, 3)),
        st.builds(pedal, st.sampled_from([0, 127]), st.integers(0, 3)),
        st.builds(ControlChange, st.just(0.0), st.integers(0, 3), st.sampled_from([120, 121, 123]), st.just(0)),
        st.integers(0, 3).map(configure),
        st.builds(Hearing, st.sampled_from([None, 0, 2]), st.sampled_from([0, 60]), st.sampled_from([60, 127])),
    ),
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=40))
def test_whatever_is_interleaved_no_note_is_stuck(words):
    hands, listener = Hands(), Listener()
    heard: list[object] = []
    for port, word in words:
        if isinstance(word, Hearing):
            hands.hearing = (word, *hands.hearing[:1])
        else:
            heard += said(hands, *(word if isinstance(word, list) else [word]), port=port)
    for port in (0, 1):
        for channel in range(4):
            heard += said(hands, *(off(pitch, channel) for pitch in range(58, 63)), pedal(0, channel), port=port)
    for event in heard:
        listener.hear(event)
    assert not listener._keys and not listener._sounding and not listener._pedals
    assert not hands._keys and not hands._down


# Names.


@pytest.mark.parametrize(("text", "pitch"), [("C4", 60), ("a0", 21), ("Bb3", 58), ("F#5", 78), ("C-1", 0), ("G9", 127)])
def test_notes_as_people_write_them(text: str, pitch: int):
    assert read_pitch(text) == pitch


@pytest.mark.parametrize(("text", "sides"), [("", (0, 127)), ("C4:above", (60, 127)), ("Bb3:below", (0, 57))])
def test_splits_as_people_write_them(text: str, sides: tuple[int, int]):
    assert read_split(text) == sides


@pytest.mark.parametrize("text", ["C4", "C4:left", "H4:above", "G#9:above", "C-1:below", ":above", 60, "C44:above"])
def test_what_is_no_split(text: object):
    with pytest.raises(ValueError):
        read_split(text)
