"""Whether 8-bit products at their extremes come out exact on this processor, as improv's graphs ask for them.

Run as a program of its own, so that a processor can be emulated for it.
"""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
from onnx import TensorProto

from training.graphs.eightbit import BLOCK, MOST, EightBit

ROWS, COLUMNS = 6 * BLOCK, 32


def product(kernel: np.ndarray, x: np.ndarray) -> np.ndarray:
    graph = EightBit()
    graph.op("Identity", graph.product("x", kernel), name="y")
    floats = TensorProto.FLOAT
    model = graph.model({"x": (floats, ("M", ROWS))}, {"y": (floats, ("M", COLUMNS))})
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x})[0]


def main() -> None:
    rng = np.random.default_rng(0)
    for count in (1, 2, 8):
        signs = rng.choice([-1.0, 1.0], (ROWS, COLUMNS)), rng.choice([-1.0, 1.0], (count, ROWS))
        for kernel_sign, x_sign in ((1, 1), (-1, 1), (1, -1), (-1, -1), signs):
            # Every weight and every input is quantised to the largest code there is, without rounding.
            kernel = MOST * np.broadcast_to(kernel_sign, (ROWS, COLUMNS)).astype(np.float32)
            x = np.broadcast_to(x_sign, (count, ROWS)).astype(np.float32)
            assert np.allclose(product(kernel, x), x @ kernel, rtol=1e-4, atol=1), (count, kernel_sign, x_sign)
    print("exact")


if __name__ == "__main__":
    main()
