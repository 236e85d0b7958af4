"""A port process on its way: started apart from all that the engine is, and given up when it does not answer.

It loads what it will need and stands by until it is asked; so one can be kept ready for when another dies. To start it
takes a tenth of a second of a processor, on a busy machine more than one second.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import multiprocessing.connection
import signal
import sys
import types
from collections.abc import Callable, Iterator
from multiprocessing.context import SpawnProcess
from typing import Any

from improv.clock import now
from improv.ports import process
from improv.ports.pipe import Pipe
from improv.ports.process import Failed, Trying

#: Seconds within which a process must start, and a MIDI system must open, before it counts as hung.
OPENING = 8.0
#: Seconds a port process has to silence and close.
CLOSING = 4.0


class Opening:
    """A port process that stands by, and then is on its way."""

    def __init__(self) -> None:
        self.worker, self.pipe = start(process.stand_by, "improv ports")
        #: The MIDI system last tried, if it came that far.
        self.tried: str | None = None
        #: Whether it has answered: from then on it may be silent as long as it likes.
        self.answered = False
        self._end = math.inf

    def ask(self, target: Callable[..., None], what: object, failed: Failed = ()) -> None:
        """Let it be `target` (of improv.ports.process), for `what`. `failed`: MIDI systems that an earlier one did not
        survive, and how."""
        self.pipe.send((target, what, tuple(failed)))
        self._end = now() + OPENING

    def look(self, timeout: float) -> tuple[object, list[Any]]:
        """Its answer, after at most `timeout` seconds, and what came after it already; None while there is none."""
        multiprocessing.connection.wait([self.pipe.connection], max(0.0, min(timeout, self._end - now())))
        values = self.pipe.receive()
        for index, value in enumerate(values):
            if not isinstance(value, Trying):
                self.answered, self._end = True, math.inf
                return value, values[index + 1 :]
            self.tried, self._end = value.api, now() + OPENING
        return None, []

    @property
    def failed(self) -> str:
        """What became of it, if it will not answer any more; else nothing."""
        if self.pipe.closed:
            return "crashed on opening"
        return "hung on opening" if now() >= self._end else ""

    def give_up(self, patience: float | None = 0.0) -> None:
        """Let it end by itself within so many seconds (None: CLOSING), or kill it."""
        self.pipe.close()
        end(self.worker, patience)


def start(target: Callable[..., None], name: str, *args: object) -> tuple[SpawnProcess, Pipe]:
    """A process that is `target`, given its end of a pipe and `args`; and our end."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=target, args=(theirs, *args), name=name, daemon=True)
    with _no_main_module(), _no_interrupt():
        worker.start()
    theirs.close()  # or the end of that process would not be noticed
    return worker, Pipe(ours)


@contextlib.contextmanager
def _no_main_module() -> Iterator[None]:
    """Hide the main module from multiprocessing, which would import it, and all it imports, in the new process."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Block Ctrl-C, also for the process that is started meanwhile: it ends with the pipe, and not before."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end(worker: SpawnProcess, patience: float | None = None) -> None:
    """Wait `patience` seconds (CLOSING) for a process to end by itself, then kill it."""
    worker.join(CLOSING if patience is None else patience)
    if worker.exitcode is None:
        worker.kill()
        worker.join(CLOSING)
