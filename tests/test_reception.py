"""What each input may say."""

from improv.events import NoteOff, NoteOn, Start, Stop, Tick
from improv.ports.reports import Heard
from improv.reception import Reception

ON, OFF, TICK, START, STOP = "903c40", "803c40", "f8", "fa", "fc"


def said(reception: Reception, *reports: tuple[float, int, str]) -> list[object]:
    return [event for at, port, data in reports for event in reception.events(Heard(at, port, bytes.fromhex(data)))]


def test_a_port_for_the_clock_alone_gives_no_notes_and_the_others_no_clock() -> None:
    heard = said(Reception(1, 1), (0.0, 0, ON + TICK), (0.25, 1, START + TICK + ON), (0.5, 0, OFF), (0.75, 1, STOP))
    assert heard == [NoteOn(0.0, 0, 60, 64), Start(0.25), Tick(0.25), NoteOff(0.5, 0, 60), Stop(0.75)]


def test_a_clock_port_that_is_an_input_is_heard_for_both() -> None:
    assert said(Reception(1, 2), (0.0, 1, TICK + ON), (0.25, 0, TICK), (0.25, 1, OFF)) == [
        Tick(0.0),
        NoteOn(0.0, 0, 60, 64),
        NoteOff(0.25, 0, 60),
    ]


def test_of_two_inputs_that_tick_the_first_leads_until_it_has_fallen_silent() -> None:
    reports = [(0.0, 0, TICK), (0.25, 1, TICK), (0.5, 0, TICK), (2.25, 1, START), (2.75, 1, TICK), (3.0, 0, TICK)]
    assert said(Reception(), *reports) == [Tick(0.0), Tick(0.5), Tick(2.75)]


def test_each_port_has_a_running_status_of_its_own() -> None:
    assert said(Reception(), (0.0, 0, "903c40"), (0.25, 1, "913e40"), (0.5, 0, "3c00"), (0.75, 1, "4040")) == [
        NoteOn(0.0, 0, 60, 64),
        NoteOn(0.25, 1, 62, 64),
        NoteOff(0.5, 0, 60),
        NoteOn(0.75, 1, 64, 64),
    ]
