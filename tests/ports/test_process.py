"""The life of a port process: apart from the terminal, and however it ends it silences and closes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from improv.clock import now
from improv.errors import UserError
from improv.ports import process
from improv.ports.pipe import Pipe
from improv.ports.reports import Lost, Opened, PortSettings
from improv.ports.starting import Opening


@pytest.mark.parametrize("fails", ["not", "serving", "silencing"])
def test_however_it_ends_it_silences_and_then_closes(fails: str) -> None:
    told: list[str] = []

    def do(what: str) -> None:
        told.append(what)
        if what == fails:
            raise RuntimeError("it broke")

    ours, theirs = multiprocessing.Pipe()
    loop: Any = SimpleNamespace(run=lambda: do("serving"), silence=lambda pause: do("silencing"))
    ports: Any = SimpleNamespace(opened=Opened("jack", (), ""), close=lambda: do("closing"))
    before = signal.getsignal(signal.SIGTERM)
    try:
        process._run(loop, Pipe(theirs), ports)
    except RuntimeError:
        assert fails == "silencing"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGTERM, before)
    assert told == ["serving", "silencing", "closing"]
    said = [Lost("the port process failed: RuntimeError: it broke")] if fails == "serving" else []
    assert Pipe(ours).receive() == said


HANGING = """
import multiprocessing, threading
from types import SimpleNamespace
from improv.errors import UserError
from improv.ports import process
from improv.ports.pipe import Pipe
from improv.ports.reports import Opened

process.ENDING = 0.2
ours, theirs = multiprocessing.Pipe()
loop = SimpleNamespace(run=ours.close, silence=lambda pause: None)
lock = threading.Lock()
lock.acquire()
process._run(loop, Pipe(theirs), SimpleNamespace(opened=Opened("jack", (), ""), close=lock.acquire))
"""


def test_it_ends_though_the_midi_system_does_not_let_go_of_a_client() -> None:
    """SIGTERM is ignored by then, and nobody is left to kill it when its engine has been."""
    done = subprocess.run([sys.executable, "-c", HANGING], timeout=60, check=False)
    assert done.returncode == -signal.SIGALRM


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_it_has_a_session_of_its_own_and_no_ear_for_the_terminal_s_signals() -> None:
    opening = Opening()
    try:
        pid, end = opening.worker.pid, now() + 60.0
        assert pid is not None
        ignored = 0
        while not ignored & 1 << signal.SIGHUP - 1 and now() < end:
            status = Path(f"/proc/{pid}/status").read_text().splitlines()
            ignored = next(int(line.split()[1], 16) for line in status if line.startswith("SigIgn"))
        assert ignored & 1 << signal.SIGINT - 1 and ignored & 1 << signal.SIGHUP - 1
        assert os.getsid(pid) == pid
    finally:
        opening.give_up()


@pytest.mark.parametrize(("refusals", "opens"), [(0, True), (1, True), (2, False)])
def test_a_system_that_refuses_once_is_asked_again(refusals: int, opens: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a busy jackd does: it opened, when asked again."""
    ours, theirs = multiprocessing.Pipe()
    left = [UserError("JACK server not running?")] * refusals

    def open_first(*_: object) -> str:
        if left:
            raise left.pop()
        return "ports"

    monkeypatch.setattr(process, "_opening", lambda: SimpleNamespace(open_first=open_first, NoSystem=UserError))
    monkeypatch.setattr(process, "LOOK_FOR_SYSTEM", 0.0)
    with contextlib.nullcontext() if opens else pytest.raises(UserError):
        assert process._open(Pipe(theirs), PortSettings(), ()) == "ports"
    ours.close()


def test_nobody_leaves_without_closing() -> None:
    """os._exit would lose what was just sent; after a server's death there is nothing to be lost."""
    sources = Path(process.__file__).parents[1].rglob("*.py")
    assert not [path.name for path in sources if "os._exit" in path.read_text()]


ASKED = """
import threading
from improv import priority

asked, over, told = threading.Event(), threading.Event(), []

def run():
    asked.wait()
    told.append(priority.go_first(1))
    over.set()
    threading.Event().wait()

priority.go_first(1)
threading.Thread(target=run, daemon=True).start()
before = priority.others_first()
asked.set()
over.wait()
print(before, priority.others_first() == told[0])
"""


def test_a_thread_that_runs_in_real_time_is_seen() -> None:
    """So it is known whether JACK does; libjack's threads run as the server wishes. In a process of its own: a thread
    is listed until the kernel has buried it, which is after it was waited for."""
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, timeout=60.0)
    assert done.stdout == "False True\n", done.stderr
