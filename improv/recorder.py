"""Writes a session down as it happens, without ever making the music wait.

The thinking thread makes each line (ten millionths of a second) and puts it on a list; a thread of the recorder's own
takes what is there, four times a second, and writes it: while the disk takes its time that thread waits, and nobody
else. What the disk does not take stays on the list, up to PENDING bytes, and is written when it can be.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from improv import improviser
from improv.events import Heard
from improv.plan import Command
from improv.sessionfile import Head, Input, Missed, Record, Settled, Tally, Turn, line
from improv.settings import Settings

#: Seconds between two writings, and between two requests that the disk keep what was written.
WRITE_EVERY, KEEP_EVERY = 0.25, 1.0
#: Bytes that may wait for the disk: an hour of playing. Beyond that what is new is left out, and counted.
PENDING = 16 << 20
#: Seconds between two tallies, and how long the end waits for the disk.
TALLY_EVERY, PATIENCE = 2.0, 2.0


class Recorder:
    """One session's file in the making. `put` and `news` belong to the thinking thread, `run` to one of its own.

    `prepare` is called there first: it gives the file's path and head, and may raise OSError. The file ends for good
    when it holds `limit` bytes. A recorder that cannot write says so in its news, once for each trouble.
    """

    def __init__(self, prepare: Callable[[], tuple[Path, Head]], limit: int) -> None:
        self._prepare = prepare
        self._limit = limit
        self._lines: deque[bytes] = deque()  # both ends are safe between two threads
        self._put, self._taken = 0, 0  # bytes, each counted by one thread alone
        self._missed = 0
        self._news: deque[str] = deque()
        self._ended = threading.Event()
        self._full = False
        self._trouble = ""
        #: Where the session is written; None until it is, or if it cannot be.
        self.path: Path | None = None

    def put(self, record: Record) -> None:
        """Have a record written soon. Never waits."""
        if self._full:
            return
        if self._put - self._taken > PENDING:
            self._missed += 1
            return
        if self._missed:
            missed, self._missed = Missed(self._missed), 0
            self.put(missed)
        text = line(record)
        self._put += len(text)
        self._lines.append(text)

    def news(self) -> list[str]:
        """What there is to say to the player since this was last asked, each in one line."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def end(self) -> None:
        """Let `run` write what is left and return."""
        self._ended.set()

    def run(self) -> None:
        """Write until `end`, then what is left; to be called in a thread of its own. Raises nothing."""
        try:
            self.path, head = self._prepare()
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
        except OSError as error:
            self._stop(f"this session is not recorded: {error.filename or 'its folder'}: {error.strerror}")
            return
        try:
            self._serve(file, line(head))
        except Exception as error:  # whatever it is, the music goes on, and it is said
            self._stop(f"recording ends here: {type(error).__name__}: {error}")
        finally:
            with contextlib.suppress(OSError):
                os.close(file)

    def _serve(self, file: int, rest: bytes) -> None:
        kept, since = 0, 0.0
        rest, written = self._write(file, rest, 0)  # without its head all that follows is worth nothing
        while not self._full:
            last = self._ended.wait(WRITE_EVERY)
            rest += self._take()
            before = written
            rest, written = self._write(file, rest, written)
            since += WRITE_EVERY
            if written > kept and (last or since >= KEEP_EVERY):
                self._keep(file)
                kept, since = written, 0.0
            if written > self._limit:
                self._stop("recording ends here: the session has the size that record.megabytes allows")
            if last and (not rest or written == before):
                return

    def _take(self) -> bytes:
        taken = [self._lines.popleft() for _ in range(len(self._lines))]
        return b"".join(taken)

    def _write(self, file: int, rest: bytes, written: int) -> tuple[bytes, int]:
        """Write as much as the disk takes; what is left, and how much was written in all."""
        try:
            done = os.write(file, rest) if rest else 0
        except OSError as error:
            if not self._trouble:
                self._news.append(f"recording waits, and the music goes on: {error.strerror}")
            self._trouble = error.strerror or "error"
            return rest, written
        if self._trouble and done == len(rest):
            self._news.append("recording goes on")
            self._trouble = ""
        self._taken += done
        return rest[done:], written + done

    def _keep(self, file: int) -> None:
        with contextlib.suppress(OSError):  # a write that fails is told by the next one
            getattr(os, "fdatasync", os.fsync)(file)

    def _stop(self, why: str) -> None:
        self._full = True
        self._lines.clear()
        self._news.append(why)


class Recorded:
    """A core whose every turn is recorded; a core itself."""

    def __init__(self, core: improviser.Improviser, recorder: Recorder) -> None:
        self._core = core
        self._recorder = recorder
        self._heard: list[Input] = []
        self._tallied_at = float("-inf")

    def hear(self, event: Heard) -> None:
        """Take in what the player, or a clock, did."""
        self._heard.append(event)
        self._core.hear(event)

    def settle(self, settings: Settings) -> None:
        """From now on these settings hold."""
        self._heard.append(Settled(asdict(settings)))
        self._core.settle(settings)

    def turn(self, now: float) -> Sequence[Command]:
        """Give the core its turn and write down what went in and what came out."""
        heard, self._heard = tuple(self._heard), []
        commands = self._core.turn(now)
        self._recorder.put(Turn(now, heard, tuple(commands)))
        if now - self._tallied_at >= TALLY_EVERY:
            self._tally(now)
        return commands

    def wake_at(self) -> float | None:
        """When the core wants its next turn."""
        return self._core.wake_at()

    def status(self) -> improviser.Status:
        """What the core is doing."""
        return self._core.status()

    def close(self, now: float) -> None:
        """The session ends in peace."""
        self._tally(now, last=True)

    def _tally(self, now: float, *, last: bool = False) -> None:
        said = self._core.status()
        self._recorder.put(Tally(now, said.heard, said.played, last))
        self._tallied_at = now
