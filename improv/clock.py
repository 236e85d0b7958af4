"""The clock seam: one monotonic clock that every process of the machine shares."""

from __future__ import annotations

import time


def now() -> float:
    """Seconds on a monotonic clock that is the same for all processes (perf_counter is, on every platform)."""
    return time.perf_counter()
