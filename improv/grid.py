"""Onsets on the grid: the beat is cut in parts, and the next onset is drawn among its points. Pure.

1. A point is as likely as the model holds an onset to be that lies nearer to it than to any other. What comes later
   than the last group, but sooner than any point, is the first point's; the last group keeps its own.
2. The note that begins there is drawn knowing that: pitch, velocity and duration follow an ioi that is the point's.
3. One run of the model is enough as a rule. It is steered to the points by how far apart they stand; its draw is kept
   as often as makes the distribution exact, and else a point is drawn from what is missing, and the model run again
   (speculative sampling: Leviathan, Kalman and Matias, 2023).
4. A strength below 1 leaves the rest of the groups to the free distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from improv.divisions import DIVISIONS
from improv.drawing import sane
from improv.encoding import IOI, LONGEST, Encoding
from improv.notes import GROUP_SPAN
from improv.pulse import Pulse
from improv.questions import Asking, Question
from improv.settings import Settings
from improv.step import NEVER, Controls, Step

Values = NDArray[np.float64]

#: A place this near to another, in beats, is the same.
_SAME = 1e-3
_HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class Grid:
    """The beat cut as `division` says; every second part of an even one is late: the first takes `swing` of the two."""

    pulse: Pulse
    division: str = "auto"
    swing: float = 0.5

    def points(self, head: float, earliest: float, latest: float) -> Values:
        """The points from `earliest` to `latest`, ascending; the first there is if none lies there. Absolute seconds.

        None is in the group that begins at `head`. In a beat in which `head` is on a point of one way to cut it alone,
        that way goes on.
        """
        least = max(earliest - _HAIR, head + GROUP_SPAN + _HAIR)
        least_beat, most_beat = self.pulse.beat_at(least), self.pulse.beat_at(latest + _HAIR)
        first = math.floor(least_beat)
        began = self.pulse.beat_at(head) + _SAME - first
        here = self._places(began - _SAME if 0 <= began < 1 else 0.0)
        beats = np.arange(first + 1, max(math.floor(most_beat), first + 1) + 1, dtype=float)
        found = np.concatenate([first + here, np.add.outer(beats, self._places(0.0)).ravel()])
        found = found[found >= least_beat]
        within = found[found <= most_beat]
        return self.pulse.at + ((within if len(within) else found[:1]) - self.pulse.beat) * self.pulse.period

    def _places(self, begun: float) -> Values:
        """Where in a beat there are points, ascending from 0; `begun`: where in it there is an onset already."""
        ways = [self._cut(parts) for parts in DIVISIONS[self.division]]
        fitting = [way for way in ways if np.abs(way - begun).min() < _SAME]
        return np.unique(np.concatenate(fitting or ways))

    def _cut(self, parts: int) -> Values:
        places = np.arange(parts) / parts
        if parts % 2 == 0:
            places[1::2] += (2 * self.swing - 1) / parts
        return places


def points(
    pulse: Pulse | None, settings: Settings, rng: np.random.Generator, head: float, earliest: float, latest: float
) -> Values | None:
    """The points among which the next group's onset is to be drawn; None: it is free."""
    strength = settings.grid_strength
    if pulse is None or settings.grid == "off" or strength == 0 or (strength < 1 and rng.random() >= strength):
        return None
    return Grid(pulse, settings.grid, settings.swing).points(head, earliest, latest)


