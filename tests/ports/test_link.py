"""The engine's side, with port processes that misbehave (tests.ports.workers) and no MIDI."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from improv.clock import now
from improv.errors import UserError
from improv.plan import PlannedNote, Play
from improv.ports import link, process, starting
from improv.ports.link import open_ports
from improv.ports.pipe import Pipe
from improv.ports.reports import Lost, PortSettings
from improv.ports.starting import Opening
from tests.ports import workers

SETTINGS = PortSettings()
PATIENCE = 60.0


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., None]], None]:
    """Choose what the link starts; it is asked often whether it lives, and has the time of a busy machine to say so."""
    monkeypatch.setattr(link, "PING_AFTER", 0.0625)
    monkeypatch.setattr(link, "PING_LIMIT", PATIENCE)
    monkeypatch.setattr(starting, "OPENING", PATIENCE)
    return lambda target: monkeypatch.setattr(process, "serve", target)


def test_a_system_that_crashes_is_left_out_the_next_time(worker: Callable[..., None]) -> None:
    worker(workers.crashes_on_alsa)
    with pytest.raises(UserError, match=r"^alsa crashed on opening$"):
        open_ports(SETTINGS)


def test_a_system_that_hangs_is_left_out_the_next_time(
    worker: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker(workers.hangs_on_alsa)
    look = Opening.look

    def impatient(self: Opening, timeout: float) -> tuple[object, list[object]]:
        found = look(self, timeout)
        self._end = 0.0 if self.tried == "alsa" else self._end  # as if its time were over
        return found

    monkeypatch.setattr(Opening, "look", impatient)
    with pytest.raises(UserError, match=r"^alsa hung on opening$"):
        open_ports(SETTINGS)


def test_a_process_that_never_starts_is_one_line(worker: Callable[..., None]) -> None:
    worker(workers.always_crashes)
    with pytest.raises(UserError, match="does not start"):
        open_ports(SETTINGS)


def test_what_was_reported_before_the_end_is_heard_then_the_loss_once(worker: Callable[..., None]) -> None:
    worker(workers.opens_and_dies)
    ports = open_ports(SETTINGS)
    reports = ports.wait(PATIENCE)
    while not isinstance(reports[-1], Lost):
        reports += ports.wait(PATIENCE)
    assert reports == [workers.DROPPED, Lost("the port process has ended")]
    assert ports.wait(0.0) == []
    assert ports.wait(None) == reports[-1:]
    ports.send(Play(()))
    ports.close()


def test_why_it_was_lost_is_what_the_process_says(worker: Callable[..., None]) -> None:
    worker(workers.opens_and_loses)
    with open_ports(SETTINGS) as ports:
        assert ports.wait(PATIENCE) == [Lost("gone")]


def test_a_process_that_hangs_is_lost_and_killed_and_blocks_nobody(
    worker: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker(workers.opens_and_hangs)
    monkeypatch.setattr(link, "PING_LIMIT", 0.25)
    ports = open_ports(SETTINGS)
    notes = tuple(PlannedNote(float(i), 60, 64, 0.5, 1) for i in range(100))
    for _ in range(200):
        ports.send(Play(notes))
    assert ports.wait(PATIENCE) == [Lost("JACK: the MIDI system hangs")]
    ports.close()


def test_a_process_that_is_well_is_asked_and_not_lost(
    worker: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker(workers.answers)
    send = Pipe.send
    with open_ports(SETTINGS) as ports:
        assert ports.opened == workers.OPENED
        asked = []
        monkeypatch.setattr(Pipe, "send", lambda self, value: (asked.append(value), send(self, value)))
        end = now() + PATIENCE
        while len(asked) < 3 and now() < end:  # it is asked again once it has answered
            assert ports.wait(0.125) == []
        assert asked == ["are you there?"] * 3


def test_closing_kills_what_does_not_end(worker: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    worker(workers.opens_and_hangs)
    ports = open_ports(SETTINGS)
    monkeypatch.setattr(starting, "CLOSING", 0.5)
    ports.close()
    assert not ports.running


def test_the_engine_never_loads_rtmidi() -> None:
    code = "import sys, improv.ports.link; sys.exit('rtmidi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
