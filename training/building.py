"""What a training run is, and the compiled network it trains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from improv.encoding import FIELDS, Encoding
from improv.errors import UserError
from training.checkpoint import load_network
from training.networks.kinds import KINDS, make
from training.networks.wavenet import WaveNetConfig
from training.objective import FieldBits, nats


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is. The budget is `steps` or `minutes`, whichever is not None.

    With `start`, the path of a .keras file, it begins there, and the network's own sizes hold, not those here;
    with `grow` it begins there and is given what it lacks of the sizes here, which at first changes nothing.
    The sizes are a WaveNet's; another `network` is made as large as that.
    """

    start: str = ""
    grow: bool = False
    network: str = "wavenet"
    channels: int = 128
    skip: int = 256
    hidden: int = 256
    pointwise: int = 1
    tail: int = 0
    dials: int = 96
    dropout: float = 0.1
    precision: str = "float32"
    crop: int = 256
    batch: int = 32
    learning_rate: float = 2e-3
    schedule: str = "cosine"
    warm_up: float = 0.03
    weight_decay: float = 0.01
    clip: float = 1.0
    minutes: float | None = None
    clock: str = "wall"  # what minutes are counted by
    steps: int | None = None
    validate_every: int = 200  # steps
    checkpoint_every: float = 60.0  # seconds
    patience: int = 10  # validations
    seed: int = 0


def build(settings: Settings, encoding: Encoding) -> Any:
    """A network as the settings say: a new one, its weights made from the seed, or the one to start from."""
    keras.utils.set_random_seed(settings.seed)
    if settings.start and not settings.grow:
        return load_network(Path(settings.start))
    if settings.network not in KINDS:
        raise UserError(f"--network {settings.network}: unknown; there is {', '.join(KINDS)}")
    half = settings.precision != "float32"
    keras.mixed_precision.set_global_policy(f"mixed_{settings.precision}" if half else "float32")
    old = load_network(Path(settings.start)) if settings.start else None
    if old is not None:
        encoding = old.config.encoding
    keys = ("channels", "skip", "hidden", "pointwise", "tail", "dials", "dropout")
    sizes = WaveNetConfig(encoding=encoding, **{key: getattr(settings, key) for key in keys})
    network = make(settings.network, sizes)
    network.build()
    if old is not None:
        if type(old) is not type(network):
            raise UserError(f"{settings.start}: a network of another kind than --network {settings.network}")
        try:
            network.take_over(old)
        except ValueError as error:
            raise UserError(f"{settings.start}: its layers have other widths than this run's; give the same") from error
    return network


def compile_network(network: Any, settings: Settings) -> None:
    """Loss, metrics and optimizer: AdamW with gradients clipped by their common norm."""
    optimizer = keras.optimizers.AdamW(
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        beta_2=0.99,
        global_clipnorm=settings.clip,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "scale", "shift"])
    metrics = [FieldBits(index) for index in range(len(FIELDS))]
    network.compile(optimizer, loss=nats, metrics=metrics, jit_compile=_compiled())
    optimizer.build(network.trainable_variables)


def _compiled() -> bool:
    """Whether XLA pays: JAX lives by it, TensorFlow on a CPU is five times slower with it (3.8 s a step, not 0.7)."""
    backend = keras.backend.backend()
    return backend == "jax" or (backend == "tensorflow" and bool(keras.distribution.list_devices("gpu")))
