"""How long one step takes: advance the state by one note and sample the next, on one thread.

    python -m tests.bench.step [MODEL.onnx] [--steps N]

Prints median and 99th percentile, beside the same for a bare matrix product that reads as many weights:
the machine's own floor and its noise, measured in turn with the steps.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from improv.clock import now
from improv.model import load
from improv.resources import default_model
from improv.step import controls


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=None, help="default: the model improv comes with")
    parser.add_argument("--steps", type=int, default=5000)
    options = parser.parse_args()
    model = load(options.model or default_model())
    rng = np.random.default_rng(0)
    how = controls(model.encoding, rng, temperature=0.95, top_p=0.95)
    weights = rng.random((1024, max(1, model.card.parameters // 1024)), np.float32)
    vector = rng.random((1, 1024), np.float32)
    state, rows = model.start(), model.encoding.pad(1)[None]
    spent: dict[str, list[float]] = {"one step": [], "feeding 32 notes at once": [], "bare product, same weights": []}
    for number in range(options.steps):
        began = now()
        step = model.step(rows, state, how)
        spent["one step"].append(now() - began)
        state = step.state
        rows[0, 0, :5] = step.drawn[0]
        if number % 20 == 0:
            began = now()
            model.step(np.repeat(rows, 32, axis=1), state, how)
            spent["feeding 32 notes at once"].append(now() - began)
        began = now()
        vector @ weights
        spent["bare product, same weights"].append(now() - began)
    print(f"{model.card.name}: {model.card.parameters:,} parameters, {options.steps:,} steps, CPU, one thread")
    for name, seconds in spent.items():
        p50, p99 = np.percentile(np.array(seconds) * 1e3, (50, 99))
        print(f"  {name:28} median {p50:6.3f} ms   p99 {p99:6.3f} ms")


if __name__ == "__main__":
    main()
