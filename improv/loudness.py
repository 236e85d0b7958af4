"""Velocities between a player and a model: moved and scaled by the mean and spread of each.

What is played is scaled by the spread from note to note: how loud one is beside the next. Over minutes, and over all
music, it is wider, for whole passages are loud or soft; who plays by that has every note stand out.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from improv.tally import Look

#: Below this many notes the player's spread is not known yet: the model's fills in for those missing.
ENOUGH = 8
#: For how many drawn notes the usual mean and spread stand in when it is asked how the model has drawn so far.
USUAL_WEIGHT = 3
#: From note to note velocities spread so much of what they do over all of a training. (11.1 of 22.7, in 232 pieces.)
WITHIN = 0.49
#: A keyboard without touch has spread 0, which cannot be divided by.
LEAST_SPREAD = 1.0


def within(training: tuple[float, float]) -> tuple[float, float]:
    """Mean and spread of velocity in one passage, as a rule, from those of all that was trained on."""
    return training[0], WITHIN * training[1]


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


def loudness(heard: Look | None, usual: tuple[float, float]) -> Loudness:
    """The map by which a model that draws at this mean and spread as a rule is to hear who played so."""
    if heard is None:
        return Loudness(usual, usual)
    missing = max(0.0, ENOUGH - heard.velocities.count)
    spread = _with(heard.velocities.spread**2, heard.velocities.count, missing, usual[1])
    return Loudness((heard.velocities.mean, spread), usual)


def answered(heard: Look | None, drawn: Look | None, usual: tuple[float, float]) -> Loudness:
    """The map by which who played so is answered by a model that has drawn so; `usual` as above.

    A model drifts: loud notes follow loud ones. Were it not asked how it has drawn, an answer might end twice as loud
    as its call.
    """
    model = usual
    if drawn is not None:
        count = drawn.velocities.count
        mean = (drawn.velocities.total + USUAL_WEIGHT * usual[0]) / (count + USUAL_WEIGHT)
        model = (mean, _with(_beside(drawn), count, USUAL_WEIGHT, usual[1]))
    if heard is None:
        return Loudness(model, model)
    count = heard.velocities.count
    spread = _with(_beside(heard), count, max(0.0, ENOUGH - count), usual[1])
    return Loudness((heard.velocities.mean, spread), model)


def _beside(look: Look) -> float:
    """The variance that steps from note to note come of: half their mean square. Of what is still loud or soft as a
    whole a quarter counts, for a leap now and then is no spread of 0."""
    steps = look.steps.squares / (2 * look.steps.count) if look.steps.count else 0.0
    return max(steps, look.velocities.spread**2 / 4)


def _with(variance: float, count: float, more: float, usual: float) -> float:
    """The spread where so many more notes have the usual."""
    return sqrt((count * variance + more * usual**2) / (count + more))


def _moved(velocity: int, origin: tuple[float, float], target: tuple[float, float]) -> int:
    away = (velocity - origin[0]) / max(origin[1], LEAST_SPREAD)
    return min(max(round(target[0] + away * target[1]), 1), 127)
