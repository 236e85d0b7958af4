"""Playing on for minutes: half a minute at a time, is it still what people's half minutes are like?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.audition.keys import key_of, pitch_classes
from training.audition.passages import Notes, between, releases

WINDOW = 30.0
FIGURES = (
    "key clarity",
    "register centre",
    "notes per second",
    "pitch-class entropy",
    "longest silence",
    "loudness",
)
#: The quantiles of human half minutes that bound the band.
BAND = (0.05, 0.95)
#: Of fewer half minutes such quantiles say little.
FEW = 40

Values = NDArray[np.float64]


def half_minutes(notes: Notes, start: float, stop: float) -> Values:
    """The FIGURES of each whole half minute from `start` to `stop` (seconds), shape (windows, 6).

    Key clarity is the correlation with the best key's profile; register centre the mean pitch; entropy in bits of how
    long pitch classes sound; longest silence the seconds in which nothing sounds; loudness the mean velocity. Where
    nothing is played clarity and entropy are 0, register and loudness NaN, which is in no band.
    """
    count = max(0, int((stop - start) / WINDOW + 1e-9))
    rows = [_figures(notes, start + index * WINDOW) for index in range(count)]
    return np.array(rows, float).reshape(count, len(FIGURES))


def _figures(notes: Notes, start: float) -> tuple[float, ...]:
    inside = between(notes, start, start + WINDOW)
    silence = longest_silence(notes, start, start + WINDOW)
    if not len(inside):
        return 0.0, np.nan, 0.0, 0.0, silence, np.nan
    sounds = pitch_classes(inside)
    shares = sounds[sounds > 0] / max(sounds.sum(), 1e-9)
    return (
        key_of(inside).clarity,
        float(inside["pitch"].mean()),
        len(inside) / WINDOW,
        float(-(shares * np.log2(shares)).sum()),
        silence,
        float(inside["velocity"].mean()),
    )


def longest_silence(notes: Notes, start: float, stop: float) -> float:
    """The longest time in [start, stop) in which nothing sounds, seconds."""
    before = notes["onset"] < stop
    onset, release = notes["onset"][before], releases(notes[before])
    quiet_from = np.maximum.accumulate(np.concatenate([[start], np.maximum(release, start)]))
    quiet_until = np.append(np.maximum(onset, start), stop)
    return max(0.0, float(np.max(quiet_until - quiet_from)))


def bands(windows: Mapping[str, Sequence[Values]]) -> dict[str, Values]:
    """By folder the lower and upper bound of each figure over people's half minutes, shape (2, 6).

    `windows` holds for each folder what `half_minutes` says of its pieces. A folder of fewer than FEW half minutes is
    given the band of all folders together. Empty where nobody plays for half a minute.
    """
    everyone = np.concatenate([found for pieces in windows.values() for found in pieces])
    if not len(everyone):
        return {}
    found = {}
    for group, pieces in windows.items():
        own = np.concatenate(pieces)
        found[group] = np.nanquantile(own if len(own) >= FEW else everyone, BAND, axis=0)
    return found


def inside(windows: Values, bounds: Values) -> NDArray[np.bool_]:
    """Which figures of which half minutes lie in the band, shape (windows, 6)."""
    tolerance = 1e-9
    return (windows >= bounds[0] - tolerance) & (windows <= bounds[1] + tolerance)


def shares(runs: Sequence[NDArray[np.bool_]]) -> dict[str, float]:
    """By figure the share of half minutes inside the band; over all figures, of the first minute and of the last.

    `runs` holds for each run what `inside` says of its half minutes.
    """
    runs = [run for run in runs if len(run)]
    if not runs:
        return {}
    found = dict(zip(FIGURES, np.concatenate(runs).mean(0).tolist(), strict=True))
    minute = round(60 / WINDOW)
    found["first minute"] = float(np.concatenate([run[:minute] for run in runs]).mean())
    found["last minute"] = float(np.concatenate([run[-minute:] for run in runs]).mean())
    return found
