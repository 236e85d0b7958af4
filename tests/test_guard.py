"""Feedback: what improv hears of itself is taken back, and no more than that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.events import ControlChange, NoteOff, NoteOn
from improv.guard import Guard
from improv.ports.names import same_bus
from improv.ports.reports import Heard, Sent
from improv.reception import Reception


def guarding(*sent: tuple[float, int, int, int]) -> Guard:
    guard = Guard()
    for note in sent:
        guard.sent(*note)
    return guard


def test_an_echo_is_taken_back_once_with_its_note_off():
    guard = guarding((1.0, 1, 60, 70))
    assert guard.takes_back(NoteOn(1.01, 1, 60, 70), 0)
    assert guard.takes_back(NoteOff(1.5, 1, 60), 0)
    assert not guard.takes_back(NoteOff(1.6, 1, 60), 0)
    assert not guard.takes_back(NoteOn(1.02, 1, 60, 70), 0), "a player's unison"


@pytest.mark.parametrize(
    "event",
    [NoteOn(1.01, 0, 60, 70), NoteOn(1.01, 1, 61, 70), NoteOn(1.01, 1, 60, 71), NoteOn(1.061, 1, 60, 70)],
)
def test_what_differs_in_anything_or_comes_too_late_is_the_player_s(event: NoteOn):
    assert not guarding((1.0, 1, 60, 70)).takes_back(event, 0)


def test_the_note_offs_of_another_input_are_not_taken_back():
    guard = guarding((1.0, 1, 60, 70))
    guard.takes_back(NoteOn(1.01, 1, 60, 70), 0)
    assert not guard.takes_back(NoteOff(1.1, 1, 60), 1)


def test_a_repeated_note_echoes_as_often():
    guard = guarding((1.0, 1, 60, 70), (1.03, 1, 60, 70))
    found = [guard.takes_back(NoteOn(at, 1, 60, 70), 0) for at in (1.01, 1.04, 1.05)]
    assert found == [True, True, False]


def test_improv_s_pedal_is_taken_back_too():
    guard = Guard()
    guard.pedalled(1.0, 1, 127)
    assert not guard.takes_back(ControlChange(1.01, 0, 64, 127), 0)
    assert guard.takes_back(ControlChange(1.01, 1, 64, 127), 0)
    assert not guard.takes_back(ControlChange(1.02, 1, 64, 127), 0)


notes = st.tuples(st.integers(60, 61), st.integers(70, 71))


@given(st.lists(notes, max_size=8), st.lists(notes, max_size=8))
def test_as_many_are_taken_back_as_were_sent_at_most_and_the_player_s_are_heard(sent, played):
    """All in one moment: echoes and a player's own notes cannot be told apart, but counted."""
    guard = guarding(*((1.0, 1, *note) for note in sent))
    heard = [note for note in (*sent, *played) if not guard.takes_back(NoteOn(1.01, 1, *note), 0)]
    assert sorted(heard) == sorted(played)


def test_the_engine_s_reception_leaves_out_what_was_sent():
    reception = Reception()
    reception.sent(Sent(1.0, 0.001, 60, 70, 1))
    assert reception.events(Heard(1.01, 0, bytes((0x91, 60, 70)))) == []
    assert reception.events(Heard(1.02, 0, bytes((0x91, 60, 70)))) == [NoteOn(1.02, 1, 60, 70)]


@pytest.mark.parametrize(
    ("heard", "played", "api", "same"),
    [
        ("IAC Driver Bus 1", "IAC Driver Bus 1", "coremidi", True),
        ("IAC Driver Bus 1", "IAC Driver Bus 2", "coremidi", False),
        ("loopMIDI Port 0", "loopMIDI Port 1", "windows", True),
        ("Midi Through:Midi Through Port-0 14:0", "Midi Through:Midi Through Port-0 14:0", "alsa", True),
        ("a2j:Midi Through [14] (capture): Port-0", "a2j:Midi Through [14] (playback): Port-0", "jack", True),
        ("Keys:out", "Synth:in", "jack", False),
        ("Bus:out", "Bus:in", "jack", True),
        ("Bus:midi_out", "Bus-01:midi_in", "jack", True),
        ("Bus-02:Bus", "Bus-01:Bus", "jack", True),
        ("Bus-01:out 1", "Bus:in 2", "jack", False),
        ("Bus-01", "Bus", "coremidi", False),
        ("Main input", "Main output", "coremidi", True),
        ("Inner Bus", "Outer Bus", "coremidi", False),
        ("improv in", "improv out", "jack", False),
    ],
)
def test_two_ends_of_one_bus(heard: str, played: str, api: str, same: bool):
    assert same_bus(heard, played, api) == same
