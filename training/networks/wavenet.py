"""A WaveNet over notes: causal dilated convolutions, gated, with residual and skip connections.

The architecture is van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016); run step by
step it is Paine et al., "Fast Wavenet Generation Algorithm" (2016). Kernel 2 with dilations 1, 2, 4, 8, 16
sees exactly 32 notes; pointwise gated blocks between them add depth and do not widen that.

Layers and keras.ops only, so the same file trains on TensorFlow, JAX and PyTorch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from improv.encoding import FIELDS, IOI, ORDER, PAD_PITCH, PART, PITCH, SOUNDING, VELOCITY, Encoding, Order
from training.networks.blocks import GatedBlock, Heads, Product, table

DILATIONS = (1, 2, 4, 8, 16)


def receptive_field(dilations: Sequence[int]) -> int:
    """How many rows, the current one included, a stack of kernel-2 convolutions can see."""
    return 1 + sum(dilations)


@dataclass(frozen=True, slots=True)
class WaveNetConfig:
    """Hyperparameters, saved with the weights. Widths are in units; `dropout` is a share from 0 to 1."""

    encoding: Encoding = field(default_factory=Encoding)
    channels: int = 128
    skip: int = 256
    hidden: int = 256
    head: int = 128
    pointwise: int = 1
    dropout: float = 0.1


@keras.saving.register_keras_serializable("improv")
class WaveNet(keras.Model):
    """Rows (B, T, 7) to log-probabilities (nats) of the fields of rows[:, 1:], shape (B, T - 1, 5)."""

    def __init__(self, config: WaveNetConfig | None = None, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.config = config = config or WaveNetConfig()
        sizes = config.encoding.sizes
        # Shared by all octaves and by all pitch classes: what is learned of one C is known of all.
        self.embed = {
            "pitch": table(PAD_PITCH + 1, config.channels),
            "pitch_class": table(13, config.channels),
            "octave": table(12, config.channels),
            "velocity": table(sizes[VELOCITY], config.channels),
            "ioi": table(sizes[IOI], config.channels),
            "part": table(sizes[PART], config.channels),
            "order": table(len(Order), config.channels),
        }
        self.sounding = Product(config.channels, use_bias=False)
        dilations = [d for dilation in DILATIONS for d in (dilation, *[0] * config.pointwise)]
        self.blocks = [GatedBlock(config.channels, config.skip, d, config.dropout) for d in dilations]
        self.top = Product(config.hidden)
        self.drop = layers.Dropout(config.dropout, dtype="float32")
        self.heads = Heads(config.encoding, config.head)
        # Fixed tables: which pitch classes a 12-bit set holds, and what class and octave a pitch has.
        self._bits = ((np.arange(4096)[:, None] >> np.arange(12)) & 1).astype("float32")
        self._class = np.append(np.arange(PAD_PITCH) % 12, 12).astype("int32")
        self._octave = np.append(np.arange(PAD_PITCH) // 12, 11).astype("int32")
        read = (PAD_PITCH + 1, sizes[VELOCITY], sizes[IOI], sizes[PART])
        self._offsets = np.cumsum((0, *read)).astype("int32")

    def build(self, shape: tuple[int | None, ...] | None = None) -> None:
        """Create all weights; `shape` is not needed, rows are always (B, T, 7)."""
        config = self.config
        for embedding in self.embed.values():
            embedding.build((None,))
        self.sounding.build((None, 12))
        for block in self.blocks:
            block.build((None, None, config.channels))
        self.top.build((None, config.skip))
        self.heads.build((None, config.hidden))
        self.built = True

    @property
    def state_size(self) -> int:
        """Floats of state a sequence: what each convolution must remember, and the last hidden vector."""
        return sum(DILATIONS) * self.config.channels + self.config.hidden

    def read(self, rows: Any) -> Any:
        """Embed rows (B, K, 7) as (B, K, channels). The duration column is not read."""
        embed = {name: layer.embeddings for name, layer in self.embed.items()}
        pitch = (
            embed["pitch"]
            + ops.take(embed["pitch_class"], self._class, axis=0)
            + ops.take(embed["octave"], self._octave, axis=0)
        )
        # One table and one look-up: the table is a constant once exported.
        table = ops.concatenate([pitch, embed["velocity"], embed["ioi"], embed["part"], embed["order"]], axis=0)
        column = ops.unstack(rows, axis=-1)
        chosen = ops.stack([column[index] for index in (PITCH, VELOCITY, IOI, PART, ORDER)], axis=-1)
        read = ops.sum(ops.take(table, chosen + self._offsets, axis=0), axis=-2)
        return read + self.sounding(ops.take(self._bits, column[SOUNDING], axis=0))

    def hidden(self, rows: Any, state: Any, training: bool = False) -> tuple[Any, Any]:
        """Feed rows (B, K, 7) after `state` (B, S); give hidden vectors (B, K, H) and the state after them."""
        config = self.config
        x, total, kept, offset = self.read(rows), 0.0, [], 0
        for block in self.blocks:
            size = block.dilation * config.channels
            past = None
            if size:
                past = ops.reshape(state[:, offset : offset + size], (-1, block.dilation, config.channels))
            x, skip, past = block(x, past, training=training)
            total = total + skip
            offset += size
            if size:
                kept.append(ops.reshape(past, (-1, size)))
        hidden = self.drop(ops.silu(self.top(ops.silu(total))), training=training)
        return hidden, ops.concatenate([*kept, hidden[:, -1]], axis=-1)

    def last_hidden(self, state: Any) -> Any:
        """The hidden vector after the last row fed, (B, H): what the next note is drawn from."""
        return state[:, -self.config.hidden :]

    def score(self, hidden: Any, rows: Any) -> tuple[Any, Any]:
        """Log-probabilities (B, K, 5) of rows given the hidden vectors *before* each, and the best pitch (B, K)."""
        spread = self.heads.spread_out(hidden)
        sizes = self.config.encoding.sizes
        values = ops.unstack(rows, axis=-1)[: len(FIELDS)]
        # A padding row has no pitch: its scores are meaningless, and masked by whoever sums.
        fields = [ops.one_hot(value, size) for value, size in zip(values, sizes, strict=True)]
        scores, best = [], None
        for index, chosen in enumerate(fields):
            logp = self.heads.field(index, spread, fields[:index])
            scores.append(ops.sum(logp * chosen, axis=-1))
            if index == PITCH:
                best = ops.top_k(logp, 1)[1][..., 0]  # argmax does not survive the way to ONNX
        return ops.stack(scores, axis=-1), best

    def call(self, rows: Any, training: bool = False) -> Any:
        """Teacher-forced log-probabilities (B, T - 1, 5) of rows[:, 1:], each given all rows before it."""
        zeros = ops.zeros((ops.shape(rows)[0], self.state_size))
        hidden, _ = self.hidden(rows[:, :-1], zeros, training=training)
        return self.score(hidden, rows[:, 1:])[0]

    def get_config(self) -> dict[str, Any]:
        """The hyperparameters as plain values."""
        return {"name": self.name, "config": asdict(self.config)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> WaveNet:
        """Rebuild from `get_config`."""
        values = dict(config.pop("config"))
        encoding = {key: tuple(v) if isinstance(v, list) else v for key, v in values.pop("encoding").items()}
        return cls(WaveNetConfig(encoding=Encoding(**encoding), **values), name=config.get("name"))