def on_grid(
    ask: Callable[[Controls], Question],
    how: Controls,
    head: float,
    among: Values | None,
    encoding: Encoding,
    rng: np.random.Generator,
) -> Asking[tuple[Step, float | None]]:
    """A step whose first row begins at one of the moments `among` (ascending), and which, or joins the group at `head`;
    then None, as where `among` is None and it is free. Where the step is broken, it is returned as it is."""
    if among is None:
        return (yield ask(how)), None
    waits, field = among - head, encoding.field(IOI)
    bins, spread = np.searchsorted(encoding.ioi_edges, waits, side="right") - 1, _spread(waits)
    share = spread / np.bincount(bins, spread, encoding.sizes[IOI])[bins]
    step = yield ask(_steered(how, bins, spread, encoding))
    if not sane(step, 0, encoding):
        return step, None
    wanted = gathered(likely(step.raw[0, field], how, encoding), waits, encoding)
    used, drawn = step.used[0, field].astype(float), int(step.drawn[0, IOI])
    offered = np.array([used[0], *(used[bins] * share)])
    chosen = _choose(np.array([drawn == 0, *((bins == drawn) * share)], float), rng)
    if rng.random() * offered[chosen] >= wanted[chosen]:
        chosen = _choose(np.maximum(wanted - offered, 0.0), rng)
        bin_ = int(bins[chosen - 1]) if chosen else 0
        step = step if bin_ == drawn else (yield ask(_only(how, bin_, encoding)))
    return step, float(among[chosen - 1]) if chosen else None


def likely(raw: NDArray[np.floating], how: Controls, encoding: Encoding) -> Values:
    """The distribution that the first row's ioi is drawn from, shape (bins,), as a step has it (improv.step)."""
    field, weight = encoding.field(IOI), float(how.weight[0, IOI])
    mixed = (1 - weight) * np.exp(raw.astype(float)) + weight * how.prior[0, field]
    logs = (np.log(np.maximum(mixed, 1e-30)) + how.bias[0, field]) / how.temperature[0, IOI]
    p = np.exp(logs - logs.max())
    p /= p.sum()
    ranked = np.sort(p)[::-1]
    least = ranked[np.cumsum(ranked) - ranked < max(float(how.top_p[0, IOI]), 1e-6)].min()
    kept = np.where(p >= least, p, 0.0)
    return np.asarray(kept / kept.sum())


def gathered(p: Values, waits: Values, encoding: Encoding) -> Values:
    """What the distribution `p` of ioi bins has for the last group and for each of `waits`; its sum is 1."""
    edges = np.array([*encoding.ioi_edges, LONGEST])
    upto = np.interp((waits[1:] + waits[:-1]) / 2, edges, [0.0, *np.cumsum(p)])
    bounds = np.maximum.accumulate([0.0, p[0], *np.maximum(upto, p[0]), 1.0])
    return np.diff(bounds)


def _spread(waits: Values) -> Values:
    """How many seconds lie nearer to each of `waits` than to the others."""
    if len(waits) == 1:
        return np.ones(1)
    return np.asarray(np.gradient(waits))


def _steered(how: Controls, bins: NDArray[np.intp], spread: Values, encoding: Encoding) -> Controls:
    """Controls by which the first row's ioi is in a bin with a point, the likelier the more seconds they stand for."""
    old = how.bias[0, encoding.field(IOI)]
    seconds = np.bincount(bins, spread, len(old))
    held = np.flatnonzero(seconds)
    leaning = np.log(seconds[held] / encoding.widths(IOI)[held]) * how.temperature[0, IOI]
    ioi = np.full(len(old), NEVER, np.float32)
    ioi[0] = old[0]
    ioi[held] = np.where(old[held] > NEVER / 2, old[held], 0.0) + leaning
    return _with(how, ioi, encoding)


def _only(how: Controls, bin_: int, encoding: Encoding) -> Controls:
    """Controls by which the first row's ioi is this one."""
    ioi = np.full(encoding.sizes[IOI], NEVER, np.float32)
    ioi[bin_] = 0.0
    return _with(how, ioi, encoding)


def _with(how: Controls, ioi: NDArray[np.float32], encoding: Encoding) -> Controls:
    bias = how.bias.copy()
    bias[0, encoding.field(IOI)] = ioi
    return replace(how, bias=bias)


def _choose(weights: Values, rng: np.random.Generator) -> int:
    """An index, drawn by weights that are not all zero; as the largest where they are."""
    total = np.cumsum(weights)
    if total[-1] <= 0:
        return int(np.argmax(weights))
    return min(int((total <= rng.random() * total[-1]).sum()), len(weights) - 1)
