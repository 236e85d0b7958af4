"""Ports that come back: what the engine's copy knows of a dead process, and how the next one takes over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.clock import now
from improv.midi import note_on
from improv.plan import VOICES, Cancel, Command, Drop, Limit, PlannedNote, Play, Silence
from improv.ports import lifeline, process
from improv.ports.lifeline import Copy, Lifeline
from improv.ports.reports import Back, Gone, Heard, PortSettings, Quench, Report
from improv.scheduler import Scheduler
from tests.ports import workers

QUARTERS = st.integers(0, 16).map(lambda quarters: quarters / 4)
NOTES = st.builds(PlannedNote, QUARTERS, st.integers(60, 62), st.just(64), QUARTERS, st.integers(0, 1))
COMMANDS = st.one_of(
    st.builds(Play, st.lists(NOTES, max_size=4).map(tuple)), st.builds(Cancel, QUARTERS), st.just(Silence())
)


@settings(deadline=None)
@given(st.lists(st.tuples(COMMANDS, QUARTERS), max_size=8), QUARTERS)
def test_whatever_sounded_when_the_process_died_is_known(asked: list[tuple[Command, float]], noticed: float) -> None:
    copy, real, moment = Copy(thru=0), Scheduler(late_limit=100.0), 0.0
    for command, step in asked:
        copy.obey(command, moment)
        real.apply(command, moment)
        real.due(moment)
        moment += step
        real.due(moment)
    sounding = set(real.ledger.sounding())  # it dies here, and that is noticed up to four seconds later
    assert sounding <= set(copy.doubtful(moment + noticed).keys)


def test_what_began_before_the_process_heard_that_it_is_taken_back_is_known_too() -> None:
    soon, later = PlannedNote(1.1, 60, 64, 9.0, 1), PlannedNote(3.0, 62, 64, 9.0, 1)
    for takes_back in (Cancel(1.0), Silence(), Drop((soon, later))):
        copy = Copy(thru=0)
        copy.obey(Play((soon, later)), 0.0)
        copy.obey(takes_back, 1.0)  # and in that moment the first begins, and the process dies
        assert copy.doubtful(1.5).keys == ((1, 60),)


def test_what_the_player_held_through_it_is_known_too() -> None:
    copy = Copy(thru=1)
    copy.hear(Heard(0.0, 0, note_on(3, 60, 64)))
    copy.hear(Heard(0.0, 1, note_on(4, 60, 64)))
    assert copy.doubtful(1.0) == Quench(((3, 60),), (3,))


def test_what_had_not_begun_goes_on_with_the_next_one_and_what_passed_meanwhile_does_not() -> None:
    copy = Copy(thru=0)
    notes = [PlannedNote(onset, 60, 64, 0.5, 1) for onset in (0.0, 1.0, 2.0)]
    copy.obey(Play(tuple(notes)), 0.0)
    assert copy.doubtful(0.25).keys == ((1, 60),)
    assert copy.start_over(1.25) == [Limit(VOICES), Play((notes[2],))]
    assert copy.doubtful(9.0).keys == ()


@pytest.fixture
def serves(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., None]], None]:
    """Choose what the next port process does; there is no waiting."""
    monkeypatch.setattr(lifeline, "TRY_AGAIN", 0.0)
    return lambda target: monkeypatch.setattr(process, "serve", target)


def until(one: Lifeline, kind: type) -> list[Report]:
    reports: list[Report] = []
    end = now() + 60.0
    while not any(isinstance(report, kind) for report in reports) and now() < end:
        reports += one.wait(0.05)
    return reports


def told(one: Lifeline) -> list[str]:
    """What the new process says that it was told first."""
    said: list[str] = []
    while len(said) < 3:
        said += [report.data.decode() for report in until(one, Heard) if isinstance(report, Heard)]
    return said


def test_a_process_that_dies_is_followed_by_one_that_is_told_what_may_sound(serves: Callable[..., None]) -> None:
    serves(workers.opens_and_dies)
    one = Lifeline(PortSettings(inputs=("k",), output="s"))
    begun, later = PlannedNote(now(), 60, 64, 60.0, 1), PlannedNote(now() + 60.0, 62, 64, 1.0, 1)
    one.send(Play((begun, later)))
    reports = until(one, Gone)
    assert reports == [workers.DROPPED, Gone("the port process has ended")]
    serves(workers.always_crashes)  # the next one does not open; the one after that does
    one.wait(0.5)
    serves(workers.tells_what_it_is_told)
    back = until(one, Back)
    assert back == [Back(workers.OPENED)]
    assert told(one) == [repr(Quench(((1, 60),), (1,))), repr(Limit(VOICES)), repr(Play((later,)))]
    one.close()


def test_what_is_sent_while_there_is_no_process_is_not_lost(serves: Callable[..., None]) -> None:
    serves(workers.opens_and_dies)
    one = Lifeline(PortSettings())
    until(one, Gone)
    later = PlannedNote(now() + 60.0, 62, 64, 1.0, 1)
    one.send(Play((later,)))
    serves(workers.tells_what_it_is_told)
    until(one, Back)
    assert told(one)[-1] == repr(Play((later,)))
    one.close()


def test_the_next_process_is_asked_for_what_was_opened_and_to_be_patient(serves: Callable[..., None]) -> None:
    serves(workers.opens_and_dies)
    one = Lifeline(PortSettings(inputs=("k",), clock="k", thru=True))
    assert one._again == PortSettings(inputs=("keys",), output=None, api="jack", thru=True, waits=True)
    one.close()
