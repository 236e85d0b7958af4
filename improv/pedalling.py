"""Improv's own pedal: off, the player's, or one of its own.

`follow`: what the player's pedal does, improv's does too. `own`: it goes down a little after a chord, holds what fits
together, and is lifted where the harmony changes: at a note a second away from one that is held, after LONGEST seconds,
and when the last note has ended. In both, what takes notes back lifts it too: the scheduler sees to that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from improv.events import SUSTAIN, ControlChange, Event
from improv.listener import PEDAL_DOWN
from improv.plan import Cancel, Command, Pedal, PlannedNote, Play, Silence

#: Seconds from a chord to the pedal that holds it, so that nothing of the chord before is caught.
AFTER = 0.06
#: Seconds the pedal is held at most.
LONGEST = 4.0
#: Semitones, up or down and whatever the octave, that blur under one pedal.
_SECONDS = (1, 2, 10, 11)


class Pedalling:
    """Given what the player does and what is asked of the ports, what is asked of improv's pedal."""

    def __init__(self) -> None:
        self._player_down = False
        self._moved = False  # the player's pedal, since last asked
        self._down: set[int] = set()  # the channels on which improv's own is down, or will be
        self._pressed = float("-inf")
        self._held: set[int] = set()  # pitch classes under a pedal of its own
        self._ends_at = float("-inf")

    def hear(self, event: Event) -> None:
        """The player did something."""
        if isinstance(event, ControlChange) and event.control == SUSTAIN:
            down = event.value >= PEDAL_DOWN
            self._moved = self._moved or down != self._player_down
            self._player_down = down

    def beside(
        self, commands: Sequence[Command], kind: str, channels: Collection[int], ends_at: float, now: float
    ) -> list[Pedal]:
        """What goes after `commands` in this turn at `now`, by the `kind` of pedal: off, follow or own.

        Improv plays on `channels` (0-15), and all it has planned will have ended at `ends_at` (absolute seconds).
        """
        if any(isinstance(command, Cancel | Silence) for command in commands):
            self._down.clear()
            self._held.clear()
        played = [note for command in commands if isinstance(command, Play) for note in command.notes]
        moved, self._moved = self._moved, False
        self._ends_at = ends_at
        if kind == "own":
            return self._own(sorted(played, key=lambda note: note.onset), now)
        self._held.clear()
        if kind == "off" or not self._player_down:
            return self._lift(now)
        left = self._lift(now, self._down.difference(channels))
        if not (moved or played or left or self._down):
            return left
        return [*left, *(self._press(now, channel) for channel in sorted(channels) if channel not in self._down)]

    def wake_at(self) -> float | None:
        """When the pedal is to be lifted if nothing more is played; None while it is up, or the player's."""
        return self._ends_at if self._held else None

    def _own(self, played: Sequence[PlannedNote], now: float) -> list[Pedal]:
        said: list[Pedal] = []
        for note in played:
            pitch_class = note.pitch % 12
            blurs = any((pitch_class - held) % 12 in _SECONDS for held in self._held)
            if self._down and note.onset >= self._pressed + LONGEST * (not blurs):
                said += self._lift(note.onset)
            if note.channel not in self._down:
                said.append(self._press(note.onset + AFTER, note.channel))
            self._held.add(pitch_class)
        return said if played or self._ends_at > now else self._lift(now)

    def _press(self, at: float, channel: int) -> Pedal:
        self._pressed = self._pressed if self._down else at
        self._down.add(channel)
        return Pedal(at, channel, True)

    def _lift(self, at: float, channels: Collection[int] | None = None) -> list[Pedal]:
        """Lift the pedal on these channels, or wherever it is down."""
        self._held.clear()
        lifted = sorted(self._down if channels is None else channels)
        self._down.difference_update(lifted)
        return [Pedal(at, channel, False) for channel in lifted]
