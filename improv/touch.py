"""The session memory of touch: how hard a note is struck and how long it sounds, where it has been played before.

As `improv.memory` does for pitch, by contexts of its own. The network does not read how long past notes were, for a key
that is still down has no length yet: whether a player plays short or long, only this memory knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.contexts import Key, Trail
from improv.encoding import DURATION, IOI, PITCH, VELOCITY
from improv.expectation import Expectation, Prediction
from improv.followers import CAPACITY
from improv.mixing import Mixture
from improv.step import Floats
from improv.touchweights import DURATION_WEIGHTS, VELOCITY_WEIGHTS

#: What the contexts are read from. "velocity N" and "duration N": the last N notes'; "pitch N", "interval N": the note
#: itself and the N - 1 before it, to the letter or transposed; "again": the pitch, and how it was when last played;
#: "chord": whether the note joins the chord of the one before; "ioi N": the last N waits.
VELOCITIES = (
    *("nothing", "velocity 1", "velocity 2", "velocity 3", "chord, velocity 1", "pitch 1", "again"),
    *("velocity 1, pitch 2", "velocity 2, pitch 2", "velocity 1, interval 4", "velocity 1, ioi 1", "velocity 1, ioi 2"),
)
DURATIONS = (
    *("nothing", "duration 1", "duration 2", "duration 3", "chord, duration 1", "pitch 1", "again"),
    *("duration 1, ioi 1", "duration 2, ioi 1", "duration 1, ioi 2"),
    *("pitch 4", "pitch 7", "interval 7", "duration 1, interval 4"),
)
_THREE = (1 << 3 * 7) - 1
#: A note as it is learned: its ioi, pitch, velocity and duration, in bins.
Stroke = tuple[int, int, int, int]


def stroke(row: Sequence[int]) -> Stroke:
    """The stroke in a row of improv.encoding."""
    return row[IOI], row[PITCH], row[VELOCITY], row[DURATION]


class Strokes:
    """The end of what was played: notes as in a Trail, their waits, velocities and durations, all in bins (0-127)."""

    __slots__ = ("_before", "_durations", "_ioi", "_velocities", "notes")

    def __init__(self) -> None:
        self.notes = Trail()
        self._ioi = 0
        self._velocities = (0, 0, 0)  # of the last notes, the last one first
        self._durations = (0, 0, 0)
        self._before: dict[int, tuple[int, int]] = {}  # by pitch, velocity and duration when it was last played

    def push(self, stroke: Stroke) -> None:
        """Go on by one note."""
        ioi, pitch, velocity, duration = stroke
        self.notes.push(pitch, ioi > 0)
        self._ioi = ioi
        self._velocities = (velocity, *self._velocities[:2])
        self._durations = (duration, *self._durations[:2])
        self._before[pitch] = velocity, duration

    def velocity_keys(self, pitch: int, ioi: int) -> tuple[Key, ...]:
        """A key for each of VELOCITIES, for a note of which so much is known."""
        one, two, three = self._velocities
        last, step = self.notes.last, pitch - self.notes.last
        again, _ = self._before.get(pitch, (-1, -1))
        return (
            *(0, one, (one, two), (one, two, three), (ioi == 0, one), pitch, (pitch, again)),
            *((one, last, pitch), (one, two, last, pitch), (one, step, self.notes.intervals & _THREE)),
            *((one, ioi), (one, ioi, self._ioi)),
        )

    def duration_keys(self, pitch: int, ioi: int) -> tuple[Key, ...]:
        """A key for each of DURATIONS, for a note of which so much is known."""
        one, two, three = self._durations
        step, pitches, intervals = pitch - self.notes.last, self.notes.pitches, self.notes.intervals
        _, again = self._before.get(pitch, (-1, -1))
        return (
            *(0, one, (one, two), (one, two, three), (ioi == 0, one), pitch, (pitch, again)),
            *((one, ioi), (one, two, ioi), (one, ioi, self._ioi)),
            *((pitch, pitches & _THREE), (pitch, pitches), (step, intervals), (one, step, intervals & _THREE)),
        )

    def copy(self) -> Strokes:
        """Strokes of their own that end in the same notes."""
        other = Strokes()
        other.notes, other._ioi, other._before = self.notes.copy(), self._ioi, dict(self._before)
        other._velocities, other._durations = self._velocities, self._durations
        return other


class Touch:
    """Learns notes in onset order, chords ascending, once it is known how long they sounded. Bounded as `Memory` is.

    `mixtures`, for velocity and for duration, may have learned before.
    """

    def __init__(self, capacity: int = CAPACITY, mixtures: tuple[Mixture, Mixture] | None = None) -> None:
        velocity, duration = mixtures or (Mixture(VELOCITY_WEIGHTS), Mixture(DURATION_WEIGHTS))
        self.strokes = Strokes()
        self.velocity = Expectation((False,) * len(VELOCITIES), velocity, capacity, near=True)
        self.duration = Expectation((False,) * len(DURATIONS), duration, capacity, near=True)

    def __len__(self) -> int:
        """How many contexts are kept."""
        return len(self.velocity) + len(self.duration)

    def learn(
        self, note: Stroke, network: tuple[float | None, float | None] = (None, None)
    ) -> tuple[float | None, float | None]:
        """The player played a note; `network` and what is returned, for velocity and duration, as in Expectation."""
        ioi, pitch, velocity, duration = note
        strokes = self.strokes
        mixed = (
            self.velocity.learn(self.velocity.predict(strokes.velocity_keys(pitch, ioi)), velocity, network[0]),
            self.duration.learn(self.duration.predict(strokes.duration_keys(pitch, ioi)), duration, network[1]),
        )
        strokes.push(note)
        return mixed

    def predict_duration(self, strokes: Strokes, note: Stroke) -> Prediction:
        """What the contexts at the end of `strokes` say of how long a note of this ioi and pitch will sound."""
        ioi, pitch, _, _ = note
        return self.duration.predict(strokes.duration_keys(pitch, ioi))

    def duration_prior(self, prediction: Prediction, bins: int) -> tuple[Floats, float]:
        """The distribution of that, shape (bins,), positive and summing to 1, and its weight, 0 to 1."""
        return self.duration.prior(prediction, bins)
