"""What the page costs the music: how late notes leave with a page, with twenty more, as its server dies, on busy cores.

`python -m tests.bench.page [--seconds 20]`: improv plays alone (`--mode solo`) on ports of a JACK server of its own,
where the port process sends the notes. How late they left is what improv says itself (`status`).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from websockets.exceptions import InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from improv.bench.measuring import busy
from tests.live.jack import own_server
from tests.page.running import RunningImprov

CLIENTS = 20


def latenesses(improv: RunningImprov, seconds: float, others: int, *, kill: bool = False) -> list[float]:
    """Milliseconds by which notes left late while so many other pages look, or as the server is killed now and then."""
    found: list[float] = []
    end, kill_at, played = time.monotonic() + seconds, time.monotonic() + seconds / 4, -1
    with contextlib.ExitStack() as stack:
        pages = [stack.enter_context(_live(improv)) for _ in range(others)]
        one = stack.enter_context(_live(improv))
        while time.monotonic() < end:
            if kill and time.monotonic() > kill_at:
                improv.kill_page_server()
                kill_at += seconds / 4
                one = stack.enter_context(_live(improv))
                played = -1
            message = json.loads(one.recv(timeout=10))
            if message["type"] == "status":
                new = 0 if played < 0 else message["played"] - played
                found += message["latest_ms"][-new:] if new else []
                played = message["played"]
            for page in pages:
                with contextlib.suppress(TimeoutError):
                    page.recv(timeout=0)
    return found


def _live(improv: RunningImprov) -> ClientConnection:
    deadline = time.monotonic() + 30
    while True:
        try:
            return connect(f"ws://127.0.0.1:{improv.port}/live", max_queue=None)
        except (OSError, InvalidHandshake):  # it is not there, or dying
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as home, own_server("improv-page-bench"):
        improv = RunningImprov(Path(home), "--virtual", "--mode", "solo")
        try:
            print("| | notes | late by, median | p99 | most |\n|---|---:|---:|---:|---:|")
            for what, others, kill, load in (
                *(("one page", 0, False, False), (f"and {CLIENTS} more", CLIENTS, False, False)),
                ("its server killed three times", 0, True, False),
                *(("one page again", 0, False, False), ("one page, a busy process on each core", 0, False, True)),
            ):
                with busy() if load else contextlib.nullcontext():
                    late = latenesses(improv, seconds, others, kill=kill)
                told = " | ".join(f"{value:.2f} ms" for value in np.quantile(late, [0.5, 0.99, 1.0]))
                print(f"| {what} | {len(late)} | {told} |", flush=True)
        finally:
            improv.stop()


if __name__ == "__main__":
    main()
