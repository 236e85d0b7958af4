"""Improv plays on real ports for a long time: `python -m tests.bench.soak FOLDER [MINUTES]`. Needs jackd; no test.

Another process plays phrases of the MIDI files in FOLDER (music that the model has not seen, mostly), as they are
played, with pauses in between, and hears what comes back. Every minute, then over all: notes in and out, how late they
left, memory of the engine and of its port process (anonymous, resident); in the end what sounds on the far side, and
whether the recording has every note of both.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from improv import midifile
from improv.clock import now
from improv.errors import UserError
from improv.events import ControlChange, Event, NoteOff, NoteOn
from improv.midi import control_change, note_off, note_on
from improv.sessionfile import SUFFIX
from tests.bench.answers import phrases
from tests.live.jack import sounding
from tests.live.scene import Scene, missing

#: Seconds that the player leaves for an answer.
PAUSE = (2.0, 8.0)


def _said(event: Event) -> bytes:
    match event:
        case NoteOn():
            return note_on(0, event.pitch, event.velocity)
        case NoteOff():
            return note_off(0, event.pitch)
        case ControlChange():
            return control_change(0, event.control, event.value)


def _phrases(folder: Path, rng: random.Random) -> Iterator[Sequence[Event]]:
    """Phrases of the folder's files, without end."""
    paths = sorted(folder.rglob("*.mid"))
    if not paths:
        sys.exit(f"{folder}: no MIDI files")
    while True:
        try:
            found = list(phrases(midifile.read(rng.choice(paths))))
        except UserError as error:
            print(error, file=sys.stderr)
            continue
        begin = rng.randrange(max(1, len(found) - 5))
        yield from found[begin : begin + 5]


def anonymous_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1000


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def main() -> None:
    """Play, and say what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("minutes", type=float, nargs="?", default=20.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="improv-soak-") as settings,
        Scene(f"improv-soak-{os.getpid()}", sync=True) as scene,
    ):
        config = Path(settings) / "verbose.toml"  # a verbose improv says at its end how late its notes left
        config.write_text('[terminal]\ndetail = "verbose"\n')
        _soak(scene, options.folder, 60.0 * options.minutes, str(config))


def _soak(scene: Scene, folder: Path, seconds: float, config: str) -> None:
    rng, musician = random.Random(0), scene.musician
    assert musician is not None
    with scene.improv("--config", config) as (running, home):
        pid, begin, minute = running.process.pid, now(), 0
        print("| minute | notes in | notes out | engine (MB) | its processes (MB) |\n|---|---|---|---|---|")
        for phrase in _phrases(folder, rng):
            if now() >= begin + 60.0 * minute:
                played, heard = (sum(m.begins for m in voice) for voice in (musician.sent, musician.received))
                others = " + ".join(f"{anonymous_mb(child):.1f}" for child in children(pid))
                print(f"| {minute} | {played} | {heard} | {anonymous_mb(pid):.1f} | {others} |", flush=True)
                minute += 1
            if now() >= begin + seconds:
                break
            musician.play([(event.at, _said(event)) for event in phrase])
            time.sleep(phrase[-1].at + rng.uniform(*PAUSE))
        assert running.end() == 0, running.err
        time.sleep(1.0)
        sent, received = musician.sent, musician.received
        print(f"sounding on the far side in the end: {sum(sounding(received).values())}")
        print(f"notes that the recording lacks: {missing(home, sent, received)}")
        print(f"said at the end: {running.out[-1]}")
        print(
            f"errors: {running.err or 'none'}; recording: {next(home.rglob(f'*{SUFFIX}')).stat().st_size / 1e6:.2f} MB"
        )


if __name__ == "__main__":
    main()
