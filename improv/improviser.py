"""The pure core: events in, commands out. It reads no clock, starts no thread and opens nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from improv.ears import Ears
from improv.events import ClockEvent, Event
from improv.modes import MODES
from improv.plan import Command
from improv.recall import Remembrance
from improv.settings import Settings
from improv.step import StepModel


@dataclass(frozen=True, slots=True)
class Status:
    """What the core is doing: whether it answers or listens, notes heard from the player and begun by improv,
    answers withdrawn as false turns, and model steps whose output was unusable; what the clock does, in words, and its
    tempo in quarter notes a minute, if it runs."""

    answering: bool
    heard: int
    played: int
    false_turns: int
    broken_steps: int
    time: str = ""
    tempo: float | None = None


class Improviser:
    """Hears events in order of their moments, and is given turns; all moments in absolute seconds on one clock.

    What it does depends on nothing but the model, the settings, the state of `rng`, the events and the moments.
    KeyError if the settings name no mode.
    """

    def __init__(
        self,
        model: StepModel,
        settings: Settings,
        rng: np.random.Generator,
        remembrance: Remembrance | None = None,
    ) -> None:
        self._ears = Ears(model.encoding, settings, remembrance)
        self._mode = MODES[settings.mode](model, self._ears, settings, rng)

    def hear(self, event: Event | ClockEvent) -> None:
        """Take in what the player, or the clock, did. A turn should follow soon."""
        if isinstance(event, ClockEvent):
            if self._ears.time.hear(event):
                self._mode.halt(event.at)
            return
        note = self._ears.hear(event)
        if note is not None:
            self._mode.heard(note)

    def turn(self, now: float) -> list[Command]:
        """Do a bounded slice of work, a few milliseconds at most; what the scheduler is to do."""
        if self._ears.time.look(now):
            self._mode.halt(now)
        return self._mode.turn(now)

    def wake_at(self) -> float | None:
        """When the core wants its next turn if nothing is heard before: a moment, one in the past for at once, None."""
        moments = [moment for moment in (self._mode.wake_at(), self._ears.time.wake_at()) if moment is not None]
        return min(moments, default=None)

    def status(self) -> Status:
        """What it is doing, as of the last turn."""
        mode, time = self._mode, self._ears.time
        tempo = None if time.pulse is None else time.pulse.bpm
        counts = (self._ears.heard, mode.played, mode.false_turns, mode.broken_steps)
        return Status(mode.answering, *counts, time.says, tempo)
