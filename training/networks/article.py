"""The tutorial's convolutional network, as its code has it, over our rows and with our heads.

Embedding 100; three causal convolutions of kernel 3 (64, 128 and 256 filters, dilations 1, 2, 4), each followed by
dropout 0.2 and max-pooling by 2; global max-pooling; a dense layer of 256 (`Network.top`; silu where the tutorial has
relu). It looks at a window of 32 and says what follows it: as pooling mixes the places, nothing of it can be used for
the next window, nor does one pass teach more than one note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from training.networks import base
from training.networks.windows import Windowed

DROPOUT = 0.2
DILATIONS = (1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleConfig(base.Config):
    """`channels`: the width of the embedding, of which the filters are in the tutorial's proportion."""

    channels: int = 100


def filters(channels: int) -> tuple[int, int, int]:
    """How many filters each convolution has behind an embedding so wide; the last is the dense layer's width too."""
    first, second, third = (round(channels * width / 100) for width in (64, 128, 256))
    return first, second, third


@keras.saving.register_keras_serializable("improv")
class Article(Windowed):
    """Features are the largest output of each filter of the last convolution."""

    Config = ArticleConfig
    body = ("convolutions",)

    def __init__(self, config: ArticleConfig | None = None, **kwargs: Any) -> None:
        super().__init__(config, **kwargs)
        self.convolutions = [
            layers.Conv1D(width, 3, padding="causal", dilation_rate=dilation, activation="relu", dtype="float32")
            for width, dilation in zip(filters(self.config.channels), DILATIONS, strict=True)
        ]
        self.forget = layers.Dropout(DROPOUT, dtype="float32")
        self.pool = layers.MaxPool1D(2, dtype="float32")

    @property
    def channels(self) -> int:
        """How wide a row is read."""
        return self.config.channels

    @property
    def features_size(self) -> int:
        """How many features there are."""
        return filters(self.config.channels)[-1]

    def build_body(self) -> None:
        """Create the convolutions' weights."""
        width = self.channels
        for convolution in self.convolutions:
            convolution.build((None, None, width))
            width = convolution.filters

    def over(self, windows: Any, training: bool = False) -> Any:
        """Features (N, F) of windows of rows as `read` gives them, (N, CONTEXT, channels)."""
        x = windows
        for convolution in self.convolutions:
            x = self.pool(self.forget(convolution(x), training=training))
        return ops.max(x, axis=1)
