"""Cables pulled and put back, port processes and servers killed: playing goes on, and nothing stays sounding."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from improv.clock import now
from improv.plan import PlannedNote, Play
from improv.ports.lifeline import Lifeline
from improv.ports.reports import Back, Gone, Heard, Plugged, PortSettings, Report, Unplugged
from tests.live.jack import PATIENCE, JackServer, Musician, sounding
from tests.live.test_app import KEYBOARD, SYNTH, answer_begun, is_silent, phrase, running

__all__ = ["phrase"]
#: What a busy machine plays late is played all the same.
SETTINGS = PortSettings(inputs=(KEYBOARD,), output=SYNTH, api="jack", late_limit=PATIENCE, late_soft=PATIENCE)
CHORD = (60, 64, 67)


def reports_until(lifeline: Lifeline, kind: type, seconds: float = PATIENCE, count: int = 1) -> list[Report]:
    """All reports until so many of a kind are among them, or time is up."""
    reports: list[Report] = []
    end = now() + seconds
    while sum(isinstance(report, kind) for report in reports) < count and (left := end - now()) > 0:
        reports += lifeline.wait(min(left, 0.1))
    return reports


def chord(onset: float, duration: float) -> Play:
    return Play(tuple(PlannedNote(onset, pitch, 80, duration, 1) for pitch in CHORD))


@pytest.fixture
def loose(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """A server as most people run it: it goes on without a client that was killed, and not ten seconds later."""
    server = JackServer(f"improv-loose-{os.getpid()}", sync=False)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def lifeline(jack: JackServer) -> Iterator[Lifeline]:
    with Musician(keyboard=KEYBOARD, synth=SYNTH):
        lifeline = Lifeline(SETTINGS)
    yield lifeline
    lifeline.close()


def test_devices_that_go_and_come_back_are_connected_again_by_name_as_often_as_they_do(lifeline: Lifeline) -> None:
    full = {f"{KEYBOARD}:{KEYBOARD}", f"{SYNTH}:{SYNTH}"}
    for _ in range(3):
        gone = reports_until(lifeline, Unplugged, count=2)
        assert {report.name for report in gone if isinstance(report, Unplugged)} == full
        lifeline.send(chord(now(), 0.1))  # into the void
        lifeline.wait(0.2)
        with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician:
            back = reports_until(lifeline, Plugged, count=2)
            assert {report.name for report in back if isinstance(report, Plugged)} == full
            musician.play([(0.0, "903c40")])
            heard = reports_until(lifeline, Heard)
            assert [report.data.hex() for report in heard if isinstance(report, Heard)] == ["903c40"]
            lifeline.send(chord(now(), 0.1))
            received = musician.wait_for(lambda messages: sum(m.begins for m in messages) >= 3)
            assert {m.key[1] for m in received if m.begins} == set(CHORD)


def test_a_key_held_on_a_device_that_goes_is_let_go(jack: JackServer) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician:
        lifeline = Lifeline(SETTINGS)
        musician.play([(0.0, "903c40"), (0.0, "b0407f")])
        reports_until(lifeline, Heard, count=2)
    heard = [report.data.hex() for report in reports_until(lifeline, Unplugged, count=2) if isinstance(report, Heard)]
    lifeline.close()
    assert heard[-2:] == ["b04000", "803c00"]


def test_when_the_port_process_is_killed_another_silences_and_plays_on(loose: JackServer) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician:
        lifeline = Lifeline(SETTINGS)
        try:
            for _ in range(10):  # a loose server may lose what is sent just after a client has come
                if len(sounding(musician.received)) == 3:
                    break
                lifeline.send(chord(now(), 60.0))
                musician.wait_for(lambda received: len(sounding(received)) == 3, 1.0)
            lifeline.send(Play(tuple(PlannedNote(now() + seconds, 72, 80, 0.1, 1) for seconds in range(1, 60))))
            assert lifeline.pid is not None
            os.kill(lifeline.pid, signal.SIGKILL)
            reports = reports_until(lifeline, Back)
            assert [type(report) for report in reports if isinstance(report, Gone | Back)] == [Gone, Back]
            back = now()
            received = musician.wait_for(lambda received: not sounding(received))
            assert not sounding(received)
            received = musician.wait_for(lambda received: any(m.at > back for m in received if m.begins))
            assert {m.key[1] for m in received if m.begins and m.at > back} == {72}, "the plan goes on"
        finally:
            lifeline.close()


def test_the_death_of_the_server_is_noticed_on_new_clients_too(loose: JackServer) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH):
        lifeline = Lifeline(SETTINGS)
    try:
        reports_until(lifeline, Unplugged, count=2)
        with Musician(keyboard=KEYBOARD, synth=SYNTH):
            reports_until(lifeline, Plugged, count=2)
            assert not [report for report in reports_until(lifeline, Gone, 1.0) if isinstance(report, Gone)]
            loose.kill()
            gone = reports_until(lifeline, Gone)
            assert Gone("JACK: the server has gone") in gone
    finally:
        lifeline.close()
        loose.start()


def test_when_the_server_dies_and_comes_back_improv_is_there_again(
    jack: JackServer, tmp_path: Path, phrase: Path
) -> None:
    server = JackServer(f"improv-cables-{os.getpid()}")
    server.start()
    try:
        with running(tmp_path, "--api", "jack", "--virtual", server=server.name) as improv:
            server.kill()
            improv.wait_for("JACK: the server has gone; playing goes on")
            server.start()
            improv.wait_for("jack is back")
            assert improv.end() == 0
            assert improv.err == []
    finally:
        server.stop()


def test_with_wait_improv_starts_before_the_server_and_the_devices(
    jack: JackServer, tmp_path: Path, phrase: Path
) -> None:
    options = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH, "--wait")
    with running(tmp_path, *options) as improv:
        improv.wait_for(f"waiting for {KEYBOARD} and {SYNTH}")
        with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician:
            improv.wait_for(f"{SYNTH} is plugged in")
            musician.play_file(phrase)
            received = musician.wait_for(answer_begun)
            assert answer_begun(received), improv.out
            assert improv.end() == 0
            assert is_silent(musician)


def test_waiting_for_a_server_ends_when_it_is_told_to(tmp_path: Path) -> None:
    from tests.live.test_app import Running

    improv = Running(tmp_path, "--api", "jack", "--wait", server="no-such-server")
    children = Path(f"/proc/{improv.process.pid}/task/{improv.process.pid}/children")
    end = now() + PATIENCE
    while not children.read_text().split() and now() < end:  # it has come as far as starting a port process
        time.sleep(0.05)
    time.sleep(1.0)
    assert improv.process.poll() is None
    assert improv.end() == 0
    assert improv.err == []
