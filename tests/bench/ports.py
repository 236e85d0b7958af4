"""How prompt the port process is: `python -m tests.bench.ports [SECONDS]`. Needs jackd; not a test.

Prints the latency of thru (from one JACK client's send to another's receive, JACK's own periods of 1.3 ms included)
beside that of a bare client that does nothing but pass on; how soon a chord sounds with the player's note (the whole
of `improv --mode harmonize`, from the keyboard's send to the synth's receive); the lateness of scheduled notes (sent
minus due); and what the process costs.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from improv.clock import now
from improv.plan import PlannedNote, Play
from improv.ports.link import Link, open_ports
from improv.ports.reports import PortSettings, Sent
from improv.timing import Window
from tests.bench.bare import bare
from tests.live.jack import Musician, own_server


def _show(what: str, window: Window) -> None:
    values = [f"{1000 * (value or 0.0):7.2f}" for value in (window.median, window.p99, window.max)]
    print(f"{what:<28} n {window.count:5d}   ms: p50 {values[0]}  p99 {values[1]}  max {values[2]}")


def _bare(musician: Musician, seconds: float) -> None:
    with bare():
        keys = _played(musician, seconds)
        time.sleep(seconds + 1.0)
        _show(f"bare thru, {len(keys)} sent", _through(musician, keys))


def _harmonized(musician: Musician, seconds: float) -> None:
    """Whole notes of the player's, and what sounds first of improv's with each."""
    command = ["improv", "--api", "jack", "--in", "Test Keys", "--out", "Test Synth", "--mode", "harmonize"]
    command += ["--no-record", "--quiet"]
    count = int(seconds / 0.25)
    with subprocess.Popen([str(Path(sys.executable).with_name(command[0])), *command[1:]]) as process:
        time.sleep(4.0)
        before = len(musician.sent)
        pitches = [60 + 2 * (i % 8) for i in range(count)]
        score = [(0.25 * i, bytes((0x90, pitch, 80))) for i, pitch in enumerate(pitches)]
        score += [(0.25 * i + 0.2, bytes((0x80, pitch, 0))) for i, pitch in enumerate(pitches)]
        musician.play(sorted(score))
        time.sleep(seconds + 1.0)
        process.terminate()
    struck = [message.at for message in musician.sent[before:] if message.data[0] == 0x90]
    sounded = [message.at for message in musician.received if message.data[0] & 0xF0 == 0x90]
    window = Window(100_000)
    for at in struck:
        first = min((one for one in sounded if one > at), default=at + 1.0)
        if first - at < 0.2:
            window.add(first - at)
    _show(f"harmonized, {count} struck", window)


def _played(musician: Musician, seconds: float) -> list[bytes]:
    """Plays messages, each another, up to 16,000."""
    count = int(seconds / 0.02)
    keys = [bytes((0x90, i % 128, 1 + i // 128 % 127)) for i in range(count)]
    musician.play([(0.2 + i * 0.02 + random.random() / 100, key) for i, key in enumerate(keys)])
    return keys


def _through(musician: Musician, keys: list[bytes]) -> Window:
    window, left = Window(100_000), {message.data: message.at for message in musician.sent[-len(keys) :]}
    for message in musician.received[-len(keys) :]:
        if message.data in left:
            window.add(message.at - left[message.data])
    return window


def _thru(link: Link, musician: Musician, seconds: float) -> None:
    keys = _played(musician, seconds)
    end = now() + seconds + 1.0
    while now() < end:
        link.wait(0.1)
    _show(f"thru, {len(keys)} sent", _through(musician, keys))


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
    with own_server("bench"), Musician(keyboard="Test Keys", synth="Test Synth") as musician:
        _bare(musician, seconds)
        _harmonized(musician, seconds)
        settings = PortSettings(inputs=("Test Keys",), output="Test Synth", api="jack", thru=True)
        with open_ports(settings) as link:
            _thru(link, musician, seconds)
            print(f"one core, listening closely: {_cost(link, seconds):.1f} %")
            _lateness(link, seconds)
            time.sleep(max(0.0, 2.0 - seconds))
            print(f"one core, at rest:           {_cost(link, seconds):.1f} %")
    print(f"load of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
