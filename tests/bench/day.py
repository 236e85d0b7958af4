"""A day on stage under a simulated clock: `python -m tests.bench.day [HOURS]`. No test, but it stops where one would.

Every hour: notes heard and begun, floods, port processes that died, times the keyboard was unplugged, changes of mode,
memory (resident), and how long the hour took.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.day import Day


def _resident_mb() -> float:
    """Resident memory of this process in MB, as Linux tells it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Run the day."""
    hours = int(sys.argv[1]) if sys.argv[1:] else 24
    day = Day()
    print("| hour | heard | begun | floods | port processes died | unplugged | modes | memory (MB) | took (s) |")
    print("|---|---|---|---|---|---|---|---|---|")
    for hour in range(1, hours + 1):
        began = time.perf_counter()
        day.play(hour * 3600.0)
        took, count = time.perf_counter() - began, day.counts
        counts = f"{count.heard} | {day.far.begun} | {count.floods} | {count.deaths} | {count.unplugged}"
        print(f"| {hour} | {counts} | {count.switches} | {_resident_mb():.0f} | {took:.0f} |", flush=True)
    day.silence()
    print("nothing sounds")


if __name__ == "__main__":
    main()
