"""A daemon's affairs: what the service manager hears, one improv a port, a log that rotates, files that parse."""

from __future__ import annotations

import configparser
import plistlib
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from improv import logfile
from improv.desk import Desk
from improv.errors import UserError
from improv.greeting import greeting
from improv.logfile import logged
from improv.notify import Notifier
from improv.onlyone import only_one
from improv.ports.reports import Gone, Opened
from improv.settings import Settings
from improv.settingtable import BY_OPTION
from improv.status import StatusLine

TOP = Path(__file__).parents[1]


def test_the_service_manager_is_told_when_it_is_ready_alive_and_stopping() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"{folder}/notify")
        manager.setblocking(False)
        notifier = Notifier({"NOTIFY_SOCKET": f"{folder}/notify", "WATCHDOG_USEC": "10000000"})
        notifier.ready("hearing Keys")
        for moment in (0.0, 1.0, 4.9, 5.0, 6.0, 10.0):
            notifier.alive(moment)
        notifier.stopping()
        said = [manager.recv(1000).decode() for _ in range(5)]
        assert said == ["READY=1\nSTATUS=hearing Keys", *["WATCHDOG=1"] * 3, "STOPPING=1"]
        with pytest.raises(BlockingIOError):
            manager.recv(1000)


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "soon"}])
def test_where_nobody_listens_nothing_happens(environment: dict[str, str]) -> None:
    notifier = Notifier(environment)
    notifier.ready("")
    notifier.alive(1.0)
    notifier.stopping()


def test_a_second_improv_on_the_same_port_is_one_line_and_one_on_another_is_fine(tmp_path: Path) -> None:
    program = f"""
import sys, pathlib
from improv.onlyone import only_one
with only_one("Synth 1", pathlib.Path({str(tmp_path)!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TOP
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        said = rf'another improv \(process {other.pid}\) plays on "Synth 1" already'
        with pytest.raises(UserError, match=said), only_one("Synth 1", tmp_path):
            pass
        with only_one("Synth 2", tmp_path):
            pass
        other.kill()
    with only_one("Synth 1", tmp_path):  # the dead hold nothing
        pass


def test_where_no_lock_can_be_kept_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with only_one("Synth", tmp_path / "file" / "folder"):
        pass


def test_the_log_rotates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logfile, "LARGEST", 1000)
    path = tmp_path / "logs" / "improv.log"
    with logged(str(path)) as log:
        for number in range(200):
            log(f"line {number} 🎹")
    files = sorted(path.parent.iterdir())
    assert len(files) == 1 + logfile.KEPT
    assert all(file.stat().st_size <= 1000 for file in files)
    assert path.read_text(encoding="utf-8").splitlines()[-1].endswith(" line 199 🎹")


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = r"improv\.log: cannot be written .* name another file with --log"
    with pytest.raises(UserError, match=said), logged(str(tmp_path / "file" / "improv.log")):
        pass
    with logged("") as log:
        log("nobody hears it")


class Screen:
    """Collects what is written."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def test_what_happens_is_said_and_logged() -> None:
    screen, log = Screen(), list[str]()
    desk = Desk(StatusLine(screen), log=log.append)
    news = [["the model failed"], []]
    desk.ask(lambda: news.pop(0))
    desk.look(1.0)
    desk.look(2.0)
    desk.heed(Gone("JACK: the server has gone"), 3.0)
    assert (
        screen.text.splitlines()
        == log
        == [
            "the model failed",
            "JACK: the server has gone; playing goes on as soon as it is back",
        ]
    )


def test_the_greeting_says_what_is_missing() -> None:
    opened = Opened("jack", ("Keys",), "Synth", clock="Drums", absent=("Keys", "Synth"))
    assert greeting(opened, Settings(), thru=False) == [
        "hearing Keys; clock from Drums; playing on Synth, channel 2; Ctrl-C ends",
        "waiting for Keys and Synth",
    ]


def test_the_greeting_says_which_of_two_of_one_name_was_taken_and_what_is_one_bus() -> None:
    opened = Opened("jack", ("Bus:out",), "Bus-01:in", namesakes=(("Bus:out", "Bus-02:out"),))
    assert greeting(opened, Settings(), thru=False)[1:] == [
        "Bus:out is both heard and played on: what improv hears of itself is left out",
        "Bus:out is taken; Bus-02:out is called so too: name that in full if it is the one you mean",
    ]


def test_the_greeting_says_which_part_goes_where() -> None:
    settings = Settings(channel_lead=2, channel_left=0)
    assert greeting(Opened("jack", ("Keys",), "Synth"), settings, thru=False) == [
        "hearing Keys; playing on Synth, channel 2 (lead 3, left hand 1); Ctrl-C ends"
    ]


def test_the_files_that_are_shipped_are_what_their_systems_read_and_call_improv_rightly() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(TOP / "daemon" / "improv.service")
    assert unit["Service"]["Type"] == "notify"
    agent = plistlib.loads((TOP / "daemon" / "improv.plist").read_bytes())
    commands = [unit["Service"]["ExecStart"].split(), agent["ProgramArguments"]]
    for command in commands:
        assert command[0].endswith("/improv")
        options = {word for word in command[1:] if word.startswith("--")}
        assert "--wait" in options and options <= {*BY_OPTION, "--quiet"}
