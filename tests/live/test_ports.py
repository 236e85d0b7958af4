"""The port process on a real JACK server, with a musician in another process."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from improv.clock import now
from improv.errors import UserError
from improv.midi import note_off, note_on
from improv.plan import Cancel, PlannedNote, Play, Silence
from improv.ports import wire
from improv.ports.link import Link, list_ports, open_ports
from improv.ports.reports import IN, Dropped, Heard, Lost, Opened, PortInfo, PortSettings, Report, Sent, There
from tests.live.jack import LATE, PATIENCE, ROOT, JackServer, Message, Musician, sounding

#: What a busy machine plays late is played all the same.
SETTINGS = PortSettings(inputs=("test keys",), output="Test Synth", api="jack", late_limit=PATIENCE, late_soft=PATIENCE)
CHORD = (60, 64, 67)


@pytest.fixture
def musician(jack: JackServer) -> Iterator[Musician]:
    with Musician(keyboard="Test Keys", synth="Test Synth") as musician:
        yield musician


def reports_until(link: Link, enough: int, kind: type, seconds: float = PATIENCE) -> list[Report]:
    """All reports until `enough` of a kind are among them, or time is up."""
    reports: list[Report] = []
    end = now() + seconds
    while sum(isinstance(report, kind) for report in reports) < enough and (left := end - now()) > 0:
        reports += link.wait(left)
    return reports


def chord(onset: float, duration: float) -> Play:
    return Play(tuple(PlannedNote(onset, pitch, 80, duration, 1) for pitch in CHORD))


def test_ports_are_listed_and_found_and_improvs_own_are_not(musician: Musician) -> None:
    keys = PortInfo("Test Keys:Test Keys", "in", "jack")
    synth = PortInfo("Test Synth:Test Synth", "out", "jack")
    with open_ports(SETTINGS) as link, open_ports(PortSettings(api="auto")) as own:
        assert link.opened == Opened("jack", (keys.name,), synth.name)
        assert own.opened == Opened("jack", ("improv in",), "improv out")
        assert list_ports("auto") == [keys, synth]


def test_what_goes_into_a_loop_of_improvs_own_comes_back(jack: JackServer) -> None:
    with open_ports(PortSettings(api="jack", looped=True)) as link, open_ports(PortSettings(api="jack", looped=True)):
        link.send(chord(now() + 0.125, 0.25))
        heard = {report.data for report in reports_until(link, 6, Heard) if isinstance(report, Heard)}
    assert heard == {*(note_on(1, pitch, 80) for pitch in CHORD), *(note_off(1, pitch) for pitch in CHORD)}


def test_a_planned_chord_arrives_and_ends(musician: Musician) -> None:
    with open_ports(SETTINGS) as link:
        onset = now() + 0.125
        link.send(chord(onset, 0.25))
        reports = reports_until(link, 3, Sent)
        received = musician.wait_for(lambda messages: sum(m.ends for m in messages) >= 3)
    assert [(r.deadline, r.pitch) for r in reports if isinstance(r, Sent)] == [(onset, pitch) for pitch in CHORD]
    ons, offs = [m for m in received if m.begins], [m for m in received if m.ends]
    assert [m.key for m in ons] == [m.key for m in offs[:3]] == [(1, pitch) for pitch in CHORD]
    assert all(onset <= m.at < onset + LATE for m in ons)
    assert all(onset + 0.25 <= m.at < onset + 0.25 + LATE for m in offs[:3])


def test_cancel_and_silence_are_heard(musician: Musician) -> None:
    """What sounds ends, and what is planned, a note every quarter of a second, does not begin any more."""
    with open_ports(SETTINGS) as link:
        for command in (lambda: Cancel(now() + 0.125), Silence):
            link.send(chord(now(), 60.0))
            link.send(Play(tuple(PlannedNote(now() + number / 4, 72, 80, 0.1, 1) for number in range(1, 240))))
            musician.wait_for(lambda received: {pitch for _, pitch in sounding(received)} >= {*CHORD})
            asked = now()
            link.send(command())
            time.sleep(2 * LATE)
            received = musician.wait_for(lambda received: not sounding(received))
            assert not sounding(received)
            assert not [m for m in received if m.begins and m.at > asked + LATE]
            assert sum(m.begins and m.data[1] in CHORD for m in received) in (3, 6)


def test_a_note_that_comes_too_late_is_dropped(musician: Musician) -> None:
    with open_ports(dataclasses.replace(SETTINGS, late_limit=0.25)) as link:
        link.send(chord(now() - 1.0, 60.0))
        reports = reports_until(link, 3, Dropped)
    assert [type(report) for report in reports if not isinstance(report, There)] == [Dropped] * 3
    assert not [m for m in musician.received if m.begins]


def test_what_the_player_plays_is_heard_whole_and_stamped(musician: Musician) -> None:
    messages = [(0.125, "903c40"), (0.25, "b0407f"), (0.25, "903c00"), (0.375, "f07e7f0901f7")]
    with open_ports(SETTINGS) as link:
        musician.play(messages)
        heard = [report for report in reports_until(link, 4, Heard) if isinstance(report, Heard)]
    assert [(report.port, report.data.hex()) for report in heard] == [(0, data) for _, data in messages]
    assert all(-0.001 < report.at - sent.at < LATE for report, sent in zip(heard, musician.sent, strict=True))
    assert not musician.received, "without thru nothing is passed on"


def players(received: Sequence[Message]) -> list[str]:
    """What is not improv's own."""
    return [message.data.hex() for message in received if message.data[0] not in (0x99, 0x89)]


