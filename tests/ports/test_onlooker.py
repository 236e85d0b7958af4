"""Who looks at the ports there are, with processes that misbehave (tests.ports.workers) and no MIDI."""

import multiprocessing
from collections.abc import Callable

import pytest

from improv.clock import now
from improv.plan import Silence
from improv.ports import onlooker, process
from improv.ports.onlooker import Onlooker
from improv.ports.reports import Report, There
from tests.ports import workers


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Onlooker]:
    """Who looks through a process that is `target`; none is waited for long."""
    monkeypatch.setattr(onlooker, "LOOK_AGAIN", 0.0625)

    def look(target: Callable[..., None]) -> Onlooker:
        monkeypatch.setattr(process, "watch", target)
        return Onlooker("synth")

    return look


def seen(looking: Onlooker, enough: int) -> list[Report]:
    reports: list[Report] = []
    end = now() + 60.0
    while len(reports) < enough and now() < end:
        reports += looking.wait(0.1)
    looking.close()
    return reports


def test_ports_that_come_are_seen_and_a_system_that_crashes_is_left_out(looking: Callable[..., Onlooker]) -> None:
    """The first process dies of a system, the second one sees, and dies of nothing."""
    reports = seen(looking(workers.sees_and_dies), 4)
    assert reports == [There(), There(), There(("keys",), ("synth",)), There()]


def test_where_there_is_no_midi_system_there_are_no_ports(looking: Callable[..., Onlooker]) -> None:
    one = looking(workers.sees_nothing)
    one.send(Silence())
    assert seen(one, 2) == [There(), There()]


def test_what_is_said_beside_ends_the_wait(looking: Callable[..., Onlooker]) -> None:
    ours, theirs = multiprocessing.Pipe()
    one = looking(workers.opens_and_hangs)
    theirs.send(1)
    before = now()
    assert one.wait(60.0, ours) == [] and now() - before < 50.0
    one.close()
