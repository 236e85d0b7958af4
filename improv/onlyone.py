"""One improv for each output port: two on one synth would take each other's notes away."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import platformdirs

from improv.errors import UserError


@contextlib.contextmanager
def only_one(output: str, folder: Path | None = None) -> Iterator[None]:
    """Hold the port of this full name; `folder` is where the locks lie. UserError if another improv holds it.

    The system lets go of it when the process ends, however it ends. Where locks cannot be kept there are none.
    """
    where = platformdirs.user_cache_path("improv", appauthor=False) if folder is None else folder
    path = where / f"output-{hashlib.sha256(output.encode()).hexdigest()[:16]}.lock"
    try:
        where.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    except OSError:
        yield
        return
    with file:
        if not _locked(file):
            file.seek(0)
            other = file.read(32).decode("ascii", "replace").strip() or "unknown"
            raise UserError(
                f'another improv (process {other}) plays on "{output}" already; end it, or name another port with --out'
            )
        with contextlib.suppress(OSError):
            file.truncate(0)
            file.write(str(os.getpid()).encode())
            file.flush()
        yield


def _locked(file: BinaryIO) -> bool:
    """Whether the lock could be had."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(1 << 20)  # a byte that nobody reads
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
