"""A day on stage under a simulated clock: `python -m tests.bench.day [HOURS] [off]`. It stops where a test would.

Every hour: notes heard and begun, floods, port processes that died, times the keyboard was unplugged, changes of mode,
blocks that Python has allocated, memory (resident), and how long the hour took. The session memory grows with what is
heard until its tables are full; `off` leaves it out, and then the second half of the day may need no more than a
twentieth beyond the first.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

from tests.day import Day, is_flat


def _resident_mb() -> float:
    """Resident memory of this process in MB, as Linux tells it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    """Run the day."""
    hours = int(sys.argv[1]) if sys.argv[1:] else 24
    day = Day(memory="off" if "off" in sys.argv else "session")
    print(
        "| hour | heard | begun | floods | port processes died | unplugged | modes | blocks | memory (MB) | took (s) |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    blocks = []
    for hour in range(1, hours + 1):
        began = time.perf_counter()
        day.play(hour * 3600.0)
        took, count = time.perf_counter() - began, day.counts
        gc.collect()
        blocks.append(sys.getallocatedblocks())
        counts = f"{count.heard} | {day.far.begun} | {count.floods} | {count.deaths} | {count.unplugged}"
        needs = f"{blocks[-1]} | {_resident_mb():.0f}"
        print(f"| {hour} | {counts} | {count.switches} | {needs} | {took:.0f} |", flush=True)
    day.silence()
    print("nothing sounds")
    assert "off" not in sys.argv or is_flat(blocks), "memory grows"


if __name__ == "__main__":
    main()
