"""Velocities between a player and a model: moved and scaled by the mean and spread of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Below this many notes the player's spread is not known yet: the model's fills in for those missing.
ENOUGH = 8
#: For how many drawn notes the training's mean and spread stand in when it is asked how the model has drawn so far.
TRAINING_WEIGHT = 3
#: A keyboard without touch has spread 0, which cannot be divided by.
LEAST_SPREAD = 1.0


@dataclass(frozen=True, slots=True)
class Loudness:
    """An affine map of velocity 1-127; means and spreads (standard deviations) of the player and of the model."""

    player: tuple[float, float]
    model: tuple[float, float]

    def to_model(self, velocity: int) -> int:
        """A velocity as played, where the model would have heard it."""
        return _moved(velocity, self.player, self.model)

    def to_player(self, velocity: int) -> int:
        """A velocity as the model draws it, as loud as this player would play it."""
        return _moved(velocity, self.model, self.player)


def loudness(velocities: Sequence[int], model: tuple[float, float]) -> Loudness:
    """The map for a player whose notes had these velocities, and a model trained at mean and spread `model`."""
    recent = np.asarray(velocities, float)
    if not len(recent):
        return Loudness(model, model)
    missing = max(0, ENOUGH - len(recent))
    variance = (len(recent) * recent.var() + missing * model[1] ** 2) / (len(recent) + missing)
    return Loudness((float(recent.mean()), float(np.sqrt(variance))), model)


def drawn_so_far(velocities: Sequence[int], training: tuple[float, float]) -> tuple[float, float]:
    """Mean and spread of what the model draws, from the training's and from what it has drawn in this answer.

    A model drifts: loud notes follow loud ones. Without this an answer may end twice as loud as its call.
    """
    drawn = np.asarray(velocities, float)
    notes = len(drawn) + TRAINING_WEIGHT
    mean = (drawn.sum() + TRAINING_WEIGHT * training[0]) / notes
    variance = (len(drawn) * drawn.var() if len(drawn) else 0.0) + TRAINING_WEIGHT * training[1] ** 2
    return float(mean), float(np.sqrt(variance / notes))


def _moved(velocity: int, origin: tuple[float, float], target: tuple[float, float]) -> int:
    away = (velocity - origin[0]) / max(origin[1], LEAST_SPREAD)
    return min(max(round(target[0] + away * target[1]), 1), 127)