def test_thru_is_unchanged_and_in_order_beside_improvs_own_notes(musician: Musician) -> None:
    sysex = "f0" + "7e0102030405060708" * 100 + "f7"
    messages = [(0.125 + i / 96, data) for i in range(48) for data in (f"9{i % 3}3c40", "f8", f"8{i % 3}3c40")]
    messages.insert(70, (messages[70][0], sysex))
    with open_ports(dataclasses.replace(SETTINGS, thru=True)) as link:
        musician.play(messages)
        link.send(Play(tuple(PlannedNote(now() + i / 32, 100, 80, 1 / 64, 9) for i in range(16))))
        received = musician.wait_for(lambda received: len(players(received)) >= len(messages))
        musician.wait_for(lambda received: not sounding(received))
    assert players(received) == [data for _, data in messages]
    assert sum(m.data[0] == 0x99 for m in musician.received) == 16
    assert not sounding(musician.received)


@contextlib.contextmanager
def holder(settings: dict[str, object], *more: str) -> Iterator[subprocess.Popen[str]]:
    """An engine in a process of its own that holds a chord."""
    command = [sys.executable, "-m", "tests.live.holder", json.dumps(settings), "30", *more]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("own", [False, True], ids=["named ports", "ports of its own"])
def test_when_the_engine_is_killed_what_sounds_ends_within_100_ms_on_the_same_port(jack: JackServer, own: bool) -> None:
    """It always ends; how soon is seen where the machine is not busy with something else, if need be the fifth time."""
    assert any(_seconds_to_silence(jack, own) < 0.1 for _ in range(5))


def _seconds_to_silence(jack: JackServer, own: bool) -> float:
    """From when an engine is killed until what it holds is ended."""
    names = {"hears": "improv out"} if own else {"keyboard": "Test Keys", "synth": "Test Synth"}
    settings: dict[str, object] = {"virtual": True} if own else {"inputs": ["Test Keys"], "output": "Test Synth"}
    with contextlib.ExitStack() as stack:
        if own:
            engine = stack.enter_context(holder({**settings, "api": "jack"}))
            musician = stack.enter_context(Musician(**names))
        else:
            musician = stack.enter_context(Musician(**names))
            engine = stack.enter_context(holder({**settings, "api": "jack"}))
        assert engine.stdout is not None
        assert engine.stdout.readline() == "begun\n"
        if own:
            time.sleep(0.5)  # it may have begun before the musician was there: then only the offs are heard
        else:
            musician.wait_for(lambda received: len(sounding(received)) == 3)
        killed = now()
        engine.kill()
        received = musician.wait_for(lambda received: sum(m.ends for m in received) >= 3)
        offs = [m for m in received if m.ends]
        assert {m.key for m in offs} == {(1, pitch) for pitch in CHORD}
        assert not sounding(received)
        jack.wait_for_end_of("improv ")
        return max(m.at for m in offs[:3]) - killed


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the pipe alone tells")
def test_a_killed_engine_is_noticed_before_its_pipe_closes(jack: JackServer, musician: Musician) -> None:
    settings: dict[str, object] = {"inputs": ["Test Keys"], "output": "Test Synth", "api": "jack"}
    with holder(settings, "twin") as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == "begun\n"
        musician.wait_for(lambda received: len(sounding(received)) == 3)
        engine.kill()
        received = musician.wait_for(lambda received: not sounding(received))
        assert sum(m.begins for m in received) == 3
        assert not sounding(received)
        jack.wait_for_end_of("improv ")


