"""The balance of two who play together: how dense and loud improv plays beside the player, and how far from them.

A model that hears itself drifts: dense playing follows dense playing, and high follows high. So what improv has played
in the last SPAN seconds pulls back what it plays next, as in `improv.drift`: by a bias on whose turn it is, and one on
pitch.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from improv.dials import Asked
from improv.encoding import DURATION, PITCH, Encoding
from improv.notes import Note, Part
from improv.settings import Settings
from improv.step import Floats

#: Seconds that count, and the notes a second that are taken to be right where nothing is asked (accompaniments of pop
#: songs: median 4.2, half of them between 3.2 and 5.3; melodies 1.6, for they rest between their phrases).
SPAN = 4.0
USUAL = {Part.ACCOMPANIMENT: 3.9, Part.LEAD: 1.6}
#: How much of a deviation in density is pulled back (nats for each factor e), and how much in height; no pull is
#: stronger than MOST nats. Who has played too much adds to a chord of their own less readily as well, by this share.
PULL_PACE, PULL_PITCH, MOST, THINNED = 6.0, 1.5, 4.0, 0.5
#: How many of improv's last notes say how high it has got, and how many of the player's.
LAST, PLAYER_LAST = 12, 32
#: Semitones from the player's mean pitch to improv's, the spread of improv's, and for how many notes the player's
#: height stands in while there are few of improv's own.
AWAY = {Part.ACCOMPANIMENT: -12.0, Part.LEAD: 14.0}
SPREAD = {Part.ACCOMPANIMENT: 9.0, Part.LEAD: 5.0}
FEW = 4
#: Nats against the player's last note in its own octave, the one below, or above: an accompaniment is no echo.
DOUBLED = 0.4
#: Nats against a note that rubs with one the player holds: a second, a seventh or a tritone. (Without, accompaniments
#: of held-out pop songs were about as dissonant as the song's own moved in time.) Melodies pass through such notes and
#: suspend them more often than accompaniments do.
RUBS, RUB = (1, 2, 6, 10, 11), {Part.ACCOMPANIMENT: 2.5, Part.LEAD: 2.0, Part.UNSPLIT: 2.5}
#: How loud each plays beside the other, times the player's velocity (accompaniments of pop songs: median 0.84 of the
#: melody; who plays the melody is that much louder).
LOUD = {Part.ACCOMPANIMENT: 0.84, Part.LEAD: 1.19, Part.UNSPLIT: 1.0}
#: Nats for each doubling of how long a note of improv's sounds. What the player's keys do is dry, a pianist who
#: accompanies has a pedal: a model that hears dry notes writes dry ones, hears those too, and goes on so. (Of
#: accompaniments of validation songs 0.72 of a chord's tones were sounding before; of improv's 0.63 without, 0.72 so.)
RINGS = {Part.ACCOMPANIMENT: 0.75, Part.LEAD: 0.4}

#: By pitch class, which pitches rub with it, shape (12, 128).
_RUBBING = np.isin((np.arange(128) - np.arange(12)[:, None]) % 12, RUBS).astype(np.float32)


def asked_by(settings: Settings, usual: float) -> Asked:
    """What the settings ask of a model whose training had a mean velocity of `usual`."""
    loud = None if settings.loudness == 1 else min(max(usual * settings.loudness, 1.0), 127.0)
    return Asked(settings.density or None, settings.register or None, loud)


def pace(own: Iterable[Note], now: float, part: Part, settings: Settings) -> float:
    """Nats for the turn of improv, in this `part`, to come next: positive where it has played less than is wanted."""
    wanted = settings.density or USUAL[part]
    count = sum(now - SPAN < note.onset <= now for note in own)
    # Half a note stands in for the luck of the moment.
    return float(np.clip(PULL_PACE * np.log((wanted * SPAN + 0.5) / (count + 0.5)), -MOST, MOST))


def thinned(pace: float, part: Part, group: Iterable[tuple[Part, int]]) -> float:
    """Nats for a note to join the last `group`, by the `pace` of improv in this `part`: where it has played too much,
    another of its own makes a chord less readily."""
    return THINNED * min(pace, 0.0) if any(other == part for other, _ in group) else 0.0


def height(own: Iterable[Note], player: Iterable[Note], part: Part) -> Floats:
    """Nats a pitch, shape (128,): near zero while improv keeps its distance from the player, else pulling back."""
    heights, played = [note.pitch for note in player][-PLAYER_LAST:], [note.pitch for note in own][-LAST:]
    if not heights:
        return np.zeros(128, np.float32)
    target = float(np.mean(heights)) + AWAY[part]
    mean = (sum(played) + FEW * target) / (len(played) + FEW)
    keys = np.arange(128.0)
    slope = PULL_PITCH * (target - mean) / SPREAD[part] ** 2
    beyond = np.maximum(np.abs(keys - target) - 2 * SPREAD[part], 0.0)
    bias: Floats = (np.clip(slope * (keys - target), -MOST, MOST) - 0.15 * beyond).astype(np.float32)
    if part == Part.ACCOMPANIMENT:
        bias[heights[-1] % 12 :: 12] -= DOUBLED * (keys[heights[-1] % 12 :: 12] >= heights[-1] - 12)
    return bias


def beside(encoding: Encoding, own: Iterable[Note], player: Iterable[Note], held: Iterable[int], part: Part) -> Floats:
    """Nats, shape (encoding.offsets[-1],), for a note of improv's beside the `player`, who holds the pitches `held`."""
    bias = np.zeros(encoding.offsets[-1], np.float32)
    bias[encoding.field(PITCH)] = height(own, player, part) + rub(held, part)
    bias[encoding.field(DURATION)] = ring(part, encoding)
    return bias


def ring(part: Part, encoding: Encoding) -> Floats:
    """Nats a bin of duration, shape (bins,), for a note of improv's in this `part`: the longer, the likelier."""
    nats: Floats = (RINGS[part] * np.log2(encoding.duration_values)).astype(np.float32)
    return nats


def rub(held: Iterable[int], part: Part) -> Floats:
    """Nats a pitch, shape (128,), for improv in this `part`: against what rubs with the pitches the player holds."""
    bias: Floats = -RUB[part] * _RUBBING[[pitch % 12 for pitch in held]].max(axis=0, initial=0.0)
    return bias
