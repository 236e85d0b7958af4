"""What a partner is like beside a player: consonance, being together, doubling, harmony, register, pulse, loudness.

All are of what the partner plays while the player plays: from the player's first onset to the last release. Where there
is nothing to measure a figure is NaN.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from improv.notes import GROUP_SPAN
from training.audition.passages import Notes, between, group_starts, releases

#: Intervals in semitones, octaves apart or not, that are consonant: unison, thirds, fourth, fifth, sixths.
CONSONANT = (0, 3, 4, 5, 7, 8, 9)
#: Seconds: of a frame in which what sounds is looked at, and of the windows in which harmony and loudness are.
FRAME, WINDOW = 0.02, 1.0
#: Two windows of which the pitch classes are less alike than this (their cosine) are two harmonies.
SAME_HARMONY = 0.7
#: Seconds from one beat to the next, at least and at most.
PULSES = (0.25, 1.0)

MEASURES = (
    "consonance",
    "joined",
    "doubled",
    "parallel octaves",
    "harmonies a minute",
    "semitones a voice",
    "tones kept",
    "above the player",
    "below the player",
    "in the player's range",
    "pulse",
    "chords a second",
    "notes a second",
    "loudness follows",
    "louder by",
)

Floats = NDArray[np.float64]


def figures(player: Notes, partner: Notes) -> dict[str, float]:
    """The MEASURES of a partner.

    consonance: of the time in which notes of both sound, pair by pair, the share in which their interval is CONSONANT.
    joined: the share of the player's onsets (chords once) with an onset of the partner's within 30 ms. doubled: of the
    partner's notes that join, those of the player's pitch class. parallel octaves: of the player's steps from one
    joined onset to the next, those that a voice of the partner's makes too, the same number of octaves away.
    harmonies a minute: changes from one second to the next of which pitch classes the partner sounds. semitones a
    voice: from each of the partner's chords to the next, how far each note is from the nearest before; tones kept: how
    many are where one was. above and below the player, in the player's range: shares of the partner's notes that lie
    above or below the player's note of that moment, and between the player's lowest and highest. pulse: how regular the
    partner's onsets are, the highest autocorrelation at 0.25 to 1 s. loudness follows: the correlation of both
    velocities, second by second. louder by: the difference of their means.
    """
    start, end = float(player["onset"][0]), float(releases(player).max())
    partner = between(partner, start - GROUP_SPAN, end)
    length = max(end - start, FRAME)
    if not len(partner):
        return dict.fromkeys(MEASURES, np.nan) | {"joined": 0.0, "chords a second": 0.0, "notes a second": 0.0}
    ours, theirs = (_classes(notes, start, end) for notes in (player, partner))
    starts = group_starts(partner)
    joined, doubled, parallel = _together(player, partner)
    above, below, inside = _register(player, partner)
    moves = _moves(partner, starts)
    follows, louder = _loudness(player, partner, start, end)
    return {
        "consonance": _consonance(ours, theirs),
        "joined": joined,
        "doubled": doubled,
        "parallel octaves": parallel,
        "harmonies a minute": _harmonies(theirs) / length * 60,
        "semitones a voice": float(moves.mean()) if len(moves) else np.nan,
        "tones kept": float((moves == 0).mean()) if len(moves) else np.nan,
        "above the player": above,
        "below the player": below,
        "in the player's range": inside,
        "pulse": _pulse(starts),
        "chords a second": len(starts) / length,
        "notes a second": len(partner) / length,
        "loudness follows": follows,
        "louder by": louder,
    }


def _classes(notes: Notes, start: float, end: float) -> Floats:
    """How many notes of each pitch class sound in each frame, shape (frames, 12)."""
    frames = int((end - start) / FRAME) + 2
    change = np.zeros((frames + 1, 12))
    first = np.clip(np.rint((notes["onset"] - start) / FRAME), 0, frames).astype(int)
    last = np.clip(np.rint((releases(notes) - start) / FRAME), 0, frames).astype(int)
    np.add.at(change, (first, notes["pitch"] % 12), 1)
    np.add.at(change, (last, notes["pitch"] % 12), -1)
    return np.cumsum(change, axis=0)[:frames]


def _consonance(ours: Floats, theirs: Floats) -> float:
    pairs = ours.T @ theirs  # frames in which both sound, by pitch class
    intervals = (np.arange(12)[:, None] - np.arange(12)) % 12
    return _ratio(pairs[np.isin(intervals, CONSONANT)].sum(), pairs.sum())


def _together(player: Notes, partner: Notes) -> tuple[float, float, float]:
    """Shares: of the player's onsets that are joined, of joining notes that double, of steps in parallel octaves."""
    onsets = group_starts(player)
    joining: list[tuple[set[int], set[int]]] = []  # for each onset the player's pitches, and those that join
    for onset in onsets.tolist():
        near = [between(notes, onset - GROUP_SPAN, onset + GROUP_SPAN + 1e-9) for notes in (player, partner)]
        joining.append((set(near[0]["pitch"].tolist()), set(near[1]["pitch"].tolist())))
    pairs = [(top, pitch) for own, other in joining for pitch in other for top in [max(own)]]
    steps = parallel = 0
    for (own, other), (after, following) in pairwise(joining):
        if other and following and max(own) != max(after):
            steps += 1
            octaves = {max(own) - pitch for pitch in other} & {max(after) - pitch for pitch in following}
            parallel += any(away % 12 == 0 for away in octaves)
    doubled = sum((top - pitch) % 12 == 0 for top, pitch in pairs)
    return sum(bool(other) for _, other in joining) / len(onsets), _ratio(doubled, len(pairs)), _ratio(parallel, steps)


