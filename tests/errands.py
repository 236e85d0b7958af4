"""Long errands that nobody looks at: run beside the tests, most of which wait, one after the other and politely.

    MYPY = Errand(lambda: subprocess.run([...]))           # at the top of a test module

    def test_mypy() -> None:
        assert MYPY.result().returncode == 0               # waits for it

An errand begins with the session (tests/conftest.py) if a test of its module is to run, or else where it is waited for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType
from typing import Generic, TypeVar

T = TypeVar("T")


def _politely() -> None:
    """Whatever this thread starts, and it alone, gives way to all else. (Elsewhere that would be the whole process.)"""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, 5)


_RUNNER = ThreadPoolExecutor(1, initializer=_politely)


class Errand(Generic[T]):
    """Does `do`, once; its work should be that of other processes."""

    def __init__(self, do: Callable[[], T]) -> None:
        self._do = do
        self._future: Future[T] | None = None

    def begin(self) -> None:
        """Do it when its turn comes."""
        if self._future is None:
            self._future = _RUNNER.submit(self._do)

    def result(self) -> T:
        """What came of it; raises what it raised."""
        self.begin()
        assert self._future is not None
        return self._future.result()


def begin(modules: Iterable[ModuleType]) -> None:
    """Begin the errands of these modules, in their order."""
    for module in dict.fromkeys(modules):
        for errand in vars(module).values():
            if isinstance(errand, Errand):
                errand.begin()


def give_up() -> None:
    """Begin no more of them."""
    _RUNNER.shutdown(wait=False, cancel_futures=True)