def test_closing_silences_and_leaves_no_process(musician: Musician, jack: JackServer) -> None:
    link = open_ports(SETTINGS)
    link.send(chord(now(), 60.0))
    musician.wait_for(lambda received: len(sounding(received)) == 3)
    link.close()
    link.close()
    received = musician.wait_for(lambda received: not sounding(received))
    assert not sounding(received)
    assert sum(m.begins for m in received) == 3
    assert link.wait(0.0)[-1] == Lost("the port process has ended")
    jack.wait_for_end_of("improv ")


def test_sigterm_silences(musician: Musician) -> None:
    link = open_ports(SETTINGS)
    link.send(chord(now(), 60.0))
    musician.wait_for(lambda received: len(sounding(received)) == 3)
    os.kill(link.pid, 15)
    received = musician.wait_for(lambda received: not sounding(received))
    assert not sounding(received)
    assert reports_until(link, 1, Lost)[-1] == Lost("the port process has ended")
    link.close()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGHUP], ids=["Ctrl-C", "terminal closed"])
def test_a_signal_to_the_whole_terminal_silences_too(jack: JackServer, musician: Musician, signal_number: int) -> None:
    with holder({"inputs": ["Test Keys"], "output": "Test Synth", "api": "jack"}) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == "begun\n"
        musician.wait_for(lambda received: len(sounding(received)) == 3)
        os.killpg(engine.pid, signal_number)
        received = musician.wait_for(lambda received: not sounding(received))
        assert not sounding(received), (engine.poll(), jack.ports())
    assert sum(m.begins for m in received) == 3


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (PortSettings(inputs=("Nothing",), api="jack"), 'no input port matches "Nothing"; there is "Test Keys:'),
        (PortSettings(output="Nothing", api="auto"), 'no output port matches "Nothing"; there is "Test Synth:'),
        (PortSettings(api="coremidi"), 'api "coremidi" is not in this python-rtmidi'),
        (PortSettings(api="oss"), 'api "oss" is unknown'),
    ],
)
def test_what_cannot_be_opened_is_one_line(musician: Musician, settings: PortSettings, said: str) -> None:
    with pytest.raises(UserError) as error:
        open_ports(settings)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def _holder_without_jack(name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.live.holder", json.dumps({"api": "auto"}), "0.5"]
    environment = {**os.environ, "JACK_DEFAULT_SERVER": name}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)


def test_no_server_is_one_line_and_the_libraries_say_nothing() -> None:
    run = _holder_without_jack("no-such-server")
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("no MIDI system opens here (")
    assert run.stdout == ""


def test_a_system_that_is_missing_is_no_error_and_nothing_is_said(jack: JackServer) -> None:
    run = _holder_without_jack(jack.name)  # ALSA is missing where the tests run, or is used; both are fine
    assert (run.returncode, run.stdout, run.stderr) == (0, "begun\n", "")


def test_the_death_of_the_server_is_reported_and_nothing_hangs(jack: JackServer) -> None:
    try:
        with holder({"api": "jack"}) as engine:
            assert engine.stdout is not None and engine.stderr is not None
            assert engine.stdout.readline() == "begun\n"
            jack.kill()
            assert engine.stdout.readline() == "JACK: the server has gone\n"
            engine.kill()
            assert engine.stderr.read() == ""
    finally:
        jack.start()


def test_a_server_that_stands_still_is_reported(jack: JackServer) -> None:
    link = open_ports(PortSettings(api="jack"))
    jack.pause()
    try:
        start = now()
        for i in range(30):  # more than fits on the way to a server that takes nothing
            link.send(Play(tuple(PlannedNote(start + i / 64, pitch, 80, 1 / 128, 1) for pitch in range(128))))
        reports = reports_until(link, 1, Lost)
        assert reports[-1] == Lost("JACK: the MIDI system hangs")
        assert link.wait(0.0) == []
    finally:
        link.close()
        jack.kill()
        jack.start()


def test_a_callback_lives_on_while_jack_may_have_it_in_its_hand(jack: JackServer) -> None:
    """python-rtmidi frees it as soon as it is cancelled, and JACK's thread may just be waiting to call it."""
    client = wire.Client("jack", IN)
    wake = partial(print)
    seen = weakref.ref(wake)
    client.doze(wake)
    del wake
    client.attend()
    gc.collect()
    assert seen() is not None
    client.doze(print)
    client.attend()
    assert seen() is None, "but no longer than that"
    client.close()


def test_messages_are_values() -> None:
    assert Message(0.0, b"\x90\x3c\x00").ends
    assert not Message(0.0, b"\x90\x3c\x00").begins
    assert sounding([Message(0.0, b"\x91\x3c\x40")]) == {(1, 60): 1}
