"""What all networks share: how rows are read, how dials are heeded, and the chained heads that score and draw.

A network of its own only says how rows become features: `features` and the state that carries it on. Layers and
keras.ops only, so the same file trains on TensorFlow, JAX and PyTorch.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import keras
import numpy as np
from keras import layers, ops

from improv.dials import WIDTH
from improv.encoding import FIELDS, IOI, ORDER, PAD_PITCH, PART, PITCH, SOUNDING, VELOCITY, Encoding, Order
from training.networks.blocks import Heads, Product, table

#: The names of the layers all networks have.
_SHARED = ("embed", "sounding", "top", "heads", "dials")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Hyperparameters all networks have, saved with the weights. Widths are in units; `dropout` is a share from 0
    to 1. `dials` is the width of the layer that reads the dials, 0 for a network that does not."""

    encoding: Encoding = field(default_factory=Encoding)
    hidden: int = 256
    head: int = 128
    dropout: float = 0.1
    dials: int = 96


class Network(keras.Model):
    """(rows (B, T, 7), dials (B, T - 1, WIDTH)) to log-probabilities (nats) of rows[:, 1:], shape (B, T - 1, 5).

    Features are what the rows so far say, and what the state keeps of the last row; the dials join them only after
    that, so that what is asked holds from the next note on.
    """

    #: The kind's dataclass of hyperparameters.
    Config: ClassVar[type[Config]]
    #: The names of the kind's own layers.
    body: ClassVar[tuple[str, ...]]

    def __init__(self, config: Any = None, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.config = config = config or self.Config()
        sizes = config.encoding.sizes
        # Shared by all octaves and by all pitch classes: what is learned of one C is known of all.
        self.embed = {
            "pitch": table(PAD_PITCH + 1, self.channels),
            "pitch_class": table(13, self.channels),
            "octave": table(12, self.channels),
            "velocity": table(sizes[VELOCITY], self.channels),
            "ioi": table(sizes[IOI], self.channels),
            "part": table(sizes[PART], self.channels),
            "order": table(len(Order), self.channels),
        }
        self.sounding = Product(self.channels, use_bias=False)
        self.top = Product(config.hidden)
        self.drop = layers.Dropout(config.dropout, dtype="float32")
        self.heads = Heads(config.encoding, config.head)
        if config.dials:
            # It begins by saying nothing, so a network trained without dials can be given them.
            self.dials = [Product(config.dials), Product(self.features_size, kernel_initializer="zeros")]
        # Fixed tables: which pitch classes a 12-bit set holds, and what class and octave a pitch has.
        self._bits = ((np.arange(4096)[:, None] >> np.arange(12)) & 1).astype("float32")
        self._class = np.append(np.arange(PAD_PITCH) % 12, 12).astype("int32")
        self._octave = np.append(np.arange(PAD_PITCH) // 12, 11).astype("int32")
        read = (PAD_PITCH + 1, sizes[VELOCITY], sizes[IOI], sizes[PART])
        self._offsets = np.cumsum((0, *read)).astype("int32")

    @property
    def channels(self) -> int:
        """How wide a row is read."""
        raise NotImplementedError

    @property
    def features_size(self) -> int:
        """How many features there are."""
        raise NotImplementedError

    @property
    def receptive_field(self) -> int | None:
        """How many rows, the last one included, can change the features; None where there is no such limit."""
        raise NotImplementedError

    @property
    def state_size(self) -> int:
        """Floats of state a sequence; zeros are the state in which nothing was fed."""
        raise NotImplementedError

    def features(self, rows: Any, state: Any, training: bool = False) -> tuple[Any, Any]:
        """Feed rows (B, K, 7) after `state` (B, S); give features (B, K, F) and the state after them."""
        raise NotImplementedError

    def last_features(self, state: Any) -> Any:
        """The features of the last row fed, (B, F)."""
        raise NotImplementedError

    def build_body(self) -> None:
        """Create the weights of the kind's own layers."""
        raise NotImplementedError

    def build(self, shape: Any = None) -> None:
        """Create all weights; `shape` is not needed, what goes in always has the same."""
        for embedding in self.embed.values():
            embedding.build((None,))
        self.sounding.build((None, 12))
        self.build_body()
        self.top.build((None, self.features_size))
        self.heads.build((None, self.config.hidden))
        if self.config.dials:
            self.dials[0].build((None, WIDTH))
            self.dials[1].build((None, self.config.dials))
        self.built = True

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

    def hidden(self, features: Any, dials: Any, training: bool = False) -> Any:
        """Features (..., F) and the dials beside them (..., WIDTH) to hidden vectors (..., hidden), for the heads."""
        if self.config.dials:
            features = features + self.dials[1](ops.silu(self.dials[0](dials)))
        return self.drop(ops.silu(self.top(ops.silu(features))), training=training)

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

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        """Teacher-forced log-probabilities (B, T - 1, 5) of rows[:, 1:], each given all rows before it."""
        rows, dials = inputs
        zeros = ops.zeros((ops.shape(rows)[0], self.state_size))
        features, _ = self.features(rows[:, :-1], zeros, training=training)
        return self.score(self.hidden(features, dials, training=training), rows[:, 1:])[0]

    def take_over(self, old: Network) -> None:
        """Go on from a smaller network of this kind: what it lacks begins by changing nothing.

        Raises ValueError where layers that both have differ in shape.
        """
        for part in (*_SHARED, *self.body):
            for mine, other in zip(_layers(self, part), _layers(old, part), strict=False):
                mine.set_weights(other.get_weights())

    def get_config(self) -> dict[str, Any]:
        """The hyperparameters as plain values."""
        return {"name": self.name, "config": asdict(self.config)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Rebuild from `get_config`."""
        # Networks from before there were dials do not read them.
        values = {"dials": 0, **config["config"]}
        encoding = {key: tuple(v) if isinstance(v, list) else v for key, v in values.pop("encoding").items()}
        return cls(cls.Config(encoding=Encoding(**encoding), **values), name=config.get("name"))


def _layers(network: Network, part: str) -> list[Any]:
    """The layers a network has under a name; none where it lacks it."""
    found = getattr(network, part, ())
    if isinstance(found, dict):
        return list(found.values())
    return list(found) if isinstance(found, (list, tuple)) else [found]
