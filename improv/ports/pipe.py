"""The pipe between engine and port process, so that neither ever waits for the other.

What does not fit into the pipe at once is kept here and goes out on a later `flush`.
"""

from __future__ import annotations

import math
import multiprocessing.connection
import select
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

from improv.ports.packing import packed, unpacked


class Pipe:
    """One end of the pipe. Values go in whole and come out in order."""

    #: Beyond this many waiting values, the oldest are given up: the other side has not read for minutes.
    LONGEST = 20_000
    #: So many values are taken in at most before what they say is done: a flood must not keep the reader reading.
    MOST = 4096

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._outbox: deque[object] = deque(maxlen=self.LONGEST)
        # One object for all looks: `Connection.poll` makes one each time, which takes ten times as long.
        self._writable = self._readable = None
        if hasattr(select, "poll"):
            self._writable, self._readable = select.poll(), select.poll()
            self._writable.register(connection.fileno(), select.POLLOUT)
            self._readable.register(connection.fileno(), select.POLLIN)
        self._deaf = False  # the other side reads no more
        #: True once the other side is gone; then nothing is sent and nothing comes.
        self.closed = False

    @property
    def connection(self) -> Connection[Any, Any]:
        """What to wait on for something to read."""
        return self._connection

    @property
    def waiting(self) -> int:
        """How many values could not be handed over yet."""
        return len(self._outbox)

    def send(self, value: object) -> None:
        """Hand a value over, now or on a later flush. Does not block (on Windows, if the other side reads)."""
        self._outbox.append(value)
        self.flush()

    def flush(self) -> None:
        """Hand over what is waiting, as far as it fits."""
        try:
            while self._outbox and not self.closed and not self._deaf and self._fits():
                self._connection.send_bytes(packed(self._outbox.popleft()))
        except OSError:  # nobody reads any more; what was said before that can still be read
            self._outbox.clear()
            self._deaf = True

    def _fits(self) -> bool:
        # A Unix socket that polls as writable has three quarters of its 200 KB free; a value is a few KB.
        return self._writable is None or bool(self._writable.poll(0))

    def _comes(self) -> bool:
        return self._connection.poll(0) if self._readable is None else bool(self._readable.poll(0))

    def rest(self, seconds: float, beside: Connection[Any, Any] | None = None) -> None:
        """Wait until something has come, here or `beside`, at most so many seconds."""
        if self._readable is None:
            multiprocessing.connection.wait([self._connection, *([] if beside is None else [beside])], seconds)
            return
        both = self._readable
        if beside is not None:
            both = select.poll()
            both.register(self._connection.fileno(), select.POLLIN)
            both.register(beside.fileno(), select.POLLIN)
        both.poll(math.ceil(1000 * seconds))

    def receive(self) -> list[Any]:
        """Whatever has come, in order, MOST values of it; nothing if nothing has."""
        values: list[Any] = []
        try:
            while not self.closed and len(values) < self.MOST and self._comes():
                values.append(unpacked(self._connection.recv_bytes()))
        except (EOFError, OSError):
            self.closed = True
        return values

    def close(self) -> None:
        """Close this end; the other side notices."""
        self.closed = True
        self._connection.close()
