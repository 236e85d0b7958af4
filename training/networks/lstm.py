"""The tutorial's comparison, two LSTM layers (Hochreiter & Schmidhuber, 1997) and a dense one, in two ways of use.

`LSTM` reads the last 32 rows anew for every note, so that its context is the WaveNet's; `CarriedLSTM` keeps its two
layers' state from note to note, which shows what unlimited context gives. The layers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from training.dataset import CONTEXT
from training.networks import base
from training.networks.windows import Windowed, nothing

#: Rows the windowed network is trained on at a time, from an empty state, as it will be run: a state carried
#: through whole pieces, as LSTMs are usually trained, would be of no use to a window. A loss at every one of them
#: teaches 48 notes at the price of one and a half; 32 lies well within what it has then seen.
TOGETHER = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class LSTMConfig(base.Config):
    """`channels`: how wide a row is read; `units`: of each of the two layers."""

    channels: int = 128
    units: int = 256


class Recurrent(layers.Layer):
    """Two LSTM layers, one on the other."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.units = units
        self.both = [layers.LSTM(units, return_sequences=True, return_state=True, dtype="float32") for _ in range(2)]

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for inputs (B, K, channels)."""
        self.both[0].build(shape)
        self.both[1].build((*shape[:-1], self.units))
        self.built = True

    def call(self, x: Any, state: Any) -> tuple[Any, Any]:
        """Run K rows x (B, K, channels) after `state` (B, 4 units); give outputs (B, K, units) and the state then."""
        kept: list[Any] = []
        for layer, begin in zip(self.both, (0, 2), strict=True):
            before = [state[:, part * self.units : (part + 1) * self.units] for part in (begin, begin + 1)]
            x, *after = layer(x, initial_state=before)
            kept += after
        return x, ops.concatenate(kept, axis=-1)

    def afresh(self, x: Any) -> Any:
        """Outputs (B, K, units) for x (B, K, channels) after nothing at all."""
        for layer in self.both:
            x = layer(x)[0]
        return x


class _TwoLayers(base.Network):
    """What both ways of use share."""

    Config = LSTMConfig
    body = ("recurrent",)

    def __init__(self, config: LSTMConfig | None = None, **kwargs: Any) -> None:
        super().__init__(config, **kwargs)
        self.recurrent = Recurrent(self.config.units)

    @property
    def channels(self) -> int:
        """How wide a row is read."""
        return self.config.channels

    @property
    def features_size(self) -> int:
        """How many features there are."""
        return self.config.units

    def build_body(self) -> None:
        """Create the two layers' weights."""
        self.recurrent.build((None, None, self.channels))


@keras.saving.register_keras_serializable("improv")
class LSTM(_TwoLayers, Windowed):
    """Features are the second layer's output at the end of the window."""

    def over(self, windows: Any, training: bool = False) -> Any:
        """Features (N, F) of windows of rows as `read` gives them, (N, CONTEXT, channels)."""
        return self.recurrent.afresh(windows)[:, -1]

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        """As `Windowed.call`; in training over rows cut into stretches of TOGETHER, each from an empty state."""
        if not training:
            return super().call(inputs)
        rows = inputs[0][:, :-1]
        count = -(-ops.shape(rows)[1] // TOGETHER) * TOGETHER
        line = ops.concatenate([nothing(rows, TOGETHER), rows], axis=1)[:, -count:]
        found = self.recurrent.afresh(self.read(ops.reshape(line, (-1, TOGETHER, line.shape[-1]))))
        found = ops.reshape(found, (-1, count, self.features_size))
        return self.scored(found[:, count - ops.shape(rows)[1] + CONTEXT - 1 :], inputs, training)


@keras.saving.register_keras_serializable("improv")
class CarriedLSTM(_TwoLayers):
    """Features are the second layer's output; the state is both layers', in which the second's output comes third."""

    @property
    def receptive_field(self) -> None:
        """No limit: what was ever fed may count."""
        return None

    @property
    def state_size(self) -> int:
        """Output and cell of both layers."""
        return 4 * self.config.units

    def features(self, rows: Any, state: Any, training: bool = False) -> tuple[Any, Any]:
        """Feed rows (B, K, 7) after `state` (B, S); give features (B, K, F) and the state after them."""
        return self.recurrent(self.read(rows), state)

    def last_features(self, state: Any) -> Any:
        """The features of the last row fed, (B, F)."""
        return state[:, 2 * self.config.units : 3 * self.config.units]
