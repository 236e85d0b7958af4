"""Hands and wires on real ports: channels, split, MPE, pads, pedal, feedback, and taps that calibrate."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from improv.calibration import CLICK
from improv.clock import now
from tests.live.jack import PATIENCE, JackServer, Message, Musician, sounding
from tests.live.test_app import KEYBOARD, SYNTH, Running, is_silent, running

OPTIONS = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH, "--no-record")
PITCHES = (60, 64, 67, 65, 62, 59)
TAP = ((0.0, "903c50"), (0.1, "803c00"))


def phrase(*channels: int, pitches: tuple[int, ...] = PITCHES) -> list[tuple[float, str]]:
    """These notes on each of the channels, a quarter of a second apart."""
    return [
        (0.25 * index + more, f"{kind + channel:02x}{pitch:02x}50")
        for index, pitch in enumerate(pitches)
        for more, kind in ((0.0, 0x90), (0.2, 0x80))
        for channel in channels
    ]


def begun(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.begins]


def pedals(messages: list[Message]) -> list[tuple[int, int]]:
    """Channel and value of all that the pedal did."""
    return [(m.data[0] & 0x0F, m.data[2]) for m in messages if m.data[0] & 0xF0 == 0xB0 and m.data[1] == 64]


def answered(musician: Musician, improv: Running) -> list[Message]:
    """Improv's notes, as soon as there are three."""
    found = begun(musician.wait_for(lambda received: len(begun(received)) >= 3))
    assert len(found) >= 3, improv.out
    return found


@pytest.fixture(scope="module", autouse=True)
def calibrated(jack: JackServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[tuple[str, str]]]:
    """What `improv calibrate` says and leaves in the end: for half a minute it runs beside the other tests."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(calibrate, tmp_path_factory.mktemp("calibrate"))


def calibrate(folder: Path) -> tuple[str, str]:
    """A player who taps 120 ms after each click that comes, and 50 ms after each flash."""
    keyboard, synth, done = "Tapped Keys", "Clicking Synth", [0, 0]
    with Musician(keyboard=keyboard, synth=synth) as musician:
        improv = Running(folder, "calibrate", "--api", "jack", "--in", keyboard, "--out", synth)
        try:
            end = now() + 4 * PATIENCE
            while improv.process.poll() is None and now() < end:
                clicks = [message for message in begun(musician.received) if message.data[1] == CLICK]
                flashes = "\n".join(improv.out).count("#" * 40)
                taps = [message.at + 0.12 for message in clicks[done[0] :]] + [now() + 0.05] * (flashes - done[1])
                done = [len(clicks), flashes]
                musician.play([(at - now() + more, data) for at in taps for more, data in TAP])
                time.sleep(0.002)
            assert improv.process.poll() == 0, improv.err
        finally:
            improv.end(signal.SIGKILL)
    return improv.out[-1], next(folder.rglob("config.toml")).read_text()


def test_each_channel_is_heard_on_its_side_of_the_split(jack: JackServer, tmp_path: Path) -> None:
    heard = ("--channel-in", "1 C4:above", "--channel-in", "2 C4:below")
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS, *heard) as improv:
        musician.play(phrase(0, 1, 2))
        improv.wait_for("heard 6")  # of eighteen: five on channel 1, one on channel 2
        assert improv.end() == 0


def test_each_hand_goes_out_on_its_channel_and_nothing_is_stuck_where_they_change(
    jack: JackServer, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[ports]\nchannel_left = 3\n")
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS, "--mode", "solo") as improv:
        improv.wait_for("channel 2 (left hand 3)")
        hands = {(m.key[0], m.key[1] < 60) for m in _until(musician, {1, 2})}
        assert hands == {(1, False), (2, True)}
        file.write_text("[ports]\nchannel_out = 5\nchannel_left = 6\n")
        improv.process.send_signal(signal.SIGHUP)
        improv.wait_for("settings read again: ports.channel_left, ports.channel_out")
        musician.wait_for(lambda received: len({m.key[0] for m in begun(received)[-4:]} & {1, 2}) == 0)
        assert {message.key[0] for message in begun(musician.received)[-4:]} <= {4, 5}
        assert improv.end() == 0
        assert is_silent(musician)


def _until(musician: Musician, channels: set[int]) -> list[Message]:
    """Improv's notes, once there were some on each of these channels."""
    found = begun(musician.wait_for(lambda received: {m.key[0] for m in begun(received)} >= channels))
    assert {message.key[0] for message in found} >= channels
    return found


def test_an_mpe_zone_is_one_player(jack: JackServer, tmp_path: Path) -> None:
    """Fifteen members: channel 10 is a finger as others are. Two of them on one key are a key struck twice."""
    zone = [(0.0, "b06500"), (0.0, "b06406"), (0.0, "b0060f")]
    fingers = [message for channel in range(1, 7) for message in phrase(channel)[2 * channel - 2 : 2 * channel]]
    fingers += [(2.0 + more, data) for more, data in phrase(9, pitches=(72,))]
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS) as improv:
        musician.play([*zone, *fingers])
        improv.wait_for("heard 7")
        assert improv.end() == 0


