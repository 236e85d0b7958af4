"""Knobs, pads and pedals instead of music, and what a performer asks for with them."""

from __future__ import annotations

import numpy as np
import pytest

from improv.controlnames import CONTROLS
from improv.controls import STILL_MOVING, TURNS, Binding, Controls, Lesson, bindings, read_binding
from improv.ears import Ears
from improv.encoding import DURATION, Encoding
from improv.errors import UserError
from improv.events import ControlChange, Gesture, Move, NoteOff, NoteOn, ProgramChange, Turned
from improv.improviser import Improviser
from improv.listener import notes_in
from improv.modes import MODES
from improv.notes import Note
from improv.panel import Panel
from improv.plan import Silence, State
from improv.ports.reports import Heard
from improv.reception import Reception
from improv.settings import Settings
from tests.score import perform, played, together
from tests.table_model import TableModel
from tests.test_answer import PHRASE, onsets, table

BACK = [[8.0, 60, 0.25], [8.25, 62, 0.25]]


def controls(**bound: str) -> Controls:
    return Controls(bindings(bound), "answer")


def test_every_name_is_a_setting_or_a_gesture() -> None:
    assert {*TURNS, *map(str, Move)} == set(CONTROLS)
    assert {field for field, _ in TURNS.values()} <= set(Settings.__dataclass_fields__)


def test_a_controller_turns_a_setting_over_its_range_and_says_nothing_where_nothing_changes() -> None:
    knob = controls(loudness="cc 20")
    assert knob.hear(ControlChange(1.0, 5, 20, 64)) == [Turned(1.0, "loudness", 1.0)]
    assert knob.hear(ControlChange(1.1, 5, 20, 64)) == []
    assert knob.hear(ControlChange(1.2, 5, 20, 0)) == [Turned(1.2, "loudness", 0.5)]
    assert knob.hear(ControlChange(1.3, 5, 21, 0)) is None


def test_each_mode_has_its_part_of_a_controller_its_program_and_its_turn() -> None:
    knob, pad, program = controls(mode="cc 20"), controls(mode="note 36"), controls(mode="program")
    chosen = [turned.value for value in range(128) for turned in knob.hear(ControlChange(0.0, 0, 20, value)) or ()]
    assert chosen == [*MODES][1:]
    struck = [pad.hear(NoteOn(0.0, 9, 36, 100))[0].value for _ in MODES]
    assert struck == [*[*MODES][1:], "answer"]
    assert program.hear(ProgramChange(0.0, 0, 4)) == [Turned(0.0, "mode", [*MODES][4])]


def test_the_key_is_off_followed_or_held() -> None:
    knob, pad, program = controls(key="cc 20"), controls(key="note 36"), controls(key="program")
    chosen = [turned.value for value in range(128) for turned in knob.hear(ControlChange(0.0, 0, 20, value)) or ()]
    assert chosen == ["auto", "hold"], "and off is what it was"
    assert [pad.hear(NoteOn(0.0, 9, 36, 100))[0].value for _ in range(4)] == ["auto", "hold", "off", "auto"]
    assert program.hear(ProgramChange(0.0, 0, 9)) == [Turned(0.0, "key", "hold")]
    named = Controls(bindings({"key": "note 36"}), "answer", "D dorian")
    assert named.hear(NoteOn(0.0, 9, 36, 100)) == [Turned(0.0, "key", "off")]


def test_the_present_key_is_held_whatever_is_played_then() -> None:
    core = Improviser(TableModel(), Settings(key="auto", mode="solo"), np.random.default_rng(0))

    def scale(tonic: int, at: float) -> None:
        for index, step in enumerate((0, 4, 7, 0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0) * 3):
            core.hear(NoteOn(at + index * 0.25, 0, tonic + step, 64))
            core.hear(NoteOff(at + index * 0.25 + 0.2, 0, tonic + step))

    core.hear(Turned(0.0, "key", "hold"))
    assert core.settings.key == "auto", "there is none yet"
    scale(60, 0.0)
    assert str(core.status().key) == "C major"
    core.hear(Turned(11.0, "key", "hold"))
    scale(66, 60.0)
    assert str(core.status().key) == core.settings.key == "C major"
    core.hear(Turned(75.0, "key", "hold"))
    assert core.settings.key == "C major", "held it stays"
    core.hear(Turned(76.0, "key", "auto"))
    assert str(core.status().key) == "F# major"


