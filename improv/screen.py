"""A terminal that nobody waits for: what is shown goes through a thread of its own.

A terminal may stand still (Ctrl-S, a pager, a mouse that has begun to mark something), a disk may be full, a reader
gone: then what is shown comes late or not at all, and the music goes on.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import TextIO

#: How many texts may wait for a terminal that stands still, and how many seconds the end waits for it.
MOST, PATIENCE = 1000, 0.5


class Aside:
    """A stream that takes text at once and writes it to another `stream` when that takes it; to be closed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._texts: queue.Queue[str | None] = queue.Queue(MOST)
        self._thread: threading.Thread | None = None

    def write(self, text: str) -> None:
        """Show text soon; it is left out where too much waits already."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="improv screen", daemon=True)
            self._thread.start()
        with contextlib.suppress(queue.Full):
            self._texts.put_nowait(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        """Whether a person is looking."""
        return self._stream.isatty()

    def close(self) -> None:
        """Show what is left, if that is taken within PATIENCE seconds."""
        if self._thread is not None:
            with contextlib.suppress(queue.Full):
                self._texts.put_nowait(None)
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        show = _shows(self._stream)
        while (text := self._texts.get()) is not None:
            with contextlib.suppress(OSError, ValueError):  # no space, nobody there, closed
                show(text)


def _shows(stream: TextIO) -> Callable[[str], None]:
    """What writes to a stream, past its buffer where it has a descriptor: who waits in there keeps others from it, and
    Python looks into it at its end. (A console on Windows takes letters, not bytes.)"""

    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    if sys.platform == "win32":
        return write
    try:
        stream.flush()
        file = stream.fileno()
    except (OSError, ValueError):
        return write

    def write_bytes(text: str) -> None:
        data = text.encode(stream.encoding or "utf-8", "replace")
        while data:
            data = data[os.write(file, data) :]

    return write_bytes
