"""How prompt the port process is: `python -m tests.bench.ports [SECONDS]`. Needs jackd; not a test.

Prints the latency of thru (from one JACK client's send to another's receive, JACK's own two periods of 1.3 ms
included), the lateness of scheduled notes (sent minus due), and what the process costs at rest.
"""

from __future__ import annotations

import os
import random
import sys
import time

from improv.clock import now
from improv.plan import PlannedNote, Play
from improv.ports.link import Link, open_ports
from improv.ports.reports import PortSettings, Sent
from improv.timing import Window
from tests.live.jack import JackServer, Musician


def _show(what: str, window: Window) -> None:
    values = [f"{1000 * (value or 0.0):7.2f}" for value in (window.median, window.p99, window.max)]
    print(f"{what:<28} n {window.count:5d}   ms: p50 {values[0]}  p99 {values[1]}  max {values[2]}")


def _thru(link: Link, musician: Musician, seconds: float) -> None:
    window = Window(100_000)
    count = int(seconds / 0.02)
    keys = [bytes((0x90, i % 128, 1 + i // 128 % 127)) for i in range(count)]  # each another, up to 16 000
    musician.play([(0.2 + i * 0.02 + random.random() / 100, key) for i, key in enumerate(keys)])
    end = now() + seconds + 1.0
    while now() < end:
        link.wait(0.1)
    left = {message.data: message.at for message in musician.sent}
    for message in musician.received:
        window.add(message.at - left[message.data])
    _show(f"thru, {count} sent", window)


def _lateness(link: Link, seconds: float) -> None:
    window = Window(100_000)
    start = now() + 0.2
    onsets = [start + i * 0.02 + random.random() / 100 for i in range(int(seconds / 0.02))]
    link.send(Play(tuple(PlannedNote(onset, 60, 80, 0.01, 1) for onset in onsets)))
    end = onsets[-1] + 0.5
    while now() < end:
        for report in link.wait(0.1):
            if isinstance(report, Sent):
                window.add(report.lateness)
    _show("lateness of planned notes", window)


def _cost(link: Link, seconds: float) -> float:
    before = _cpu_seconds(link.pid)
    time.sleep(seconds)
    return 100 * (_cpu_seconds(link.pid) - before) / seconds


def _cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure on a JACK server of its own."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    server = JackServer(f"bench-{os.getpid()}")
    os.environ["JACK_DEFAULT_SERVER"] = server.name
    server.start()
    try:
        with Musician(keyboard="Test Keys", synth="Test Synth") as musician:
            settings = PortSettings(inputs=("Test Keys",), output="Test Synth", api="jack", thru=True)
            with open_ports(settings) as link:
                _thru(link, musician, seconds)
                print(f"one core, listening closely: {_cost(link, seconds):.1f} %")
                _lateness(link, seconds)
                time.sleep(max(0.0, 2.0 - seconds))
                print(f"one core, at rest:           {_cost(link, seconds):.1f} %")
    finally:
        server.stop()
    print(f"load of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
