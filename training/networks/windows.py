"""Networks that read nothing but a window: the last 32 rows, all of them anew for every row."""

from __future__ import annotations

from typing import Any

from keras import ops

from improv.encoding import COLUMNS, PAD_PITCH, PITCH
from training.dataset import CONTEXT
from training.networks import base

#: A padding row. It is taken off what is kept as state, so that a state of zeros is a window of padding.
_NOTHING = tuple(PAD_PITCH if column == PITCH else 0 for column in range(len(COLUMNS)))


class Windowed(base.Network):
    """Its state is the window, so its context is the WaveNet's: a row 33 back cannot be known of."""

    def over(self, windows: Any, training: bool = False) -> Any:
        """Features (N, F) of windows of rows as `read` gives them, (N, CONTEXT, channels)."""
        raise NotImplementedError

    @property
    def receptive_field(self) -> int:
        """The window."""
        return CONTEXT

    @property
    def state_size(self) -> int:
        """The rows of the window, as floats."""
        return CONTEXT * len(COLUMNS)

    def features(self, rows: Any, state: Any, training: bool = False) -> tuple[Any, Any]:
        """Feed rows (B, K, 7) after `state` (B, S); give features (B, K, F) and the state after them."""
        line = ops.concatenate([_window(state), rows], axis=1)
        count = ops.shape(rows)[1]
        # Row k's window is rows k to k + 31 of those from the second on.
        index = ops.arange(count)[:, None] + ops.arange(CONTEXT)
        windows = ops.take(self.read(line[:, 1:]), index, axis=1)
        found = self.over(ops.reshape(windows, (-1, CONTEXT, self.channels)), training=training)
        return ops.reshape(found, (-1, count, self.features_size)), _state(line[:, -CONTEXT:])

    def last_features(self, state: Any) -> Any:
        """The features of the last row fed, (B, F)."""
        return self.over(self.read(_window(state)))

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        """Log-probabilities (B, T - 1, 5) of rows[:, 1:] with a full window before them; of the others, 0.

        These others are never to be predicted (training.dataset.window), and would cost as much as the rest.
        """
        rows, _ = inputs
        state = _state(ops.concatenate([nothing(rows, 1), rows[:, : CONTEXT - 1]], axis=1))
        features, _ = self.features(rows[:, CONTEXT - 1 : -1], state, training=training)
        return self.scored(features, inputs, training)

    def scored(self, features: Any, inputs: tuple[Any, Any], training: bool) -> Any:
        """What `call` gives, from the features (B, T - CONTEXT, F) of all rows with a full window but the last."""
        rows, dials = inputs
        hidden = self.hidden(features, dials[:, CONTEXT - 1 :], training=training)
        return ops.pad(self.score(hidden, rows[:, CONTEXT:])[0], ((0, 0), (CONTEXT - 1, 0), (0, 0)))


def nothing(rows: Any, count: int) -> Any:
    """So many rows of padding, (B, count, 7), for a batch as large as that of `rows`."""
    row = ops.zeros_like(rows[:, :1]) + ops.convert_to_tensor(_NOTHING, dtype="int32")
    return ops.repeat(row, count, axis=1)


def _window(state: Any) -> Any:
    """The rows (B, CONTEXT, 7) that a state (B, S) holds."""
    rows = ops.cast(ops.round(state), "int32")
    return ops.reshape(rows, (-1, CONTEXT, len(COLUMNS))) + ops.convert_to_tensor(_NOTHING, dtype="int32")


def _state(window: Any) -> Any:
    """Rows (B, CONTEXT, 7) as state (B, S)."""
    rows = ops.cast(window - ops.convert_to_tensor(_NOTHING, dtype="int32"), "float32")
    return ops.reshape(rows, (-1, CONTEXT * len(COLUMNS)))