def _harmonies(theirs: Floats) -> int:
    """Changes of harmony from one WINDOW to the next."""
    each = round(WINDOW / FRAME)
    windows = theirs[: len(theirs) // each * each].reshape(-1, each, 12).sum(1)
    lengths = np.linalg.norm(windows, axis=1)
    alike = (windows[1:] * windows[:-1]).sum(1) / np.maximum(lengths[1:] * lengths[:-1], 1e-9)
    return int((alike < SAME_HARMONY)[(lengths[1:] > 0) & (lengths[:-1] > 0)].sum())


def _moves(partner: Notes, starts: Floats) -> NDArray[np.int64]:
    """From each chord to the next, if that is another, semitones from each note to the nearest before."""
    ends = releases(partner)
    moves: list[int] = []
    before: NDArray[np.int64] | None = None
    for start in starts.tolist():
        sounding = partner["pitch"][(partner["onset"] <= start + GROUP_SPAN) & (ends > start)].astype(np.int64)
        chord = np.unique(sounding)
        if before is not None and len(chord) >= 2 and len(before) >= 2 and not np.array_equal(chord, before):
            moves += np.abs(chord[:, None] - before).min(1).tolist()
        before = chord
    return np.array(moves, np.int64)


def _register(player: Notes, partner: Notes) -> tuple[float, float, float]:
    """Shares of the partner's notes above and below the player's note of that moment, and within the player's range."""
    index = np.searchsorted(player["onset"], partner["onset"] + GROUP_SPAN, side="right") - 1
    sounds = (index >= 0) & (releases(player)[np.maximum(index, 0)] > partner["onset"])
    away = partner["pitch"][sounds].astype(int) - player["pitch"][index[sounds]]
    low, high = player["pitch"].min(), player["pitch"].max()
    inside = (partner["pitch"] >= low) & (partner["pitch"] <= high)
    above, below = (float(side.mean()) if len(away) else np.nan for side in (away > 0, away < 0))
    return above, below, float(inside.mean())


def _pulse(starts: Floats) -> float:
    """The highest autocorrelation of onsets, each as wide as a chord may be, at waits that a beat may have."""
    if len(starts) < 4:
        return np.nan
    places = np.rint((starts - starts[0]) / FRAME).astype(int)
    train = np.zeros(places[-1] + 3)
    for around in (-1, 0, 1):
        train[places + 1 + around] = 1
    train -= train.mean()
    lags = range(round(PULSES[0] / FRAME), min(round(PULSES[1] / FRAME), len(train) - 1) + 1)
    power = float(train @ train)
    return max((float(train[lag:] @ train[:-lag]) / power for lag in lags), default=np.nan)


def _loudness(player: Notes, partner: Notes, start: float, end: float) -> tuple[float, float]:
    edges = np.arange(start, end + WINDOW, WINDOW)
    means = []
    for notes in (player, partner):
        place = np.digitize(notes["onset"], edges)
        sums = np.bincount(place, notes["velocity"].astype(float), minlength=len(edges) + 1)
        counts = np.bincount(place, minlength=len(edges) + 1)
        means.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))
    both = ~np.isnan(means[0]) & ~np.isnan(means[1])
    one, other = means[0][both], means[1][both]
    follows = np.corrcoef(one, other)[0, 1] if len(one) > 2 and one.std() > 1e-6 and other.std() > 1e-6 else np.nan
    return float(follows), float(partner["velocity"].mean() - player["velocity"].mean())


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else np.nan
