"""Waiting for the next thing to happen: a message, a command, a deadline, or the MIDI server's death."""

from __future__ import annotations

import contextlib
import multiprocessing.connection
import os
import select
import socket
import stat
from collections.abc import Iterable

#: A wait that ends with the operating system's timer ends this much early at most; the rest is spun away.
SPIN = 0.0002


class ServerGone(Exception):
    """The MIDI server closed its connection to this process."""


class Waiter:
    """Sleeps until the pipe has something to read, `wake` was called, or some seconds have passed."""

    def __init__(self, connection: multiprocessing.connection.Connection[object, object]) -> None:
        self._connection = connection
        self._ear, self._mouth = socket.socketpair()
        self._ear.setblocking(False)
        self._mouth.setblocking(False)
        self._awake = False
        self._poll = select.poll() if hasattr(select, "poll") else None
        self._watched: set[int] = set()
        if self._poll is not None:
            self._poll.register(connection.fileno(), select.POLLIN)
            self._poll.register(self._ear.fileno(), select.POLLIN)

    def wake(self) -> None:
        """End the present wait, or the next one, at once. May be called from any thread."""
        if not self._awake:
            self._awake = True
            with contextlib.suppress(OSError):
                self._mouth.send(b"\0")

    def watch(self, descriptors: Iterable[int]) -> None:
        """Raise ServerGone from `sleep` when the other end of one of these sockets closes."""
        if self._poll is not None:
            for descriptor in descriptors:
                self._poll.register(descriptor, 0)  # a closed connection is reported unasked
                self._watched.add(descriptor)

    def sleep(self, seconds: float | None) -> None:
        """Wait `seconds` at most (None: for ever), ending up to SPIN early; never late by choice."""
        if seconds is not None and seconds <= SPIN:
            return
        if self._poll is None:
            multiprocessing.connection.wait([self._connection, self._ear], seconds)
        elif seconds is None or seconds > 0.002:
            # poll counts whole milliseconds: it takes the long stretch, and the next call the short rest.
            self._look(self._poll.poll(None if seconds is None else int((seconds - 0.001) * 1000)))
        else:
            select.select([self._connection.fileno(), self._ear.fileno()], [], [], seconds - SPIN)
        # Read whether or not `_awake` is set: another thread may be between setting it and sending.
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(64)
        self._awake = False

    def _look(self, happened: list[tuple[int, int]]) -> None:
        for descriptor, what in happened:
            if descriptor not in self._watched:
                continue
            if what & select.POLLNVAL:  # the library closed it itself
                self._forget(descriptor)
                if self._watched:
                    continue
            raise ServerGone

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
