"""A step model that goes on when the one behind it does not: what fails costs a rest, and others are kept in reserve.

1. A step that raises, takes longer than SLOW seconds or says what cannot be (no number, a field out of range) has
   failed: what comes back is not sane, whoever asked leaves a rest and counts it, and the player is told once.
2. After IN_A_ROW failures in a row the next model takes over for good, and that is said too.
3. Which steps failed is all that another run needs to do the same: `failing` are the numbers of steps that fail
   unasked, and `failed` is told of each that did.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from improv import clock
from improv.encoding import FIELDS, Encoding, Rows
from improv.step import Controls, Floats, Step, StepModel

#: Seconds after which a step has failed: a thousand times what one takes.
SLOW = 0.5
#: Failures in a row after which the next model takes over, and seconds between two looks at a step that is slow.
IN_A_ROW, LOOK_EVERY = 3, 0.1


class Fallback:
    """Models with their names, the first to be used first; all read the same rows. A step model itself."""

    def __init__(self, models: Sequence[tuple[str, StepModel]], now: Callable[[], float] = clock.now) -> None:
        self._models = deque(models)
        self._size = self._models[0][1].start().shape[1]
        self._now = now
        self._news: deque[str] = deque()
        self._began: float | None = None  # the step that runs
        self._in_a_row = 0
        self._steps = 0
        self.failing: set[int] = set()
        self.failed: Callable[[int, str], None] = lambda step, why: None

    @property
    def encoding(self) -> Encoding:
        """How rows are to be read."""
        return self._models[0][1].encoding

    @property
    def velocity(self) -> tuple[float, float]:
        """Mean and standard deviation of velocity in the training data."""
        return self._models[0][1].velocity

    def start(self, batch: int = 1) -> Floats:
        """The state in which nothing has been played."""
        return self._models[0][1].start(batch)

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        """Feed and draw; a step that fails gives one that is not sane."""
        number, self._steps = self._steps, self._steps + 1
        model = self._models[0][1]
        began = self._began = self._now()
        try:
            if number in self.failing:
                self.failing.discard(number)
                raise RuntimeError("it failed before")
            if state.shape[1] != self._size:  # another model's state means nothing to this one
                state = model.start(len(state))
            step = model.step(rows, dials, state, how)
            why = _wrong(step, self.encoding)
        except Exception as error:  # whatever it is, the music goes on
            step, why = None, " ".join(str(error).split())[:80] or type(error).__name__
        finally:
            self._began = None
        if self._now() - began > SLOW:
            why = f"a step took {self._now() - began:.1f} s"
        if step is not None and not why:
            self._in_a_row = 0
            return step
        self._count(number, why)
        return _broken(rows, state, self.encoding)

    def _count(self, number: int, why: str) -> None:
        self.failed(number, why)
        self._in_a_row += 1
        if self._in_a_row == 1:
            self._news.append(f"the model failed, and improv rests a note: {why}")
        if self._in_a_row >= IN_A_ROW and len(self._models) > 1:
            self._models.popleft()
            self._in_a_row, self._size = 0, self._models[0][1].start().shape[1]
            self._news.append(f"the model keeps failing: improv goes on with {self._models[0][0]}")

    def news(self) -> list[str]:
        """What there is to say to the player since this was last asked."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def look(self) -> None:
        """Break off a step that takes too long, where that is possible; from another thread."""
        began = self._began
        if began is not None and self._now() - began > SLOW:
            stop = getattr(self._models[0][1], "stop", None)
            if stop is not None:
                stop()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Break off what takes too long while this lasts; a thread looks."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_EVERY):
                self.look()

        thread = threading.Thread(target=watch, name="improv watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _wrong(step: Step, encoding: Encoding) -> str:
    """What is wrong with a step; nothing if all seems well. Sums tell, at a hundredth of the cost of looking closer."""
    if not math.isfinite(float(step.state.sum(dtype=np.float64))) or math.isnan(float(step.raw.sum(dtype=np.float64))):
        return "it says what is no number"
    if int(step.drawn.min()) < 0 or bool((step.drawn >= np.asarray(encoding.sizes)).any()):
        return "it says what is no note"
    return ""


def _broken(rows: Rows, state: Floats, encoding: Encoding) -> Step:
    """A step that nobody takes for a good one."""
    batch, fed = rows.shape[:2]
    nothing = np.full((batch, encoding.offsets[-1]), np.nan, np.float32)
    heard = np.full((batch, fed, len(FIELDS)), np.nan, np.float32)
    drawn = np.full((batch, len(FIELDS)), -1, np.int32)
    return Step(heard, np.zeros((batch, fed), np.int32), drawn, nothing, nothing, np.full_like(state, np.nan))
