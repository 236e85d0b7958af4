"""The networks there are, by the names `--network` takes, each as large as the WaveNet it is compared with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from training.networks import NAMES
from training.networks.article import Article
from training.networks.base import Config, Network
from training.networks.lstm import LSTM, CarriedLSTM
from training.networks.wavenet import WaveNet, WaveNetConfig

KINDS: dict[str, type[Network]] = dict(zip(NAMES, (WaveNet, LSTM, CarriedLSTM, Article), strict=True))
#: The size that is free where a network is to have so many parameters.
_FREE = {"lstm": "units", "lstm-carried": "units", "article": "channels"}
#: Sizes at which the tutorial's proportions are whole numbers.
_SIZES = (25, 50, 75)


def make(kind: str, like: WaveNetConfig) -> Network:
    """A new network of `kind`, one of KINDS, its weights not made yet: the WaveNet `like`, or one with as many
    parameters, which shares with it what all networks have."""
    return KINDS[kind](like if kind == "wavenet" else as_large(kind, like))


def as_large(kind: str, like: WaveNetConfig) -> Config:
    """The sizes with which a network of `kind` comes nearest to the parameters of the WaveNet `like`."""
    shared: dict[str, Any] = {name: getattr(like, name) for name in Config.__dataclass_fields__}
    config = KINDS[kind].Config(**shared)
    if kind.startswith("lstm"):
        config = replace(config, channels=like.channels)

    def of(size: int) -> Config:
        return replace(config, **{_FREE[kind]: size})

    # Parameters are a polynomial of second degree in the size, so that three small networks tell it.
    curve = np.polyfit(_SIZES, [parameters(KINDS[kind](of(size))) for size in _SIZES], 2)
    curve[-1] -= parameters(WaveNet(like))
    return of(max(1, round(float(np.roots(curve).real.max()))))


def parameters(network: Network) -> int:
    """How many parameters a network has."""
    network.build()
    return int(network.count_params())