def test_pads_are_left_alone_unless_they_are_chosen(jack: JackServer, tmp_path: Path) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS) as improv:
        musician.play([*phrase(9), *((2.0 + at, data) for at, data in phrase(0, pitches=PITCHES[:4]))])
        improv.wait_for("heard 4")
        assert improv.end() == 0
    with (
        Musician(keyboard=KEYBOARD, synth=SYNTH) as musician,
        running(tmp_path, *OPTIONS, "--channel-in", "10") as improv,
    ):
        musician.play(phrase(0, 9))
        improv.wait_for("heard 6")
        assert improv.end() == 0


def test_a_pedal_of_its_own_goes_up_and_down_and_is_not_held_over_a_stop(jack: JackServer, tmp_path: Path) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS, "--pedal", "own") as improv:
        musician.play(phrase(0))
        answered(musician, improv)
        assert (1, 127) in pedals(musician.wait_for(lambda received: (1, 127) in pedals(received)))
        back = len(musician.received)
        musician.play([(0.0, "903c50"), (0.2, "803c00")])
        received = musician.wait_for(lambda received: (1, 0) in pedals(received[back:]))
        assert pedals(received)[-1] == (1, 0), "lifted where the player comes in"
        musician.play(phrase(0))
        musician.wait_for(lambda received: pedals(received)[-1] == (1, 127))
        assert improv.end() == 0
        received = musician.wait_for(lambda received: pedals(received)[-1] == (1, 0))
        assert pedals(received)[-1] == (1, 0), "and where improv ends"


def test_a_pedal_that_follows_does_what_the_player_s_does(jack: JackServer, tmp_path: Path) -> None:
    with (
        Musician(keyboard=KEYBOARD, synth=SYNTH) as musician,
        running(tmp_path, *OPTIONS, "--pedal", "follow", "--mode", "harmonize") as improv,
    ):
        musician.play([(0.0, "b0407f"), (0.1, "904840"), (1.0, "804800"), (1.2, "b04000")])
        musician.wait_for(lambda received: (1, 0) in pedals(received))
        assert pedals(musician.received)[:1] == [(1, 127)] and pedals(musician.received)[-1] == (1, 0)
        assert improv.end() == 0


def test_taps_along_with_clicks_and_flashes_calibrate(calibrated: Future[tuple[str, str]], tmp_path: Path) -> None:
    """120 ms after each click and 50 ms after each flash: 70 ms are the way out."""
    # Where it met with a JACK server that stood still, once more.
    out, settings = calibrated.result() if calibrated.exception() is None else calibrate(tmp_path)
    said = out.rpartition("\r")[2].split()
    early, late = (float(said[said.index("ms") - 1]), float(said[said.index("after") - 2]))
    assert abs(early - 70.0) < 40.0 and abs(late - 50.0) < 40.0, said
    assert f"offset_ms = {early}" in settings and f"input_offset_ms = {late}" in settings


def test_what_comes_back_of_its_own_is_not_heard_and_a_unison_of_the_player_s_is(
    jack: JackServer, tmp_path: Path
) -> None:
    with (
        running(tmp_path, "--api", "jack", "--virtual", "--no-record") as improv,
        Musician(into="improv in", hears="improv out") as musician,
    ):
        ports = {name.rpartition(":")[2]: name for name in jack.ports() if "improv" in name}
        subprocess.run(["jack_connect", "-s", jack.name, ports["improv out"], ports["improv in"]], check=True)
        musician.play(phrase(0))
        answered(musician, improv)
        musician.wait_for(lambda received: not sounding(received) and begun(received)[-1].at < now() - 3.0)
        improv.wait_for("listening")
        assert any("listening" in line and "heard 6" in line for line in improv.out), improv.out
        echo = begun(musician.received)[-1]
        musician.play([(0.1, bytes((0x90, echo.key[1], echo.data[2]))), (0.3, bytes((0x80, echo.key[1], 0)))])
        musician.play([(0.5 + at, data) for at, data in phrase(0)])
        improv.wait_for("heard 13")
        assert improv.end() == 0


def test_two_clients_of_one_name_are_one_bus_and_of_two_inputs_the_one_taken_is_said(
    jack: JackServer, tmp_path: Path
) -> None:
    """JACK calls the second of them Bus-01."""
    bus = ("--api", "jack", "--in", "Bus", "--out", "Bus", "--no-record")
    with Musician(keyboard="Bus", synth="Bus"), running(tmp_path, *bus) as improv:
        improv.wait_for("Bus:Bus is both heard and played on")
        assert improv.end() == 0
    with Musician(keyboard=KEYBOARD), Musician(keyboard=KEYBOARD), running(tmp_path, *bus[:2], "--in", KEYBOARD) as two:
        two.wait_for(f"{KEYBOARD}:{KEYBOARD} is taken; {KEYBOARD}-01:{KEYBOARD} is called so too: name that in full")
        assert two.end() == 0
