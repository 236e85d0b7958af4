"""A log that rotates: what the player is told, with its moment, for those who are not there to read it."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import queue
from collections.abc import Callable, Iterator
from pathlib import Path

from improv.errors import UserError

#: Bytes of a file before the next is begun, and how many older ones are kept.
LARGEST, KEPT = 1 << 20, 4


class _Calm(logging.handlers.RotatingFileHandler):
    """A full disk is no reason to write to the terminal."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Leave the line out."""


@contextlib.contextmanager
def logged(named: str) -> Iterator[Callable[[str], None]]:
    """A function that logs one line; a thread of its own writes it to the file. UserError if there can be no file.

    Without a name nothing is written.
    """
    if not named:
        yield lambda text: None
        return
    path = Path(named)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _Calm(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); name another file with --log") from error
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    lines: queue.Queue[logging.LogRecord] = queue.Queue(1000)
    listener = logging.handlers.QueueListener(lines, file)
    listener.start()

    def log(text: str) -> None:
        with contextlib.suppress(queue.Full):
            lines.put_nowait(logging.makeLogRecord({"msg": text, "levelno": logging.INFO, "levelname": "INFO"}))

    try:
        yield log
    finally:
        listener.stop()
        file.close()
