"""Playing on and on: a plan that runs ahead (improv.foresight) until it is to end (improv.ending), stop, or be left."""

from __future__ import annotations

from improv.casting import Cast
from improv.encoding import LONGEST
from improv.ending import Ending, begin_to_end
from improv.foresight import Foresight
from improv.notes import Note
from improv.plan import Command
from improv.stage import Stage

#: Seconds an end may take at most, without a clock; with one it is a bar.
LIMIT = 2.0
#: Where improv stops for the player or for another mode, what sounds ends within this many seconds.
RELEASE = 0.1


class Flow:
    """On a stage; all moments in absolute seconds. `rest`: no wait of improv's is longer, in
    seconds; `soon`: its first note begins that soon."""

    def __init__(self, stage: Stage, rest: float = LONGEST, soon: float | None = None) -> None:
        self._stage = stage
        self._rest, self._soon = rest, soon
        self._foresight: Foresight | None = None
        self._ending: Ending | None = None
        self._ends_by: float | None = None  # an end has been asked for: when its last note is to begin
        self._stop_at: float | None = None
        self._turned_at = float("-inf")
        self._broken = 0

    @property
    def plays(self) -> bool:
        """Whether there is a plan, and no end has been asked for."""
        return self._foresight is not None and self._ends_by is None

    @property
    def sounds(self) -> bool:
        """Whether improv plays, or its last chord rings."""
        active = self._foresight is not None or self._ending is not None
        return active or self._stage.voice.ends_at > self._turned_at

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return self._broken + sum(one.broken for one in (self._foresight, self._ending) if one is not None)

    def begin(self, cast: Cast, beat: float | None = None) -> None:
        """Play on from all that has sounded, for this cast, unless that is what it does; from a `beat` on, if given."""
        if not self.plays or self._foresight is None or self._foresight.cast != cast:
            self._close()
            self._foresight = Foresight(self._stage, cast, self._rest, self._soon, beat)

    def heard(self, note: Note) -> None:
        """The player began a note."""
        if self._foresight is not None:
            self._foresight.heard(note)

    def finish(self, by: float) -> None:
        """Find an end: the last note begins by `by`."""
        if self._foresight is not None:
            self._ends_by = by

    def limit(self) -> float:
        """Seconds an end may take."""
        pulse = self._stage.ears.time.pulse
        return LIMIT if pulse is None else pulse.bar * pulse.period

    def stop(self, at: float) -> None:
        """Take back what has not begun; what sounds ends by `at`."""
        self._close()
        self._stop_at = at

    def leave(self, now: float) -> list[Command]:
        """Stop, with no turn to come."""
        self._close()
        at, self._stop_at = self._stop_at, None
        return [self._stage.voice.withdraw(now, now + RELEASE if at is None else at)]

    def turn(self, now: float) -> list[Command]:
        """Do a bounded slice of work."""
        self._turned_at = now
        commands: list[Command] = []
        if self._stop_at is not None:
            commands.append(self._stage.voice.withdraw(now, self._stop_at))
            self._stop_at = None
        self._stage.voice.look(now)
        if self._foresight is not None and self._ends_by is not None:
            commands += self._begin_to_end(self._foresight, now, self._ends_by)
        if self._ending is not None:
            commands += self._go_on_ending(self._ending, now)
        elif self._foresight is not None:
            commands += self._foresight.turn(now)
        return commands

    def wake_at(self) -> float | None:
        """When a turn is wanted; None if nothing is to come."""
        if self._stop_at is not None or self._ending is not None or self._ends_by is not None:
            return self._turned_at
        if self._foresight is not None:
            return self._foresight.wake_at()
        voice = self._stage.voice
        if voice.next_onset is not None:
            return voice.next_onset
        return voice.ends_at if voice.ends_at > self._turned_at else None

    def _begin_to_end(self, plan: Foresight, now: float, by: float) -> list[Command]:
        """Leave the plan, and look for an end."""
        self._close()
        self._ending, dropped = begin_to_end(self._stage, plan.cast, now, by)
        return dropped

    def _go_on_ending(self, ending: Ending, now: float) -> list[Command]:
        play = self._stage.voice.play(ending.write(now))
        if ending.finished:
            self._close()
        return play

    def _close(self) -> None:
        self._broken = self.broken
        self._foresight = self._ending = self._ends_by = None


class Flowing:
    """What the modes share that play by a flow; it takes the player's turns for what they are."""

    false_turns = 0

    def __init__(self, stage: Stage, flow: Flow) -> None:
        self._stage = stage
        self._flow = flow

    @property
    def answering(self) -> bool:
        """Whether improv plays, or its last chord rings."""
        return self._flow.sounds

    @property
    def broken_steps(self) -> int:
        """How often the model's output was unusable."""
        return self._flow.broken

    def leave(self, now: float) -> list[Command]:
        """Another mode takes over."""
        return self._flow.leave(now)
