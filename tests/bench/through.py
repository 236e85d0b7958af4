"""Port to port, and what improv costs at rest, each beside a bare client: `python -m tests.bench.through [--keys N]`.

Needs jackd; not a test. A keyboard's notes go to `improv --mode harmonize --thru` and, at the same time, to a client
that does nothing but pass on. For each key: how much later than by that client it comes out of improv's thru, and how
much later improv's own note comes; and, for what that is worth, out of another such client. Then, at 64 and at 1,024
frames a period and nobody playing, the share of a core that all of improv's processes take, and what a client takes
that holds the same ports open.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from improv.clock import now
from tests.bench.bare import bare
from tests.live.jack import Message, Musician, own_server

IMPROV = ("--api", "jack", "--in", "Test Keys", "--out", "Test Synth", "--no-record")
#: Channels: the player's, passed through; improv's own; the bare client's, and the other's.
THRU, OWN, PASSED, OTHER = 0, 1, 15, 14
#: Seconds from key to key, and seconds that improv has to come to rest.
EVERY, REST = 0.13, 6.0


@contextlib.contextmanager
def improv(*more: str) -> Iterator[int]:
    """Improv as it plays; its number in the system."""
    command = [str(Path(sys.executable).with_name("improv")), *IMPROV, *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.terminate()


def through(musician: Musician, keys: int) -> dict[str, np.ndarray]:
    """Seconds by which each key came out of improv later than of the bare client."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file, contextlib.ExitStack() as stack:
        print("[harmonize]\nharmonic_rhythm = 0.0", file=file, flush=True)
        stack.enter_context(bare(PASSED))
        stack.enter_context(bare(OTHER))
        stack.enter_context(improv("--config", file.name, "--mode", "harmonize", "--thru"))
        time.sleep(1.0)
        rng, pitches = np.random.default_rng(0), [60, 62, 64, 65, 67, 69, 71, 72]
        starts = EVERY * np.arange(keys) + rng.uniform(0.0, EVERY / 4, keys)
        before = len(musician.received)
        score = [(float(at), bytes((0x90, pitches[i % 8], 1 + i % 100))) for i, at in enumerate(starts)]
        score += [(float(at) + 0.7 * EVERY, bytes((0x80, pitches[i % 8], 0))) for i, at in enumerate(starts)]
        musician.play(sorted(score))
        time.sleep(keys * EVERY + 1.0)
        came = [message for message in musician.received[before:] if message.begins]
    passed = _on(came, PASSED)
    return {
        "through, later than by the bare client": _later(passed, _on(came, THRU)),
        "improv's note, later than the bare client's": _later(passed, _on(came, OWN)),
        "another bare client, later than the first": _later(passed, _on(came, OTHER)),
    }


def _on(came: Sequence[Message], channel: int) -> np.ndarray:
    return np.array([message.at for message in came if message.data[0] & 0x0F == channel])


def _later(passed: np.ndarray, came: np.ndarray) -> np.ndarray:
    """For each that was passed on, how much later the next of those came that is not a hair before it."""
    found = np.searchsorted(came, passed - 0.003)
    later = np.append(came, np.inf)[found] - passed
    return later[later < EVERY / 2]


def at_rest(period: int, seconds: float) -> tuple[float, float]:
    """Hundredths of a core that the bare client takes and all of improv's processes, with nobody playing."""
    with own_server(f"through-{period}", period=period), Musician(keyboard="Test Keys", synth="Test Synth"):
        with bare(PASSED) as client:
            costs = [_cost([client], seconds)]
        with improv() as engine:
            time.sleep(REST)
            costs.append(_cost(family(engine), seconds))
    return costs[0], costs[1]


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(each for child in children for each in family(child))]


def _cost(pids: Sequence[int], seconds: float) -> float:
    before, began = sum(map(_cpu_seconds, pids)), now()
    time.sleep(seconds)
    return 100 * (sum(map(_cpu_seconds, pids)) - before) / (now() - began)


def _cpu_seconds(pid: int) -> float:
    """By the scheduler's own account, which is finer than clock ticks; of all its threads."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def main() -> None:
    """Measure on JACK servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each is watched at rest")
    said = parser.parse_args()
    with own_server("through"), Musician(keyboard="Test Keys", synth="Test Synth") as musician:
        for what, later in through(musician, said.keys).items():
            told = "  ".join(f"{1000 * one:6.2f}" for one in np.quantile(later, (0.01, 0.1, 0.5, 0.9, 0.99)))
            print(f"{what:44} n {len(later):4d}   1, 10, 50, 90, 99 %: {told} ms")
    for period in (64, 1024) if said.seconds else ():
        client, all_of_it = at_rest(period, said.seconds)
        print(f"at rest, {period:4d} frames: a bare client {client:.2f}, improv {all_of_it:.2f} hundredths of a core")
    print(f"load of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
