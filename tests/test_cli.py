from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest

from improv import app, cli, clock, config, playoptions
from improv.config import Config
from improv.errors import UserError
from improv.events import Prompt
from improv.hands import Hearing
from improv.improviser import Improviser
from improv.onlyone import only_one
from improv.plan import Command, Silence
from improv.ports.reports import Lost, Opened, PortInfo, PortSettings, Report
from improv.recorder import Recorder
from improv.settings import Settings
from improv.settingtable import BY_OPTION
from improv.settled import core_settings, hearing
from tests.table_model import TableModel


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, no user's settings, and a model small enough to know by heart."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "user_file", lambda: tmp_path / "user" / config.FILE_NAME)
    monkeypatch.setattr(app, "load_model", lambda settled: TableModel())
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


class FakeLink:
    """A port process that hears nothing, until it is lost."""

    def __init__(self, settings: PortSettings, lost_after: int = 3) -> None:
        inputs, output = settings.inputs or ("improv in",), settings.output or "improv out"
        self.opened = Opened("fake", inputs, output, settings.clock)
        self.settings = settings
        self.sent: list[Command] = []
        self.closed = False
        self._left = lost_after

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def wait(self, timeout: float | None) -> list[Report]:
        self._left -= 1
        return [] if self._left else [Lost("fake: the MIDI server has gone")]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def links(monkeypatch: pytest.MonkeyPatch) -> list[FakeLink]:
    """The links that were opened."""
    opened: list[FakeLink] = []

    def open_ports(settings: PortSettings) -> Any:
        opened.append(FakeLink(settings))
        return opened[-1]

    monkeypatch.setattr("improv.ports.link.open_ports", open_ports)
    monkeypatch.setattr("improv.ports.lifeline.Lifeline", lambda settings, stopping: open_ports(settings))
    return opened


