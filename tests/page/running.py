"""`improv play`, or `improv --web`, as a user starts it, on a free port, with folders of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

START_SECONDS = 60.0
STOP_SECONDS = 60.0


class RunningImprov:
    """A running `improv play`, or with `beside` ports `improv --web`; `address` is the page's, with a slash at its
    end."""

    def __init__(self, folder: Path, *options: str, port: int | None = None, beside: bool = False) -> None:
        asked = self.port = free_port() if port is None else port
        self._log = (folder / "improv.log").open("w+", encoding="utf-8")
        # Nothing of the user's is read or written: settings, sessions and data lie in the test's own folder.
        homes = {name: str(folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
        start = "import sys; from improv.cli import main; sys.exit(main())"
        what = "--web" if beside else "play"
        command = [sys.executable, "-c", start, what, "--no-browser", "--web-port", str(asked), *options]
        self.process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **homes}, stdout=self._log, stderr=subprocess.STDOUT
        )
        self._wait_for_page()
        self.address = f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> RunningImprov:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def said(self) -> str:
        """What it has written to its terminal so far."""
        self._log.flush()
        return Path(self._log.name).read_text(encoding="utf-8", errors="replace")

    def wait_for(self, word: str) -> None:
        """Wait until it has said this."""
        deadline = time.monotonic() + START_SECONDS
        while word not in self.said():
            assert self.process.poll() is None and time.monotonic() < deadline, self.said()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self._log.close()

    def kill(self) -> None:
        """End it as SIGKILL does."""
        self.process.kill()
        self.process.wait()
        self._log.close()

    def kill_page_server(self) -> int:
        """Kill the process that listens on the page's port; its id."""
        for pid in _descendants(self.process.pid):
            if _listens(pid, self.port):
                os.kill(pid, signal.SIGKILL)
                return pid
        raise AssertionError("no process of improv's listens on the page's port")

    def listens(self) -> bool:
        """Whether anything answers at the page's port."""
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _wait_for_page(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if said := re.search(r"the page: http://[^:]+:(\d+)/", self.said()):
                self.port = int(said[1])
                return
            time.sleep(0.05)
        said = self.said()
        self.process.kill()
        self.process.wait()
        self._log.close()
        raise AssertionError(f"the page did not come up:\n{said}")


def free_port() -> int:
    """A TCP port that nobody has now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _descendants(pid: int) -> list[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has just ended
    found = [pid]
    for candidate in found:
        found += [child for child, parent in parents.items() if parent == candidate]
    return found[1:]


def _listens(pid: int, port: int) -> bool:
    listening = "0A"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[9] for row in rows if row[3] == listening and int(row[1].rpartition(":")[2], 16) == port}
    try:
        links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return any(link == f"socket:[{inode}]" for link in links for inode in inodes)
