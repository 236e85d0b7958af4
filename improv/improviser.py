"""The pure core: events in, commands out. It reads no clock, starts no thread and opens nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from improv.events import ClockEvent, Event, Gesture, Heard, Prompt, Turned
from improv.keynames import HOLD, Key
from improv.modes import MODES, Mode, maker
from improv.modes.encore import Encore
from improv.notes import Note
from improv.pedalling import Pedalling
from improv.performer import Performer
from improv.plan import VOICES, Command, Limit
from improv.pulse import Pulse
from improv.recall import Remembrance
from improv.settings import Settings
from improv.stage import stage
from improv.step import StepModel

MAKERS = {name: maker(name) for name in MODES}


@dataclass(frozen=True, slots=True)
class Status:
    """What the core is doing: whether it answers or listens, notes heard from the player and begun by improv,
    answers withdrawn as false turns, and model steps whose output was unusable; what the clock does, in words, and its
    tempo in quarter notes a minute, if it runs; the mode it plays in; the key it leans to; whether it is muted."""

    answering: bool
    heard: int
    played: int
    false_turns: int
    broken_steps: int
    time: str = ""
    tempo: float | None = None
    mode: str = ""
    key: Key | None = None
    muted: bool = False


class Improviser:
    """Hears events in order of their moments, and is given turns; all moments in absolute seconds on one clock.

    What it does depends on nothing but the model, the settings, the state of `rng`, the events and the moments. What is
    turned holds from the next note, and from the next turn where it is the mode: what comes faster than turns do is one
    change. KeyError if the settings name no mode.
    """

    def __init__(
        self,
        model: StepModel,
        settings: Settings,
        rng: np.random.Generator,
        remembrance: Remembrance | None = None,
    ) -> None:
        self._stage = stage(model, settings, rng, remembrance)
        self._name = settings.mode
        self._mode: Mode = MAKERS[self._name](self._stage)
        self._false_turns = self._broken_steps = 0  # of modes that are left
        self._performer = Performer(self._stage)
        self._voices = VOICES
        self._pedalling = Pedalling()
        self._heard = False  # something, since the last turn

    def hear(self, event: Heard) -> None:
        """Take in what the player, a clock or a control said. A turn should follow soon."""
        ears = self._stage.ears
        self._heard = True
        if isinstance(event, Event):
            self._pedalling.hear(event)
        if isinstance(event, Turned):
            value = ears.held_key() if (event.name, event.value) == ("key", HOLD) else event.value
            self.settle(replace(self._stage.panel.settings, **{event.name: value}))  # type: ignore[arg-type]
        elif isinstance(event, Gesture):
            self._performer.asked(event)
        elif isinstance(event, Prompt):
            ears.prompt(event)
        elif isinstance(event, ClockEvent):
            if ears.time.hear(event):
                self._mode.halt(event.at)
        elif (note := ears.hear(event)) is not None and not self._performer.muted:
            self._mode.heard(note)

    @property
    def settings(self) -> Settings:
        """The settings as they are."""
        return self._stage.panel.settings

    @property
    def frozen(self) -> bool:
        """Whether it learns no more."""
        return self._performer.frozen

    @property
    def remembrance(self) -> Remembrance | None:
        """The session memory of all that was heard; None if the settings want none."""
        return self._stage.ears.remembrance

    @property
    def pulse(self) -> Pulse | None:
        """The beat it plays to; None in free time."""
        return self._stage.ears.time.pulse

    def heard_lately(self) -> list[tuple[tuple[str, int], Note]]:
        """The last notes of both, in onset order, each by its voice and number."""
        return self._stage.ears.context.latest()

    def settle(self, settings: Settings) -> None:
        """From now on these settings hold, all of them. KeyError if they name no mode; then the old ones do."""
        if settings.mode not in MAKERS:
            raise KeyError(settings.mode)
        self._stage.panel.settings = settings

    def turn(self, now: float) -> list[Command]:
        """Do a bounded slice of work, a few milliseconds at most; what the scheduler is to do."""
        left = [*self._switch(now), *self._act(now)]
        if self._stage.ears.time.look(now):
            self._mode.halt(now)
        if self._performer.muted:
            self._stage.voice.look(now)
        else:
            left += [*self._mode.turn(now), *self._stage.voice.hand_out(now)]
        self._learn(now)
        commands = [*self._stage.ears.time.lead(now), *self._limit(), *left]
        commands += self._performer.state(self._mode.answering)
        settings, ends_at = self._stage.panel.settings, self._stage.voice.ends_at
        return [*commands, *self._pedalling.beside(commands, settings.pedal, settings.channels, ends_at, now)]

    def _learn(self, now: float) -> None:
        """Learn some of what was heard, in a turn in which there is nothing else to do."""
        heard, self._heard = self._heard, False
        if heard:
            return
        wanted = None if self._performer.muted else self._mode.wake_at()
        if wanted is None or wanted > now:
            self._stage.ears.learn_one()

    def _limit(self) -> list[Command]:
        """What the scheduler must know of how many notes may sound at once."""
        wanted, before = self._stage.panel.settings.polyphony, self._voices
        self._voices = wanted
        return [] if wanted == before else [Limit(wanted)]

    def _switch(self, now: float) -> list[Command]:
        """If another mode is wanted it takes over, with all that was heard; what the one that leaves takes back."""
        wanted = self._stage.panel.settings.mode
        if wanted == self._name:
            return []
        left = self._mode.leave(now)
        self._name = wanted
        self._begin(MAKERS[wanted](self._stage))
        return left

    def _act(self, now: float) -> list[Command]:
        """Act on the performer's gestures; after an encore the mode goes on."""
        commands, going = self._performer.act(self._mode, now)
        if going is None or (isinstance(going, Encore) and going is self._mode and going.over):
            going = MAKERS[self._name](self._stage)
        if going is not self._mode:
            self._begin(going)
        return commands

    def _begin(self, mode: Mode) -> None:
        self._false_turns += self._mode.false_turns
        self._broken_steps += self._mode.broken_steps
        self._mode = mode

    def wake_at(self) -> float | None:
        """When the core wants its next turn if nothing is heard before: a moment, one in the past for at once, None."""
        if self._performer.waits or self._stage.ears.behind:
            return float("-inf")
        mode = None if self._performer.muted else self._mode.wake_at()
        own = (mode, *(one.wake_at() for one in (self._stage.ears.time, self._stage.voice, self._pedalling)))
        return min((moment for moment in own if moment is not None), default=None)

    def status(self) -> Status:
        """What it is doing, as of the last turn."""
        mode, ears = self._mode, self._stage.ears
        tempo = None if ears.time.pulse is None else ears.time.pulse.bpm
        false_turns, broken = self._false_turns + mode.false_turns, self._broken_steps + mode.broken_steps
        counts = (ears.heard, self._stage.voice.played, false_turns, broken)
        answering = mode.answering and not self._performer.muted
        return Status(answering, *counts, ears.time.says, tempo, self._name, ears.key, self._performer.muted)
