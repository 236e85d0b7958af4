"""How long one step takes: advance the state by one note and sample the next, on one thread.

    python -m tests.bench.step [MODEL.onnx] [--steps N] [--provider P] [--pause SECONDS]

Prints median and 99th percentile for both of the model's files, beside the machine's own floor and noise, measured in
turn with the steps: a bare matrix product that reads as many bytes as the file has weights. The ratio to it is how
far a step is from the time it takes to read the weights.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the bare product, too, is for one thread

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from improv.clock import now
from improv.dials import WIDTH
from improv.model import OnnxModel, load
from improv.providers import eight_bit
from improv.resources import default_model
from improv.step import controls

#: For so many drafts at once a note is measured.
ROWS = (2, 4, 8, 16, 32)
BARE = "bare product, as many bytes"


class Times:
    """Milliseconds by what was done, each measured several times."""

    def __init__(self, pause: float = 0.0) -> None:
        """Before each, sleep so many seconds."""
        self._pause = pause
        self.spent: defaultdict[str, list[float]] = defaultdict(list)

    def of(self, name: str, work: Callable[[], Any]) -> Any:
        if self._pause:
            time.sleep(self._pause)
        began = now()
        found = work()
        self.spent[name].append(1e3 * (now() - began))
        return found

    def quantiles(self, name: str) -> tuple[float, float, float]:
        p10, median, p99 = np.percentile(self.spent[name], (10, 50, 99))
        return float(p10), float(median), float(p99)


def measure(model: OnnxModel, steps: int, pause: float) -> Times:
    """A performance of so many steps, and beside them now and then what reads many notes or draws many."""
    rng = np.random.default_rng(0)
    how, *many = (controls(model.encoding, rng, batch=b, temperature=0.95, top_p=0.95) for b in (1, *ROWS))
    hows = dict(zip(ROWS, many, strict=True))
    # As many bytes as the weights, read as a product in single precision reads them.
    weights = rng.random((1024, max(1, model.card.parameters * model.bits // 32 // 1024)), np.float32)
    vector = rng.random((1, 1024), np.float32)
    state, rows, dials = model.start(), model.encoding.pad(1)[None], np.zeros((1, 33, WIDTH), np.float32)
    times = Times(pause)
    for number in range(steps):
        now_fed = (rows, dials[:, :2], state, how)
        step = times.of("one step", lambda fed=now_fed: model.step(*fed))
        times.of(BARE, lambda: vector @ weights)
        for count in ROWS if number % 20 == 0 else ():
            several = (*(np.repeat(one, count, axis=0) for one in now_fed[:3]), hows[count])
            times.of(f"a note of {count} drafts at once", lambda fed=several: model.step(*fed))
        if number % 20 == 0:
            flood = (np.repeat(rows, 32, axis=1), dials, state, how)
            times.of("32 notes at once", lambda fed=flood: model.step(*fed))
        state = step.state
        rows[0, 0, :5] = step.drawn[0]
        how.u[:] = rng.random(how.u.shape, np.float32)
    return times


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=None, help="default: the model improv comes with")
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--provider", default="cpu")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds of sleep before each (default: none)")
    options = parser.parse_args()
    path = options.model or default_model()
    files = [path, eight_bit(path)] if options.provider == "cpu" and eight_bit(path).is_file() else [path]
    for file in files:
        model = load(file, options.provider)
        print(f"{file.name}: {model.card.parameters:,} parameters of {model.bits} bits, {options.provider}, one thread")
        times = measure(model, options.steps, options.pause)
        for name in times.spent:
            print(f"  {name:28} p10 {{:6.3f}}   median {{:6.3f}}   p99 {{:6.3f}} ms".format(*times.quantiles(name)))
        ratio = times.quantiles("one step")[0] / times.quantiles(BARE)[0]
        print(f"  a step takes {ratio:.1f} times as long as the bare product, by the tenth percentiles of both")


if __name__ == "__main__":
    main()
