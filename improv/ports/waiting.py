"""Waiting for the next thing to happen: a command, a deadline, a look at the inputs, or the MIDI server's death."""

from __future__ import annotations

import contextlib
import multiprocessing.connection
import os
import select
import stat
from collections.abc import Iterable
from typing import Any

#: A wait for a deadline is ended this many seconds early, and what is left is spun away: a timer alone is late.
SPIN = 0.0002


class ServerGone(Exception):
    """The MIDI server closed its connection to this process."""


class Waiter:
    """Sleeps until the pipe has something to read, another thread calls `wake`, or some seconds have passed."""

    def __init__(self, connection: multiprocessing.connection.Connection[Any, Any]) -> None:
        self._connection = connection
        self._poll = select.poll() if hasattr(select, "poll") else None
        self._watched: set[int] = set()
        self._apart: set[int] | None = None
        if self._poll is not None:
            self._poll.register(connection.fileno(), select.POLLIN)
            self._bell, self._button = os.pipe()
            for end in (self._bell, self._button):
                os.set_blocking(end, False)
            self._poll.register(self._bell, select.POLLIN)

    @property
    def can_be_woken(self) -> bool:
        """Whether `wake` is to be had on this system."""
        return self._poll is not None

    def wake(self) -> None:
        """End a sleep. From any thread, and from a signal's handler."""
        if self._poll is None:
            return
        with contextlib.suppress(BlockingIOError):  # it has been pressed often enough
            os.write(self._button, b"!")

    def watch(self, apart: Iterable[int] | None = None) -> None:
        """Raise ServerGone from `sleep` when the other end of one of this process's sockets closes, those `apart` left
        out. Said again, without them, after sockets have come or gone; nothing where it was never said."""
        self._apart = self._apart if apart is None else {*apart}
        if self._poll is not None and self._apart is not None:
            for descriptor in [*self._watched]:
                self._forget(descriptor)
            for descriptor in open_sockets() - self._apart:
                self._poll.register(descriptor, 0)  # a closed connection is reported unasked
                self._watched.add(descriptor)

    def sleep(self, seconds: float) -> bool:
        """Wait up to `seconds`, at least SPIN less; returns whether the pipe has something to read."""
        if self._poll is None:
            return bool(multiprocessing.connection.wait([self._connection], max(0.0, seconds - SPIN)))
        if seconds >= 0.001:
            return self._look(self._poll.poll(int(seconds * 1000)))  # whole milliseconds; the rest is the next call's
        if seconds > SPIN:
            return bool(select.select([self._connection.fileno()], [], [], seconds - SPIN)[0])
        return False

    def _look(self, happened: list[tuple[int, int]]) -> bool:
        """Whether the pipe is among what happened; ServerGone if that is."""
        readable = False
        for descriptor, what in happened:
            if descriptor == self._bell:
                os.read(self._bell, 4096)
            elif descriptor not in self._watched:
                readable = True
            elif what & select.POLLNVAL:  # the library closed it itself
                self._forget(descriptor)
                if not self._watched:
                    raise ServerGone
            else:
                raise ServerGone
        return readable

    def _forget(self, descriptor: int) -> None:
        self._watched.discard(descriptor)
        if self._poll is not None:
            self._poll.unregister(descriptor)


def open_sockets() -> set[int]:
    """The descriptors of this process that are sockets; empty where the system does not list them."""
    found = set()
    try:
        numbers = [int(name) for name in os.listdir("/dev/fd")]
    except (OSError, ValueError):
        return set()
    for number in numbers:
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                found.add(number)
    return found
