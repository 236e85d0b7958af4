"""A graph in onnxruntime's own operators, for its CPU provider: 8-bit weights, and fewer nodes.

Weights are quantised in blocks of BLOCK along a kernel's input, each with a scale of its own; what they are multiplied
by is quantised on the way, so that products are of integers and a quarter of the bytes is read. docs/speed.md says
what else was tried. Of onnxruntime's operators for 8-bit products this one does not overflow on processors that lack
the instructions for them; a test holds that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.graphs.builder import Graph

#: Weights that share a scale.
BLOCK = 64
#: The largest code, counted from the middle.
MOST = 127
_MICROSOFT = "com.microsoft"


class EightBit(Graph):
    """A graph whose constant kernels are 8 bits wide."""

    def __init__(self) -> None:
        super().__init__()
        self._opsets[_MICROSOFT] = 1

    def product(self, x: str, kernel: ArrayLike, bias: ArrayLike | None = None) -> str:
        """x (..., n) times a constant kernel (n, m), and a constant bias (m,) added."""
        kernel = np.asarray(kernel)
        if kernel.ndim != 2 or kernel.shape[0] < BLOCK:
            return super().product(x, kernel, bias)
        codes, scales = quantised(kernel)
        inputs = [x, self.constant(codes, np.uint8), self.constant(scales)]
        if bias is not None:
            inputs += ["", "", self.constant(bias)]
        rows, columns = kernel.shape
        return self.op(
            "MatMulNBits", *inputs, domain=_MICROSOFT, K=rows, N=columns, bits=8, block_size=BLOCK, accuracy_level=4
        )

    def silu(self, x: str) -> str:
        """x * sigmoid(x)."""
        return self.op("QuickGelu", x, domain=_MICROSOFT, alpha=1.0)


def quantised(kernel: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A kernel (n, m) as codes (m, blocks, BLOCK) around 128, and scales (m * blocks,) of what one step is worth."""
    rows, columns = kernel.shape
    blocks = -(-rows // BLOCK)
    padded = np.zeros((columns, blocks * BLOCK), np.float32)
    padded[:, :rows] = kernel.T
    padded = padded.reshape(columns, blocks, BLOCK)
    scales = np.abs(padded).max(-1, keepdims=True) / MOST
    codes = np.round(padded / np.where(scales, scales, 1)) + 128
    return codes.astype(np.uint8), scales.ravel().astype(np.float32)
