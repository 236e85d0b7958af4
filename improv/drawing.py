"""What the distributions of a step say, and which of them can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from improv.dials import WIDTH
from improv.encoding import DURATION, IOI, LONGEST, PART, PITCH, Encoding
from improv.notes import GROUP_SPAN, Note
from improv.step import NEVER, Controls, Floats, Step

#: Semitones beyond the player's own range that cost nothing, and nats for each semitone beyond those.
REGISTER_MARGIN = 5
REGISTER_SLOPE = 0.15
#: Hands have ten fingers: a group of this many notes is full.
FULL_GROUP = 10
#: So many rows are read once and not once for each part: the last is enough for that.
MANY = 4
#: The sum of probabilities may be off by this much before a step counts as broken.
_SLACK = 0.01


@dataclass(frozen=True, slots=True)
class Written:
    """A note the model wrote (velocity as the player would play it); `rest_before`: the probability the model itself
    gave, before any constraint, to a wait of at least the asked rest before it, unless it joins a chord; `opinion`: the
    logarithm of the one it gave, before any constraint, to this pitch, and what that was `expected` to be."""

    note: Note
    rest_before: float
    opinion: float = 0.0
    expected: float = 0.0


def whose(step: Step, how: Controls, encoding: Encoding, rng: np.random.Generator, first: float = 0.0) -> int:
    """The row of the part whose turn it is: drawn by the probability that it comes next, and no sooner than it may;
    `first` are nats for the first."""
    logs = []
    for row in range(len(step.drawn)):
        part = step.raw[row, encoding.offsets[PART] + int(step.drawn[row, PART])]
        allowed = how.bias[row, encoding.field(IOI)] > NEVER / 2
        waits = float(np.exp(step.raw[row, encoding.field(IOI)][allowed]).sum())
        logs.append(float(part) + float(np.log(max(waits, 1e-30))) + (first if row == 0 else 0.0))
    chances = np.exp(np.array(logs) - max(logs))
    return int((np.cumsum(chances) <= rng.random() * chances.sum()).sum())


def redrawn(step: Step, row: int, how: Controls, encoding: Encoding, prior: Floats, weight: float) -> int:
    """The duration of a drawn note, drawn once more and by the same chance: from what it was drawn from, mixed with a
    `prior` of this weight (0 to 1) that was to know the other fields first."""
    span = encoding.field(DURATION)
    allowed = np.where(how.bias[row, span] > NEVER / 2, prior, 0.0)
    total = np.cumsum((1 - weight) * step.used[row, span] + weight * allowed)
    return int((total <= how.u[row, DURATION] * total[-1]).sum())


def wait(ioi: Floats, encoding: Encoding, shortest: float, longest: float, closed: bool) -> None:
    """Rule out, in biases of ioi, what does not reach from `shortest` to `longest` (seconds); where there is anything
    else, also joining the last group if that is `closed`."""
    # Who is no later than a group's span may still join it.
    low = encoding.ioi_bin(shortest) if shortest > GROUP_SPAN + 1e-9 else 0
    high = encoding.ioi_bin(max(longest, 0.0))
    ioi[:low], ioi[high + 1 :] = NEVER, NEVER
    if low < high:
        ioi[1] = NEVER  # stays empty: shorter waits than a group's span are inside it
        if closed:
            ioi[0] = NEVER


def slow(ioi: Floats, encoding: Encoding, nats: float, expected: Floats | None) -> None:
    """Make long waits likelier, in biases of ioi, by so many `nats` for each doubling.

    To join the last group stays as likely as it is, by what was `expected` of the wait before, in log-probabilities:
    waits that lose to longer ones are to lose nothing to chords.
    """
    tilt = nats * encoding.ioi_octaves
    if expected is not None and nats:
        waits = np.exp(expected[1:]) * (ioi[0, 1:] > NEVER / 2)
        tilt -= np.log(max(float(waits @ np.exp(tilt)), 1e-30) / max(float(waits.sum()), 1e-30))
    ioi[:, 1:] += tilt


def quantile_of_wait(raw: Floats, encoding: Encoding, share: float) -> float:
    """The seconds that a wait for the next chord does not exceed in so large a share of all cases (0 to 1), from raw
    log-probabilities side by side."""
    waits = np.exp(raw[encoding.field(IOI)][1:])
    index = int(np.searchsorted(np.cumsum(waits), share * waits.sum()))
    return float((*encoding.ioi_edges, LONGEST)[min(index, len(waits) - 1) + 2])


def rise(bias: Floats, encoding: Encoding, top: int) -> None:
    """Rule out, in biases side by side, all but joining the last group above `top`, if it may be joined."""
    if bias[encoding.offsets[IOI]] > NEVER / 2:
        bias[encoding.field(IOI)][1:] = NEVER
        bias[encoding.field(PITCH)][: top + 1] = NEVER


def expects_above(raw: Floats, encoding: Encoding, top: int) -> bool:
    """Whether the model, of a note with the fields drawn before the pitch, had expected it above `top`."""
    return float(np.exp(raw[encoding.field(PITCH)][top + 1 :]).sum()) > 0.5


def beside(rows: int, dials: Floats) -> Floats:
    """The dials beside the last `rows` rows and after them, shape (rows + 1, WIDTH); zero where they begin later."""
    beside = np.zeros((rows + 1, WIDTH), np.float32)
    known = dials[-(rows + 1) :]
    beside[len(beside) - len(known) :] = known
    return beside


def sane(step: Step, row: int, encoding: Encoding) -> bool:
    """Whether a row of a step can be used: values in range, a state to go on from, probabilities that are some."""
    drawn, raw = step.drawn[row], step.raw[row]
    in_range = all(0 <= int(drawn[field]) < size for field, size in enumerate(encoding.sizes))
    with np.errstate(over="ignore"):  # what overflows is not sane, and is no news for the terminal
        total = float(np.exp(raw[encoding.field(IOI)]).sum())
    return in_range and not np.isnan(raw).any() and bool(np.isfinite(step.state).all()) and abs(total - 1) < _SLACK


def probability_of_wait(raw: Floats, encoding: Encoding, rest: float) -> float:
    """The probability that a note which joins no chord is at least `rest` seconds away, from raw log-probabilities side
    by side."""
    waits = np.exp(raw[encoding.field(IOI)])
    return float(waits[max(encoding.ioi_bin(rest), 1) :].sum() / max(float(waits[1:].sum()), 1e-30))


def register_bias(pitches: Sequence[int]) -> Floats:
    """Nats a pitch, shape (128,): 0 near the range of `pitches`, falling away beyond it."""
    keys = np.arange(128)
    if not pitches:
        return np.zeros(128, np.float32)
    beyond = np.maximum(min(pitches) - REGISTER_MARGIN - keys, keys - max(pitches) - REGISTER_MARGIN)
    return (-REGISTER_SLOPE * np.maximum(beyond, 0)).astype(np.float32)
