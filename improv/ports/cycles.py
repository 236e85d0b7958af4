"""Whether JACK runs a client: the server wakes a thread of its own once a cycle.

Now and then it never does. libjack keeps one table for all clients of a process: by which call each of them, by its
number, is woken. Where another program's client has just ended and a second one of this process gets its number, the
table may still have the call of the one that ended: the new client's thread waits for that for ever, its port is there
and connected, and nothing says so. (Seen in /proc/self/maps; in one of eight openings beside two `jack_lsp` in a loop.)
Who listens behind it waits as well, and every change of the server's graph takes half a second. A client that is made
again gets a call of its own.

Linux tells how often a thread has been woken. Where that is not told every client counts as run.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from improv.clock import now

#: A client is run once its thread was woken so often. It is left out where another client's was so often meanwhile, or
#: after so many seconds, if another was run in them. Where none was the server stands still, and all may be well later.
WOKEN, OTHERS, PATIENCE = 2, 100, 0.25
#: A client is made so many times at most, and the last is taken as it is: improv is to play all the same, should all
#: this be wrong somewhere.
TRIES = 4
#: A client that has been run is left out when it was not for so many seconds in which another was.
LEFT_OUT = 0.5
#: Seconds between two looks at a new client.
LOOK = 0.002
T = TypeVar("T")


class LeftOut(Exception):
    """JACK does not run a client of this process any more."""


def present() -> set[int]:
    """The threads of this process; none where they are not listed."""
    try:
        return {int(name) for name in os.listdir("/proc/self/task")}
    except (OSError, ValueError):
        return set()


def woken(threads: Collection[int]) -> dict[int, int]:
    """How often each of these threads has waited for something and got it; without those of which that is not told."""
    found = {}
    for thread in threads:
        with contextlib.suppress(OSError, StopIteration), open(f"/proc/self/task/{thread}/status", "rb") as lines:
            found[thread] = next(int(line.split()[1]) for line in lines if line.startswith(b"voluntary_ctxt_switches:"))
    return found


def all_woken() -> dict[int, int]:
    """How often each thread of this process has."""
    return woken(present())


def is_run(thread: int, others: Collection[int], more: Mapping[int, int], *, late: bool = False) -> bool | None:
    """Whether a client is run, by how often its thread and those of the `others` were woken since it was made; None
    while that cannot be told. `late`: it has had its time."""
    if more.get(thread, 0) >= WOKEN:
        return True
    return (
        False if max((more.get(other, 0) for other in others), default=0) >= (2 * WOKEN if late else OTHERS) else None
    )


def made_to_run(
    make: Callable[[], T],
    unmake: Callable[[T], None],
    others: Collection[int] = (),
    counts: Callable[[], Mapping[int, int]] = all_woken,
) -> tuple[T, int | None]:
    """A client, and the thread by which JACK runs it (None where that is not told): made anew where it is left out,
    while the `others`, threads of the clients before it, are run."""
    for left in reversed(range(TRIES)):
        before = counts()
        client = make()
        first = counts()
        thread = max(first.keys() - before.keys(), default=None)  # of a client's threads the last is the one
        if left == 0 or thread is None or not _is_left_out(thread, others, first, counts):
            return client, thread
        unmake(client)
    raise AssertionError("the last is taken as it is")


def _is_left_out(
    thread: int, others: Collection[int], first: Mapping[int, int], counts: Callable[[], Mapping[int, int]]
) -> bool:
    told, end = None, now() + PATIENCE
    while told is None:
        late = now() >= end
        then = counts()
        told = is_run(thread, others, {each: then.get(each, 0) - count for each, count in first.items()}, late=late)
        if late:
            break
        time.sleep(LOOK)
    return told is False


class Watch:
    """Sees whether JACK goes on running the clients of these threads. Pure: counts and moments are handed in."""

    def __init__(self) -> None:
        self._before: dict[int, int] = {}
        self._missed: dict[int, float] = {}  # seconds in which another was run
        self._looked = 0.0

    def look(self, threads: Collection[int], counts: Mapping[int, int], now: float) -> bool:
        """Whether all are run, as far as that can be told: where none is, the server stands still."""
        seconds, self._looked = now - self._looked, now
        present = {thread: counts.get(thread, -1) for thread in threads}
        ran = {thread for thread, count in present.items() if count != self._before.get(thread, count)}
        passed = min(seconds, LEFT_OUT / 2) if ran else 0.0  # longer, and it was this process that was not run
        still = present.keys() - ran
        self._missed = {each: self._missed.get(each, 0.0) + passed if each in self._before else 0.0 for each in still}
        self._before = present
        return max(self._missed.values(), default=0.0) < LEFT_OUT
