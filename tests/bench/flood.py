"""What a flood does: `python -m tests.bench.flood [SECONDS]`. Needs jackd; not a test.

Another process plays 5,000 messages a second of random notes into improv's port, for a minute; then single notes. How
late they are heard, by the second, how many were thinned out, memory, and what sounds on the far side in the end.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import numpy as np

from improv import model
from improv.clock import now
from improv.improviser import Improviser
from improv.ports.lifeline import Lifeline
from improv.ports.reports import Heard, PortSettings
from improv.reception import Reception
from improv.resources import default_model
from improv.settings import Settings
from improv.thinning import thinned
from tests.live.jack import JackServer, Musician, sounding

RATE, AFTER = 5000, 3.0


def _second() -> list[tuple[float, str]]:
    """A second of it."""
    kinds = ("9", "8", "9", "b")
    return [
        (index / RATE, f"{random.choice(kinds)}0{random.randrange(128):02x}{random.randrange(128):02x}")
        for index in range(RATE)
    ]


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> None:
    """Flood, then see how soon all is well again."""
    seconds = int(sys.argv[1]) if sys.argv[1:] else 60
    server = JackServer(f"improv-flood-{os.getpid()}")
    os.environ["JACK_DEFAULT_SERVER"] = server.name
    server.start()
    try:
        with Musician(keyboard="Test Keys", synth="Test Synth") as musician:
            lifeline = Lifeline(PortSettings(inputs=("Test Keys",), output="Test Synth", api="jack"))
            _run(musician, lifeline, seconds)
            lifeline.close()
            print(f"sounding on the far side: {sum(sounding(musician.received).values())}")
    finally:
        server.stop()


def _run(musician: Musician, lifeline: Lifeline, seconds: int) -> None:
    core = Improviser(model.load(default_model()), Settings(), np.random.default_rng(0))
    reception = Reception()
    print("| second | messages heard | left out | late, most (ms) | memory (MB) |\n|---|---|---|---|---|")
    begin = now()
    for number in range(seconds + int(AFTER)):
        musician.play(_second() if number < seconds else [(0.1 * index, "903c40") for index in range(10)])
        heard, left, late = 0, 0, 0.0
        while now() < begin + number + 1:
            reports = [report for report in lifeline.wait(0.02) if isinstance(report, Heard)]
            events = [event for report in reports for event in reception.events(report)]
            kept, left_out = thinned(events)
            for event in kept:
                core.hear(event)
            late = max([late, *(now() - report.at for report in reports[-1:])])
            heard, left = heard + len(reports), left + len(left_out)
            for command in core.turn(now()):
                lifeline.send(command)
        if number < 3 or number >= seconds - 2 or number % 10 == 0:
            print(f"| {number + 1} | {heard} | {left} | {late * 1000:.0f} | {_resident_mb():.0f} |", flush=True)


if __name__ == "__main__":
    main()
