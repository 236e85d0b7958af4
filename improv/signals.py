"""Asking improv to stop: Ctrl-C, SIGTERM, a closed terminal. And to read its settings again: SIGHUP."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Ctrl-C, SIGTERM and a closed terminal (unless under nohup) ask to stop; a second one stops at once."""
    asked: list[int] = []

    def ask(number: int, _: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def hang_ups() -> Iterator[Callable[[], bool]]:
    """SIGHUP as daemons have it: a wish to read the settings again, which is told once; but where the terminal that
    improv was started on has been closed, it means what it meant before."""
    if not hasattr(signal, "SIGHUP"):
        yield lambda: False
        return
    wished: list[int] = []
    had_terminal, before = _has_terminal(), signal.getsignal(signal.SIGHUP)

    def hear(number: int, frame: FrameType | None) -> None:
        if had_terminal and not _has_terminal():
            if callable(before):
                before(number, frame)
        else:
            wished.append(number)

    def told() -> bool:
        wanted = bool(wished)
        wished.clear()
        return wanted

    signal.signal(signal.SIGHUP, hear)
    try:
        yield told
    finally:
        signal.signal(signal.SIGHUP, before)


def _has_terminal() -> bool:
    """Whether there is a terminal that could be closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True