def test_a_gesture_begins_in_the_middle_and_ends_below_it() -> None:
    pedal = controls(take="cc 66 channel 2")
    said = [pedal.hear(ControlChange(index, 1, 66, value)) for index, value in enumerate((10, 64, 127, 63, 0))]
    assert said == [[], [Gesture(1, Move.TAKE, True)], [], [Gesture(3, Move.TAKE, False)], []]
    assert pedal.hear(ControlChange(0.0, 2, 66, 127)) is None, "another channel"


def test_what_is_bound_is_not_music_and_pads_are_heard_where_drums_are_not() -> None:
    reception = Reception(controls=controls(mute="note 36 channel 10", mode="program"))
    said = reception.events(Heard(0.5, 0, bytes.fromhex("992440 892440 992540 903c40 c002")))
    assert said == [
        Gesture(0.5, Move.MUTE, True),
        Gesture(0.5, Move.MUTE, False),
        NoteOn(0.5, 0, 60, 64),
        Turned(0.5, "mode", [*MODES][2]),
    ]


@pytest.mark.parametrize("text", ["cc", "cc 128", "note", "program 3", "cc 20 channel 17", "CC 20", "pedal", "cc 20 "])
def test_what_is_no_binding_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_binding(text)


@pytest.mark.parametrize("other", ["cc 20", "cc 20 channel 3"])
def test_a_control_bound_twice_is_one_line(other: str) -> None:
    with pytest.raises(UserError, match=r"controls\.take and controls\.mute are both bound to cc 20"):
        bindings({"take": "cc 20", "mute": other, "panic": "note 20"})
    bindings({"take": "cc 20 channel 1", "mute": "cc 20 channel 2"})


def gestures(*made: tuple[float, Move]) -> list[Gesture]:
    return [Gesture(at, move) for at, move in made]


def test_take_begins_an_answer_at_once_and_takes_it_back() -> None:
    events = together(played(*PHRASE[:2]), gestures((0.75, Move.TAKE), (1.75, Move.TAKE)))
    begun = onsets(perform(events, table()).improv)
    assert 0.75 <= begun[0] <= 0.9 and max(begun) < 1.75


def test_take_by_holding_lasts_as_long_as_it_is_held() -> None:
    held = [Gesture(0.75, Move.TAKE), Gesture(1.5, Move.TAKE, down=False)]
    begun = onsets(perform(together(played(*PHRASE[:2]), held), table(), take_by="momentary").improv)
    assert begun and max(begun) < 1.5


@pytest.mark.parametrize("mode", ["answer", "accompany", "continue", "solo"])
def test_finish_ends_on_a_note_that_rings_and_then_rests(mode: str) -> None:
    """The others play already, and take would take the word from them."""
    taken = gestures((1.5, Move.TAKE)) if mode == "answer" else []
    end = 1.75 if mode == "accompany" else 2.5
    said = perform(together(played(*PHRASE), taken, gestures((end, Move.FINISH))), table(), mode=mode).improv
    assert end <= max(onsets(said)) <= end + 2.0
    assert max(event.at for event in said) >= max(onsets(said)) + 2.0


def test_the_last_answer_is_repeated_note_for_note() -> None:
    result = perform(together(played(*PHRASE), gestures((6.0, Move.REPEAT))), table(rest_after=10))
    notes = notes_in(result.improv)
    first, again = ([note for note in notes if (note.onset < 6.0) == early] for early in (True, False))
    assert first and [note.pitch for note in first] == [note.pitch for note in again]
    moved = again[0].onset - first[0].onset
    assert all(b.onset - a.onset == pytest.approx(moved) for a, b in zip(first, again, strict=True))


def test_muted_it_is_silent_and_listens_and_says_so() -> None:
    events = together(played(*PHRASE, *BACK), gestures((1.75, Move.MUTE), (9.0, Move.MUTE)))
    result = perform(events, table(), min_notes=2)
    begun = onsets(result.improv)
    assert not any(1.8 < at < 9.0 for at in begun) and max(begun) > 9.0
    assert (result.status.heard, result.status.muted) == (7, False)


