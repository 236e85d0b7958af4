"""How soon improv listens, and its memory: `python -m tests.bench.start [--times N]`. Needs jackd; not a test.

Starts `improv` on a JACK server of its own, again and again, as a player does. Prints the seconds from the command to
the line that says it listens, those of a processor among them, and the private memory (RssAnon) of all its processes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from improv.clock import now
from tests.bench.through import IMPROV, family
from tests.live.jack import Musician, own_server

#: Seconds after it listens at which memory is looked at.
SETTLED = 1.0


def started() -> tuple[float, float, dict[int, float]]:
    """Seconds until it listened, seconds of a processor that took, and megabytes by process."""
    command = [str(Path(sys.executable).with_name("improv")), *IMPROV]
    began = now()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        listens = now() - began
        pids = family(process.pid)
        spent = sum(_cpu_seconds(pid) for pid in pids)
        time.sleep(SETTLED)
        memory = {pid: _private_megabytes(pid) for pid in family(process.pid)}
        process.terminate()
    return listens, spent, memory


def _cpu_seconds(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _private_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon")) / 1024


def main() -> None:
    """Measure on a JACK server of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=7)
    said = parser.parse_args()
    with own_server("start"), Musician(keyboard="Test Keys", synth="Test Synth"):
        found = [started() for _ in range(said.times)]
    for name, seconds in (
        ("until it listens", [one[0] for one in found]),
        ("of a processor", [one[1] for one in found]),
    ):
        least, median, most = np.quantile(seconds, (0.0, 0.5, 1.0))
        print(f"seconds {name:18} least {least:5.2f}   median {median:5.2f}   most {most:5.2f}")
    each = ", ".join(f"{megabytes:.0f}" for megabytes in found[-1][2].values())
    print(f"private memory, MB: {sum(found[-1][2].values()):.0f} (by process: {each})")
    print(f"load of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
