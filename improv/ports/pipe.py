"""The pipe between engine and port process, so that neither ever waits for the other.

What does not fit into the pipe at once is kept here and goes out on a later `flush`.
"""

from __future__ import annotations

import select
from collections import deque
from multiprocessing.connection import Connection
from typing import Any


class Pipe:
    """One end of the pipe. Values go in whole and come out in order."""

    #: Beyond this many waiting values, the oldest are given up: the other side has not read for minutes.
    LONGEST = 20_000
    #: So many values are taken in at most before what they say is done: a flood must not keep the reader reading.
    MOST = 4096

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection
        self._outbox: deque[object] = deque(maxlen=self.LONGEST)
        self._writable = select.poll() if hasattr(select, "poll") else None
        if self._writable is not None:
            self._writable.register(connection.fileno(), select.POLLOUT)
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
                self._connection.send(self._outbox.popleft())
        except OSError:  # nobody reads any more; what was said before that can still be read
            self._outbox.clear()
            self._deaf = True

    def _fits(self) -> bool:
        # A Unix socket that polls as writable has three quarters of its 200 KB free; a value is a few KB.
        return self._writable is None or bool(self._writable.poll(0))

    def receive(self) -> list[Any]:
        """Whatever has come, in order, MOST values of it; nothing if nothing has."""
        values: list[Any] = []
        try:
            while not self.closed and len(values) < self.MOST and self._connection.poll(0):
                values.append(self._connection.recv())
        except (EOFError, OSError):
            self.closed = True
        return values

    def close(self) -> None:
        """Close this end; the other side notices."""
        self.closed = True
        self._connection.close()
