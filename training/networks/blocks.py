"""The layers networks are made of: products in mixed precision, norms, gated blocks, chained heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import layers, ops

from improv.encoding import FIELDS, Encoding


def product(x: Any, kernel: Any) -> Any:
    """x (B, n) or (B, K, n) times kernel (n, m): one matrix product, in training as in the exported step.

    As an einsum it becomes one ONNX node; Keras' own dense layer becomes eight, most of them about shapes.
    """
    return ops.einsum("bn,nm->bm" if len(x.shape) == 2 else "bkn,nm->bkm", x, kernel)


class Product(layers.Dense):
    """A dense layer that may multiply in bfloat16 (Keras' global policy when it was made) and gives float32.

    Sums, norms and gates stay in float32: on CPUs only matrix products gain from half precision.
    """

    def call(self, x: Any, training: bool = False) -> Any:
        """x (B, n) or (B, K, n) to (..., units)."""
        y = product(x, self.kernel)
        return ops.cast(y if self.bias is None else ops.add(y, self.bias), "float32")


class Norm(layers.Layer):
    """Layer normalisation (Ba, Kiros & Hinton, 2016), spelled so that onnxruntime fuses it into one node."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create scale and shift for inputs of `shape` (..., C)."""
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")
        self.shift = self.add_weight(shape=(shape[-1],), initializer="zeros", name="shift")
        self.built = True

    def call(self, x: Any) -> Any:
        """Normalise x (..., C) over its last axis."""
        centred = x - ops.mean(x, axis=-1, keepdims=True)
        spread = ops.sqrt(ops.mean(ops.power(centred, 2.0), axis=-1, keepdims=True) + 1e-5)
        return centred / spread * self.scale + self.shift


def table(values: int, width: int) -> layers.Embedding:
    """An embedding of `values` integers, `width` wide, in float32 whatever the global policy."""
    return layers.Embedding(values, width, dtype="float32")


class GatedBlock(layers.Layer):
    """Layer norm, tanh x sigmoid gate, residual and skip. `dilation` 0 is pointwise; else kernel 2. A `silent` one
    begins by adding nothing to either."""

    def __init__(
        self, channels: int, skip: int, dilation: int, dropout: float, *, silent: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.dilation = dilation
        self.channels = channels
        self.norm = Norm(dtype="float32")
        self.gate = Product(2 * channels)
        # One product gives both: the residual is added to the stream, the skip to the sum at the end.
        self.out = Product(channels + skip, kernel_initializer="zeros" if silent else "glorot_uniform")
        self.drop = layers.Dropout(dropout, dtype="float32")

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for inputs (B, K, channels)."""
        channels = self.channels
        self.norm.build((None, None, channels))
        self.gate.build((None, None, channels * (2 if self.dilation else 1)))
        self.out.build((None, None, channels))
        self.built = True

    def call(self, x: Any, past: Any = None, training: bool = False) -> tuple[Any, Any, Any]:
        """Run K rows x (B, K, C) after `past` (B, dilation, C); give (x', skip, the next call's past)."""
        now = self.norm(x)
        if self.dilation:
            line = ops.concatenate([past, now], axis=1)
            # conv(kernel 2, dilation d)[t] = [h[t - d], h[t]] @ W: one matrix product, K rows at once.
            pair = ops.concatenate([line[:, : -self.dilation], now], axis=-1)
            past = line[:, -self.dilation :]
        else:
            pair = now
        tanh, sigmoid = ops.split(self.gate(pair), 2, axis=-1)
        out = self.out(self.drop(ops.tanh(tanh) * ops.sigmoid(sigmoid), training=training))
        residual, skip = ops.split(out, [self.channels], axis=-1)
        return x + residual, skip, past


class Heads(layers.Layer):
    """Five chained distributions: each field is conditioned on the hidden vector and on the fields before it."""

    def __init__(self, encoding: Encoding, width: int, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.encoding, self.width = encoding, width
        self.spread = Product(width * len(FIELDS))
        self.given = {
            f"{later}_{earlier}": table(encoding.sizes[earlier], width)
            for later in range(len(FIELDS))
            for earlier in range(later)
        }
        self.logits = [Product(size) for size in encoding.sizes]

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for hidden vectors of `shape` (..., H)."""
        self.spread.build(shape)
        for embedding in self.given.values():
            embedding.build((None,))
        for dense in self.logits:
            dense.build((None, self.width))
        self.built = True

    def spread_out(self, hidden: Any) -> Any:
        """What the hidden vector says to each of the five fields, five arrays (..., width)."""
        return ops.split(self.spread(hidden), len(FIELDS), axis=-1)

    def field(self, index: int, spread: Any, before: Sequence[Any]) -> Any:
        """Log-probabilities of field `index`, given the values of the fields `before` it as one-hot vectors."""
        x = spread[index]
        if before:
            tables = [self.given[f"{index}_{earlier}"].embeddings for earlier in range(index)]
            x = x + product(ops.concatenate(before, axis=-1), ops.concatenate(tables, axis=0))
        return ops.log_softmax(self.logits[index](ops.silu(x)), axis=-1)