def one_line(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The single line that a command line ends with, with code 2 and nothing else said."""
    try:
        code = cli.main(argv)
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    assert (code, said.out, said.err.count("\n")) == (2, "", 1), said
    return said.err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--channel-out", "17"], ["--channel-out 17", "from 1 to 16"]),
        (["--channel-in", "17"], ["--channel-in 17", "1 to 16"]),
        (["--channel-in", "0", "--channel-in", "2"], ["--channel-in 0 2", "a list of them"]),
        (["--channel-in", "2 H4:below"], ["--channel-in 2 H4:below", "2 C4:below"]),
        (["--channel-left", "17"], ["--channel-left 17", "from 0 to 16"]),
        (["--left-below", "60"], ["--left-below 60", "Bb3"]),
        (["--api", "oss"], ["--api oss", "alsa"]),
        (["--temperature", "nan"], ["--temperature nan", "from 0.1"]),
        (["--no-such"], ["--no-such", "--help"]),
        (["--inn", "x"], ["--inn"]),
        (["dance"], ["dance", "jam", "ports", "setup"]),
        (["jam", "--play-part", "left"], ["left", "lead", "all"]),
        (["--quiet", "--verbose"], ["--verbose", "--quiet"]),
        (["--config", "none.toml"], ["none.toml", "no such settings file"]),
        (["jam", "none.mid"], ["none.mid", "cannot be read"]),
        (["jam", "--mode", "fly"], ["--mode fly", '"answer"']),
        (["jam", "-o", "no/such/folder.mid"], ["no/such/folder.mid", "-o"]),
    ],
)
def test_bad_input_is_one_line(argv: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    line = one_line(capsys, *argv)
    assert line.startswith("improv: ")
    assert all(word in line for word in words), line


def test_settings_that_contradict_each_other_are_one_line(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (elsewhere / "config.toml").write_text("[answer]\ngap_min = 3.0\n")
    assert "answer.gap_min = 3.0" in one_line(capsys, "jam")


@pytest.mark.parametrize("argv", [["--help"], ["jam", "--help"], ["ports", "--help"], ["setup", "--help"]])
def test_help_explains_and_ends_well(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith("usage: improv")


def test_jam_without_a_file_writes_two_named_tracks_and_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["jam"]) == 0
    tracks = {track.name: track for track in mido.MidiFile("improv.mid").tracks}
    assert list(tracks) == ["player", "improv"]
    channels = {name: {m.channel for m in track if m.type == "note_on"} for name, track in tracks.items()}
    assert channels == {"player": {0}, "improv": {1}}
    shown = capsys.readouterr().out
    assert "player" in shown and "improv.mid" in shown and "improv jam --out" in shown
    assert "\x1b" not in shown


def test_jam_gives_the_same_bytes_for_the_same_seed_and_others_for_another(elsewhere: Path) -> None:
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert cli.main(["jam", "--seed", seed, "-o", f"{name}.mid"]) == 0
    a, b, c = ((elsewhere / f"{name}.mid").read_bytes() for name in "abc")
    assert a == b != c


def test_jam_in_json_counts_what_is_in_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["jam", "--json", "-o", "out.mid"]) == 0
    said = json.loads(capsys.readouterr().out)
    tracks = mido.MidiFile("out.mid").tracks
    counted = [sum(m.type == "note_on" and m.velocity > 0 for m in track) for track in tracks]
    assert [said["player_notes"], said["improv_notes"]] == counted
    assert said["answers"] >= 1
    assert said["output"] == "out.mid"
    assert list(said) == re.findall(r"\w+(?=[,} ])", cli.JAM_JSON.replace(" (of music)", ""))


def test_jam_never_writes_over_the_file_it_plays(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["jam", "-o", "mine.mid"]) == 0
    capsys.readouterr()
    assert "mine.mid" in one_line(capsys, "jam", "mine.mid", "-o", "./mine.mid")


def test_jam_hears_a_file_whatever_channel_the_keyboard_is_on(elsewhere: Path) -> None:
    (elsewhere / "config.toml").write_text("[ports]\nchannel_in = 9\n")
    assert cli.main(["jam"]) == 0
    assert any(m.type == "note_on" for m in mido.MidiFile("improv.mid").tracks[1])


def test_jam_plays_on_a_port_only_when_one_is_typed(elsewhere: Path, links: list[FakeLink]) -> None:
    (elsewhere / "config.toml").write_text("[ports]\nout = 'Synth'\n")
    assert cli.main(["jam"]) == 0
    assert links == []
    assert cli.main(["jam", "--out", "Grand"]) == 1  # the fake is lost at once
    assert links[0].settings == PortSettings(output="Grand", listens=False)
    (play,) = links[0].sent
    channels = {note.channel for note in play.notes}
    assert channels == {0, 1}
    assert links[0].closed


def test_jam_plays_each_part_on_its_channel_as_it_is_written(elsewhere: Path, links: list[FakeLink]) -> None:
    (elsewhere / "config.toml").write_text("[ports]\nchannel_out = 5\nchannel_left = 6\n")
    assert cli.main(["jam", "--out", "Grand"]) == 1
    (play,) = links[0].sent
    parts = {(note.channel, note.channel and note.pitch < 60) for note in play.notes}
    assert parts == {(0, 0), (4, False), (5, True)}
    notes = [(m.channel, m.note) for track in mido.MidiFile("improv.mid").tracks for m in track if m.type == "note_on"]
    assert sorted(notes) == sorted((note.channel, note.pitch) for note in play.notes)


def test_play_passes_the_settings_on_and_says_what_is_open(
    links: list[FakeLink], capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--in", "Keys", "--in", "Pads", "--out", "Synth", "--api", "jack", "--thru", "--channel-out", "3"]
    assert cli.main(argv) == 1
    assert links[0].settings == PortSettings(("Keys", "Pads"), "Synth", "jack", virtual=False, thru=True)
    assert links[0].closed
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "hearing Keys + Pads; playing on Synth, channel 3; Ctrl-C ends"
    assert said.err == "improv: fake: the MIDI server has gone\n"


def test_a_solo_s_prompt_is_heard_before_all_else_live_and_in_a_jam(
    links: list[FakeLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["jam", "-o", "mine.mid"]) == 0
    heard: list[object] = []
    hear = Improviser.hear

    def overhear(self: Improviser, event: Any) -> None:
        heard.append(event)
        hear(self, event)

    monkeypatch.setattr(Improviser, "hear", overhear)
    begun = clock.now()
    assert cli.main(["--mode", "solo", "--prompt", "mine.mid", "--no-record"]) == 1
    (live,) = [event for event in heard if isinstance(event, Prompt)]
    assert heard[0] is live and begun <= live.at <= clock.now() and len(live.notes) > 8
    heard.clear()
    assert cli.main(["jam", "--mode", "solo", "--prompt", "mine.mid"]) == 0
    assert isinstance(heard[0], Prompt) and heard[0].notes == live.notes


def test_a_prompt_that_cannot_be_read_is_one_line_and_no_port_is_opened(
    links: list[FakeLink], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "none.mid: cannot be read" in one_line(capsys, "--mode", "solo", "--prompt", "none.mid")
    assert links == []


def test_a_control_bound_twice_is_one_line_and_no_port_is_opened(
    links: list[FakeLink], elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (elsewhere / "config.toml").write_text('[controls]\ntake = "cc 20"\nmute = "cc 20 channel 3"\n')
    assert "controls.take and controls.mute are both bound to cc 20" in one_line(capsys)
    assert not links


def test_a_clock_is_followed_only_when_wished(links: list[FakeLink], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--in", "Keys", "--sync", "clock", "--clock", "Drums", "--meter", "6/8"]) == 1
    assert links[0].settings.clock == "Drums"
    first, second = capsys.readouterr().out.splitlines()
    assert first == "hearing Keys; clock from Drums; playing on improv out, channel 2; Ctrl-C ends"
    assert second == "listening   no clock, free time   heard 0   played 0"
    assert cli.main(["--in", "Keys", "--clock", "Drums"]) == 1
    assert links[1].settings.clock is None


@pytest.mark.parametrize("meter", ["4", "0/4", "4/5", "99/4", "four"])
def test_an_unknown_meter_is_one_line(meter: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"--meter {meter}: accepted is a metre" in one_line(capsys, "--sync", "clock", "--meter", meter)


def test_quiet_shows_nothing_but_what_went_wrong(links: list[FakeLink], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--quiet"]) == 1
    assert capsys.readouterr() == ("", "improv: fake: the MIDI server has gone\n")


def test_a_signal_ends_it_well_and_leaves_the_handlers_as_they_were(
    monkeypatch: pytest.MonkeyPatch, links: list[FakeLink]
) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def wait(self: FakeLink, timeout: float | None) -> list[Report]:
        signal.raise_signal(signal.SIGTERM)
        return []

    monkeypatch.setattr(FakeLink, "wait", wait)
    assert cli.main(["--quiet"]) == 0
    assert links[0].closed
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_exception_in_any_room_silences_and_closes_the_ports(
    links: list[FakeLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn(*_: object) -> list[Command]:
        raise ZeroDivisionError

    monkeypatch.setattr(Improviser, "turn", turn)
    with pytest.raises(ZeroDivisionError):
        cli.main([])
    assert links[0].closed


def test_at_the_end_all_is_silent_before_anything_is_waited_for(
    links: list[FakeLink], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    silent: list[bool] = []
    end = Recorder.end

    def ending(recorder: Recorder) -> None:
        silent.append(links[0].sent[-1] == Silence())
        end(recorder)

    monkeypatch.setattr(Recorder, "end", ending)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    cli.main([])
    assert silent == [True]


def test_as_a_daemon_it_is_alone_on_its_port_tells_its_manager_and_keeps_a_log(
    links: list[FakeLink], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"{folder}/notify")
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", f"{folder}/notify")
        monkeypatch.setenv("WATCHDOG_USEC", "2")
        assert cli.main(["--out", "Synth", "--log", "improv.log"]) == 1
        told = [manager.recv(1000).decode() for _ in range(5)]
    assert [said.partition("=")[0] for said in told] == ["READY", *["WATCHDOG"] * 3, "STOPPING"]
    assert "hearing" in Path("improv.log").read_text()
    capsys.readouterr()
    with only_one("Synth"):
        assert 'plays on "Synth" already' in one_line(capsys, "--out", "Synth")
    assert links[-1].closed


def test_ports_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def list_ports(api: str) -> list[PortInfo]:
        asked.append(api)
        return [PortInfo("Keys", "in", "alsa"), PortInfo("Müller", "out", "jack")]

    monkeypatch.setattr("improv.ports.link.list_ports", list_ports)
    assert cli.main(["ports"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["in", "alsa", "Keys"],
        ["out", "jack", "Müller"],
    ]
    assert cli.main(["ports", "--json", "--api", "jack"]) == 0
    assert json.loads(capsys.readouterr().out)[1] == {"name": "Müller", "direction": "out", "api": "jack"}
    assert asked == ["auto", "jack"]


def test_nothing_set_means_the_cores_own_settings() -> None:
    assert core_settings(Config(config.defaults())) == Settings()


def test_one_dial_turns_every_field() -> None:
    turned = core_settings(Config({**config.defaults(), "sampling.temperature": 0.5, "sampling.top_p": 0.25}))
    assert np.allclose(turned.temperature, np.multiply(Settings().temperature, 0.5))
    assert turned.top_p == (0.25,) * 5


def test_channels_are_counted_from_one_outside_and_from_zero_inside() -> None:
    options = ["--channel-in", "1", "--channel-in", "2 C4:below", "--split", "E4:above"]
    options += ["--channel-out", "16", "--channel-lead", "3", "--channel-left", "1", "--left-below", "Bb3"]
    parser = argparse.ArgumentParser()
    playoptions.add_playing(parser)
    settled = Config({**config.defaults(), **config.from_options(parser.parse_args(options))})
    assert hearing(settled) == (Hearing(0, 64, 127), Hearing(1, 0, 59))
    core = core_settings(settled)
    assert (core.channel_out, core.channel_lead, core.channel_accompaniment, core.channel_left) == (15, 2, None, 0)
    assert core.left_below == 58
    assert hearing(Config(config.defaults())) == (Hearing(),)


def test_a_mode_there_is_not_is_one_line_that_names_those_there_are() -> None:
    from improv.modes import MODES

    with pytest.raises(UserError, match="--mode dance: accepted is ") as refused:
        config.from_options(argparse.Namespace(**{"answer.mode": "dance"}))
    assert all(mode in str(refused.value) for mode in MODES)


def test_a_missing_default_model_says_where_it_was_looked_for(tmp_path: Path) -> None:
    from improv.resources import default_model

    package = tmp_path / "improv"
    with pytest.raises(UserError, match=r"default\.onnx"):
        default_model(package)
    checkout = tmp_path / "models"
    checkout.mkdir()
    (checkout / "default.onnx").touch()
    assert default_model(package) == checkout / "default.onnx"
    (package / "models").mkdir(parents=True)
    (package / "models" / "default.onnx").touch()
    assert default_model(package) == package / "models" / "default.onnx"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("argv", [["jam", "--json", "-o", "/dev/null"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(unbuffered: str, argv: list[str]) -> None:
    program = f"import sys; from improv import cli; sys.exit(cli.main({argv!r}))"
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, env=environment)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("argv", "code"), [(["jam"], 0), (["ports", "--api", "jack"], 2)])
def test_streams_closed_by_who_starts_it_are_no_error(closed: str, argv: list[str], code: int, tmp_path: Path) -> None:
    program = f"import sys; from improv import cli; sys.exit(cli.main({argv!r}))"
    environment = {**os.environ, "JACK_DEFAULT_SERVER": "nowhere", "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    command = ["sh", "-c", f'"{sys.executable}" -c "$0" {closed}', program]
    done = subprocess.run(command, env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == code
    assert done.stderr.count(b"\n") == (0 if code == 0 or "2>&-" in closed else 1), done.stderr


def test_every_option_of_the_table_is_offered():
    offered = {
        *playoptions.SAID_OPTIONS,
        *playoptions.PLAY_OPTIONS,
        *playoptions.TIME_OPTIONS,
        *playoptions.PLAYING_OPTIONS,
        *playoptions.HARMONY_OPTIONS,
        *playoptions.MODEL_OPTIONS,
        *playoptions.WEB_OPTIONS,
        "--web",
    }
    assert offered == set(BY_OPTION)
