"""Velocities between a player and a model: moved and scaled by the mean and spread of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from improv.sums import Sums

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


def loudness(velocities: Sums, model: tuple[float, float]) -> Loudness:
    """The map for a player whose notes had these velocities, and a model trained at mean and spread `model`."""
    if not velocities.count:
        return Loudness(model, model)
    missing = max(0, ENOUGH - velocities.count)
    return Loudness((velocities.mean, _spread(velocities, missing, model[1])), model)


def drawn_so_far(velocities: Sums, training: tuple[float, float]) -> tuple[float, float]:
    """Mean and spread of what the model draws, from the training's and from what it has drawn in this answer.

    A model drifts: loud notes follow loud ones. Without this an answer may end twice as loud as its call.
    """
    mean = (velocities.total + TRAINING_WEIGHT * training[0]) / (velocities.count + TRAINING_WEIGHT)
    return mean, _spread(velocities, TRAINING_WEIGHT, training[1])


def _spread(velocities: Sums, more: float, theirs: float) -> float:
    """The spread, where so many more notes have another."""
    own = velocities.count * velocities.spread**2 if velocities.count else 0.0
    return sqrt((own + more * theirs**2) / (velocities.count + more))


def _moved(velocity: int, origin: tuple[float, float], target: tuple[float, float]) -> int:
    away = (velocity - origin[0]) / max(origin[1], LEAST_SPREAD)
    return min(max(round(target[0] + away * target[1]), 1), 127)