@pytest.mark.parametrize("mode", ["accompany", "solo"])
def test_muted_it_is_silent_in_the_modes_that_play_on_by_themselves_too(mode: str) -> None:
    more = [[at / 4, 60 + at % 5, 0.125] for at in range(7, 32)]
    events = together(played(*PHRASE, *more), gestures((2.0, Move.MUTE), (5.0, Move.MUTE)))
    begun = onsets(perform(events, table(), mode=mode).improv)
    assert any(at < 2.0 for at in begun) and any(at > 5.0 for at in begun)
    assert not any(2.05 < at < 5.0 for at in begun)


def test_muted_it_takes_nothing_over() -> None:
    taken = onsets(perform(played(*PHRASE), table(), mode="continue").improv)
    assert taken and min(taken) > 1.3
    assert not onsets(perform(together(played(*PHRASE), gestures((1.25, Move.MUTE))), table(), mode="continue").improv)


def test_panic_silences_all_and_improv_plays_again_later() -> None:
    core = Improviser(table(), Settings(), np.random.default_rng(0))
    core.hear(Gesture(1.0, Move.PANIC))
    assert Silence() in core.turn(1.0)
    long_notes = table()
    long_notes.tables[DURATION] = {Encoding().duration_bin(6.0): 1e6}
    again = [[onset + 4.0, pitch, length] for onset, pitch, length in PHRASE]
    said = perform(together(played(*PHRASE, *again), gestures((2.5, Move.PANIC))), long_notes).improv
    assert not any(2.5 < event.at < 5.0 for event in said) and max(onsets(said)) > 5.0


def test_freezing_and_forgetting_are_the_ears() -> None:
    core = Improviser(TableModel(), Settings(), np.random.default_rng(0))
    memory = core._stage.ears.remembrance
    assert memory is not None
    for move in (Move.FREEZE, Move.FORGET):
        core.hear(Gesture(0.0, move))
    core.turn(0.0)
    assert (memory.frozen, memory.forgotten) == (True, 1)
    core.hear(Gesture(1.0, Move.FREEZE))
    core.turn(1.0)
    assert not memory.frozen


def test_a_controller_says_what_improv_does_once_each_time() -> None:
    core = Improviser(table(), Settings(state=(90, 1), min_notes=1), np.random.default_rng(0))
    said = [command.value for command in core.turn(0.0) if isinstance(command, State)]
    core.hear(Gesture(0.25, Move.TAKE))
    for now in (0.25, 0.3):
        said += [command.value for command in core.turn(now) if isinstance(command, State)]
    core.hear(Gesture(0.5, Move.MUTE))
    for now in (0.5, 0.75):
        said += [command.value for command in core.turn(now) if isinstance(command, State)]
    assert said == [0, 64, 127]


def test_a_value_each_millisecond_does_no_harm() -> None:
    knob = Reception(controls=controls(temperature="cc 20", mode="cc 21"))
    core = Improviser(table(), Settings(), np.random.default_rng(0))
    for index in range(2000):
        for event in knob.events(Heard(index / 1000, 0, bytes((0xB0, 20 + index % 2, index % 128)))):
            core.hear(event)
        if index % 100 == 99:
            core.turn(index / 1000)
    assert core.status().mode in MODES


@pytest.mark.parametrize(("share", "heard"), [(0.0, 0), (0.5, 2), (1.0, 4)])
def test_of_its_own_notes_only_a_share_is_context(share: float, heard: int) -> None:
    ears = Ears(Encoding(), Panel(Settings(listens_to_itself=share)))
    for index in range(4):
        ears.hear_own(Note(index / 4, 60 + index, 64, 1.0))
    ears.end_own(1.0)
    assert len(ears.context.notes()) == heard and len(ears.own) == 4


def test_a_note_off_of_a_bound_note_is_swallowed_too() -> None:
    assert controls(density="note 36").hear(NoteOff(0.0, 0, 36)) == []


def taught(knob: Controls, name: str) -> list[Binding | UserError]:
    """What the lesson was told, when it is."""
    told: list[Binding | UserError] = []
    knob.learn(Lesson(name, told.append))
    return told


def test_the_next_control_that_moves_is_learned_and_turns_from_then_on() -> None:
    knob = controls(take="cc 66")
    told = taught(knob, "loudness")
    assert knob.hear(ControlChange(1.0, 0, 20, 0)) is None, "a pedal that comes up is none that moves"
    assert knob.learning == "loudness"
    assert knob.hear(ControlChange(1.0, 0, 20, 30)) == [] and told == [Binding("cc", 20)]
    assert knob.learning is None
    assert knob.hear(ControlChange(1.1, 0, 20, 64)) == [Turned(1.1, "loudness", 1.0)]


