"""A WaveNet over notes: causal dilated convolutions, gated, with residual and skip connections.

The architecture is van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016); run step by
step it is Paine et al., "Fast Wavenet Generation Algorithm" (2016). Kernel 2 with dilations 1, 2, 4, 8, 16
sees exactly 32 notes; pointwise gated blocks between them add depth and do not widen that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from training.networks import base
from training.networks.blocks import GatedBlock

DILATIONS = (1, 2, 4, 8, 16)


def receptive_field(dilations: Sequence[int]) -> int:
    """How many rows, the current one included, a stack of kernel-2 convolutions can see."""
    return 1 + sum(dilations)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveNetConfig(base.Config):
    """`pointwise` blocks follow each dilated one, and `tail` more the last of them."""

    channels: int = 128
    skip: int = 256
    pointwise: int = 1
    tail: int = 0


@keras.saving.register_keras_serializable("improv")
class WaveNet(base.Network):
    """Features are the sum of the skip connections."""

    Config = WaveNetConfig
    body = ("blocks",)

    def __init__(self, config: WaveNetConfig | None = None, **kwargs: Any) -> None:
        super().__init__(config, **kwargs)
        made = self.config
        dilations = [d for dilation in DILATIONS for d in (dilation, *[0] * made.pointwise)]
        self.blocks = [GatedBlock(made.channels, made.skip, d, made.dropout) for d in dilations]
        # These begin by adding nothing, so a network trained without them can be given them.
        self.blocks += [GatedBlock(made.channels, made.skip, 0, made.dropout, silent=True) for _ in range(made.tail)]

    @property
    def channels(self) -> int:
        """How wide a row is read."""
        return self.config.channels

    @property
    def features_size(self) -> int:
        """How many features there are."""
        return self.config.skip

    @property
    def receptive_field(self) -> int:
        """Just so many notes."""
        return receptive_field(DILATIONS)

    @property
    def state_size(self) -> int:
        """What each convolution must remember, and the last features."""
        return sum(DILATIONS) * self.config.channels + self.config.skip

    def build_body(self) -> None:
        """Create the blocks' weights."""
        for block in self.blocks:
            block.build((None, None, self.config.channels))

    def features(self, rows: Any, state: Any, training: bool = False) -> tuple[Any, Any]:
        """Feed rows (B, K, 7) after `state` (B, S); give features (B, K, F) and the state after them."""
        channels = self.config.channels
        x, total, kept, offset = self.read(rows), 0.0, [], 0
        for block in self.blocks:
            size = block.dilation * channels
            past = None
            if size:
                past = ops.reshape(state[:, offset : offset + size], (-1, block.dilation, channels))
            x, skip, past = block(x, past, training=training)
            total = total + skip
            offset += size
            if size:
                kept.append(ops.reshape(past, (-1, size)))
        return total, ops.concatenate([*kept, total[:, -1]], axis=-1)

    def last_features(self, state: Any) -> Any:
        """The features of the last row fed, (B, F)."""
        return state[:, -self.config.skip :]
