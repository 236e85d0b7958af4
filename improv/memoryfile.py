"""A session memory on disk: read when improv starts, written when it ends, and now and then between.

A file that cannot be read whole is refused, and so never written over. Writing is all or nothing: the new file takes
the old one's place when it is complete. Where the player had something forgotten, the file from before stays beside it,
with a ~ after its name.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from improv.errors import UserError
from improv.kept import MOST_BYTES, Kept, pack, unpack
from improv.recall import Remembrance

#: Seconds between two savings while improv plays: who pulls the plug loses no more.
EVERY = 20.0


def read(path: Path) -> Kept | None:
    """What was kept in a file; None if it is yet to be made. Raises UserError, naming the file, if it is no memory."""
    another = 'name another one with --memory, or "session" for none'
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UserError(f"{path}: cannot be written: its folder is not there, or not yours to write in; {another}")
    if not path.exists():
        return None
    if not path.is_file():
        raise UserError(f"{path}: not a file; {another}")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {another}") from error
    try:
        return unpack(data)
    except ValueError as error:
        raise UserError(f"{path}: {error}; {another}") from error


class Keeper:
    """Writes a memory to a file whenever there is something new in it."""

    def __init__(self, path: Path, remembrance: Remembrance) -> None:
        self._path = path.resolve()  # a link stays one
        self._remembrance = remembrance
        self._forgotten = remembrance.forgotten
        self._written = pack(remembrance.kept())

    def save(self) -> None:
        """Write what there is, if it is not in the file already. Raises UserError if the disk refuses."""
        forgotten, data = self._remembrance.forgotten, pack(self._remembrance.kept())
        if data == self._written:
            return
        part = self._path.with_name(self._path.name + ".part")
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if forgotten != self._forgotten and self._path.exists():
                os.replace(self._path, self._path.with_name(self._path.name + "~"))
            os.replace(part, self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise UserError(f"{self._path}: what was learned could not be saved ({error.strerror})") from error
        self._forgotten, self._written = forgotten, data

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Save every so often while this lasts, on a thread of its own, and at its end, whatever ends it.

        Raises UserError if the last time fails; what fails before is tried again.
        """
        ended = threading.Event()

        def now_and_then() -> None:
            while not ended.wait(EVERY):
                with contextlib.suppress(UserError):
                    self.save()

        thread = threading.Thread(target=now_and_then, name="improv memory", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self._remembrance.close()
            self._remembrance.lengths.close()
            self.save()