@pytest.mark.parametrize("event", [NoteOn(1.0, 9, 36, 100), ProgramChange(1.0, 0, 7), ControlChange(1.0, 0, 64, 127)])
def test_a_pad_a_program_or_a_pedal_is_learned_and_is_no_music(event: NoteOn | ProgramChange | ControlChange) -> None:
    knob = controls()
    told = taught(knob, "take")
    assert knob.hear(event) == [] and len(told) == 1
    assert knob.hear(NoteOff(1.1, 9, 36)) in ([], None)
    again = type(event)(**{**{name: getattr(event, name) for name in event.__slots__}, "at": 9.0})
    assert knob.hear(again) == [Gesture(9.0, Move.TAKE, True)]


def test_a_pedal_that_is_learned_makes_no_gesture_while_it_is_still_on_its_way() -> None:
    pedal = controls()
    taught(pedal, "panic")
    assert [pedal.hear(ControlChange(1.0 + 0.01 * value, 0, 64, value)) for value in (1, 30, 49)] == [[], [], []]
    assert pedal.hear(ControlChange(1.0 + STILL_MOVING, 0, 64, 127)) == []
    assert pedal.hear(ControlChange(1.1 + STILL_MOVING, 0, 64, 0)) == []
    assert pedal.hear(ControlChange(4.0, 0, 64, 127)) == [Gesture(4.0, Move.PANIC, True)]


def test_what_is_bound_already_is_said_and_all_stays_as_it_was() -> None:
    knob = controls(take="cc 66", tap="cc 67")
    told = taught(knob, "tap")
    assert knob.hear(ControlChange(1.0, 0, 66, 127)) == []
    assert "controls.take and controls.tap are both bound to cc 66" in str(told[0])
    assert {name: str(bound) for name, bound in knob.bound.items()} == {"take": "cc 66", "tap": "cc 67"}


def test_a_key_or_pedal_that_is_bound_while_it_is_held_comes_up_as_music() -> None:
    """Two keyboards: on the first the key is held, on the second it is struck to be learned."""
    reception, held, learned = Reception(controls=(knob := controls())), [], []
    held += reception.events(Heard(1.0, 0, b"\x90\x24\x40")) + reception.events(Heard(1.0, 0, b"\xb0\x40\x7f"))
    taught(knob, "mute")
    learned += reception.events(Heard(2.0, 1, b"\x90\x24\x40"))
    taught(knob, "panic")
    learned += reception.events(Heard(2.1, 1, b"\xb0\x40\x50"))
    learned += reception.events(Heard(2.2, 1, b"\x80\x24\x40")) + reception.events(Heard(2.2, 1, b"\xb0\x40\x00"))
    held += reception.events(Heard(3.0, 0, b"\x80\x24\x40")) + reception.events(Heard(3.0, 0, b"\xb0\x40\x00"))
    assert learned == []
    assert held == [
        *(NoteOn(1.0, 0, 36, 64), ControlChange(1.0, 0, 64, 127)),
        *(NoteOff(3.0, 0, 36), ControlChange(3.0, 0, 64, 0)),
    ]


def test_a_gesture_whose_control_is_bound_to_something_else_while_it_is_down_ends() -> None:
    pedal = controls(take="cc 66")
    pedal.hear(ControlChange(1.0, 0, 66, 127))
    assert pedal.bind("take", None, 2.0) == [Gesture(2.0, Move.TAKE, False)]
    assert pedal.hear(ControlChange(3.0, 0, 66, 0)) is None


def test_what_is_played_elsewhere_can_be_bound_too_and_what_is_turned_there_is_known_here() -> None:
    reception = Reception(controls=controls(mute="note 60", mode="note 61"))
    said = [NoteOn(1.0, 0, 60, 64), NoteOn(1.0, 0, 62, 64), ProgramChange(1.0, 0, 5), Turned(1.0, "mode", "harmonize")]
    assert reception.said(said) == [Gesture(1.0, Move.MUTE, True), said[1], said[3]]
    modes = [*MODES]
    after = modes[(modes.index("harmonize") + 1) % len(modes)]
    assert reception.said([NoteOn(2.0, 0, 61, 64)]) == [Turned(2.0, "mode", after)]
