"""What a flood does: `python -m tests.bench.flood [SECONDS] [loose]`. Needs jackd; not a test.

Another process plays 5,000 random messages a second into `improv`, for a minute; then a phrase. By the second: how old
what was heard was at most, how many notes were left out, memory of the engine and of its port process (anonymous,
resident); then what a fault's row in docs/faults.md has, and how many notes a client lacks that hears the same keyboard
beside improv, and does nothing else: those JACK itself has lost. `loose`: on a server as most people run it, which goes
on without a client that is late.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path

from improv.sessionfile import LeftOut, Reader
from tests.bench.bare import listener
from tests.bench.soak import anonymous_mb, children
from tests.live.scene import Scene, heard_late, session


def main() -> None:
    """Flood, then see how soon all is well again."""
    seconds = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 60)
    memory: list[str] = []
    folders: list[Path] = []

    def watch(pid: int, folder: Path) -> None:
        memory.append(f"{anonymous_mb(pid):.0f} + {anonymous_mb(children(pid)[0]):.0f}")
        folders.append(folder)

    with Scene(f"improv-flood-{os.getpid()}", sync="loose" not in sys.argv) as scene, listener() as heard_beside:
        outcome = scene.flooded(seconds, watch)
        assert scene.musician is not None
        played = sum(message.begins for message in scene.musician.sent)
        _table(folders[-1], memory)
        print(outcome)
        print(
            f"of {played} notes improv's recording lacks {outcome.lost}, a bare client beside {played - heard_beside()}"
        )
        print(f"load of the machine in the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _table(folder: Path, memory: list[str]) -> None:
    oldest: defaultdict[int, float] = defaultdict(float)
    heard: defaultdict[int, int] = defaultdict(int)
    left: defaultdict[int, int] = defaultdict(int)
    reader = Reader(session(folder))
    begin = next(at for at, _ in heard_late(folder))
    for at, late in heard_late(folder):
        second = int(at - late - begin)
        heard[second] += 1
        oldest[second] = max(oldest[second], late)
    for record in reader:
        if isinstance(record, LeftOut):
            left[int(record.heard[0].at - begin)] += len(record.heard)
    print("| second | heard | left out | old, most (ms) | memory (MB) |\n|---|---|---|---|---|")
    for second in sorted(heard):
        if second < 3 or second % 10 == 9 or second >= len(memory) - 1:
            said = memory[second] if second < len(memory) else ""
            print(f"| {second + 1} | {heard[second]} | {left[second]} | {oldest[second] * 1000:.0f} | {said} |")


if __name__ == "__main__":
    main()
