"""What the last notes were like, however many are asked about: sums that run along with what is played.

The sums over the last notes are those up to now, less those up to the first of them. So a note costs the same at any
moment of a session, and a look the same however far it reaches; no further back than `most` notes are kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from math import inf, log2

import numpy as np

from improv.dials import LEAST_SPAN
from improv.drift import Manner
from improv.notes import GROUP_SPAN, Note
from improv.sums import Sums

#: A wait counts for no more seconds than this: in a longer one somebody else plays.
REST = 3.0
#: What is summed: of a note's pitch, of the log2 of a new group's wait in seconds, of whether a note joins a group, of
#: velocity and of its steps, how many there are, their total and their squares; the seconds waited; each pitch class.
#: (But for waits these are whole numbers, and exact.)
_FACTS = 28


@dataclass(frozen=True, slots=True)
class Look:
    """The last notes, one or more: the `manner` they are played in, the `lowest` and the `highest` pitch, `pace` in
    notes a second while they play, their velocities, and the `steps` of these from one to the next."""

    manner: Manner
    lowest: int
    highest: int
    pace: float
    velocities: Sums
    steps: Sums


class Tally:
    """Counts notes in onset order; `most` of them can be looked at."""

    def __init__(self, most: int, notes: Iterable[Note] = ()) -> None:
        self._most = most
        self.count = 0
        self._head: float | None = None
        self._velocity = 0
        self._onsets = [0.0] * most
        self._sums = np.zeros((most + 1, _FACTS))  # before each of the last notes, and after them all
        # What of earlier notes no later one is lower, or higher, than: the first that a look reaches is its bound. As
        # pitches rise, or fall, there are no more than there are pitches.
        self._lows: list[tuple[int, int]] = []
        self._highs: list[tuple[int, int]] = []
        for note in notes:
            self.add(note)

    def add(self, note: Note) -> None:
        """The note that comes next."""
        number, pitch, velocity = self.count, note.pitch, note.velocity
        since = inf if self._head is None else note.onset - self._head
        joins = since <= GROUP_SPAN + 1e-9
        if not joins:
            self._head = note.onset
        wait = 0.0 if joins or since == inf else log2(since)
        seconds = 0.0 if joins else min(since, REST)
        step, self._velocity = velocity - self._velocity, velocity
        facts = (
            *(1, pitch, pitch**2, not joins, wait, wait**2, 1, joins, joins),
            *(1, velocity, velocity**2, 1, step, step**2, seconds),
        )
        sums = self._sums[(number + 1) % len(self._sums)]
        sums[:] = self._sums[number % len(self._sums)]
        sums[: len(facts)] += facts
        sums[len(facts) + pitch % 12] += 1
        self._onsets[number % self._most] = note.onset
        while self._lows and self._lows[-1][1] >= pitch:
            self._lows.pop()
        while self._highs and self._highs[-1][1] <= pitch:
            self._highs.pop()
        self._lows.append((number, pitch))
        self._highs.append((number, pitch))
        self.count = number + 1

    def last(self, reach: int, within: float = inf, least: int = 1) -> Look | None:
        """The last `reach` notes, but for what began more than `within` seconds before the last of them; that many
        seconds or not, the last `least`. None before any note."""
        if not self.count:
            return None
        first = self.count - max(1, min(reach, self._most, self.count))
        if within < inf:
            oldest = self._onset(self.count - 1) - within
            first += bisect_left(range(first, max(first, self.count - least)), oldest, key=self._onset)
        since, later = self._since(first), self._since(first + 1)
        # How the first of them followed on others says nothing of these.
        waits, joins, steps, seconds = Sums(*later[3:6]), Sums(*later[6:9]), Sums(*later[12:15]), later[15]
        return Look(
            Manner(Sums(*since[0:3]), waits, joins, seconds, tuple(since[16:])),
            lowest=_from(self._lows, first),
            highest=_from(self._highs, first),
            pace=(self.count - first) / max(seconds, LEAST_SPAN),
            velocities=Sums(*since[9:12]),
            steps=steps,
        )

    def copy(self) -> Tally:
        """Another that goes on from here by itself."""
        other = copy(self)
        other._onsets, other._sums = [*self._onsets], self._sums.copy()
        other._lows, other._highs = [*self._lows], [*self._highs]
        return other

    def _onset(self, number: int) -> float:
        return self._onsets[number % self._most]

    def _since(self, number: int) -> list[float]:
        """The sums over the notes from this one on."""
        size = len(self._sums)
        since: list[float] = (self._sums[self.count % size] - self._sums[number % size]).tolist()
        return since


def _from(bounds: list[tuple[int, int]], number: int) -> int:
    """The pitch that bounds all from a note on."""
    return bounds[bisect_left(bounds, (number, 0))][1]
