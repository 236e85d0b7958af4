"""The performer's gestures: who plays, who is silent, what is learned and what is forgotten.

1. Gestures are acted on at the next turn, in order.
2. *Take* gives improv the word, or takes it away again: at each press (toggle), or while it is held (momentary).
3. *Mute* and *freeze* change over at each press; *finish*, *repeat*, *forget* and *panic* are acted on at once.
4. *Tap* is a beat of the clock that improv sends; from the third on the taps are its tempo.
5. While it is muted improv listens, and plays nothing. After a panic it listens too, until the mode has cause to play.
"""

from __future__ import annotations

from improv.events import Gesture, Move
from improv.modes import Mode
from improv.modes.encore import Encore, last_answer
from improv.plan import Command, Silence, State
from improv.stage import Stage

#: What the state controller says.
LISTENING, ANSWERING, MUTED = 0, 64, 127


class Performer:
    """Acts on gestures. `muted` and `frozen` are as the performer left them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._gestures: list[Gesture] = []
        self._said: State | None = None
        self.muted = self.frozen = False

    def asked(self, gesture: Gesture) -> None:
        """A gesture was made."""
        self._gestures.append(gesture)

    @property
    def waits(self) -> bool:
        """Whether there are gestures to act on."""
        return bool(self._gestures)

    def act(self, mode: Mode, now: float) -> tuple[list[Command], Mode | None]:
        """Act on what was asked: what the ports are to do; the mode that goes on, or None for a new one of its kind."""
        commands: list[Command] = []
        going: Mode | None = mode
        gestures, self._gestures = self._gestures, []
        for gesture in gestures:
            if gesture.move == Move.TAKE:
                self._take(mode, gesture)
            elif gesture.move == Move.TAP:
                self._tap(gesture)
            elif gesture.down:
                said, goes_on = self._press(gesture.move, mode, now)
                commands += said
                going = going if goes_on is mode else goes_on
        return commands, going

    def _take(self, mode: Mode, gesture: Gesture) -> None:
        momentary = self._stage.panel.settings.take_by == "momentary"
        if gesture.down and (momentary or not mode.answering):
            mode.take(gesture.at)
        elif gesture.down or momentary:
            mode.give_back(gesture.at)

    def _tap(self, gesture: Gesture) -> None:
        if gesture.down:
            self._stage.ears.time.tap(gesture.at)

    def _press(self, move: Move, mode: Mode, now: float) -> tuple[list[Command], Mode | None]:
        stage = self._stage
        match move:
            case Move.FINISH:
                mode.finish(now)
            case Move.REPEAT if not self.muted and (notes := last_answer(stage)):
                return mode.leave(now), Encore(stage, notes)
            case Move.FREEZE:
                self.frozen = not self.frozen
                stage.ears.freeze(self.frozen)
            case Move.FORGET:
                stage.ears.forget()
            case Move.MUTE:
                self.muted = not self.muted
                return (mode.leave(now), mode) if self.muted else ([], None)
            case Move.PANIC:
                return [*mode.leave(now), Silence()], None
        return [], mode

    def state(self, answering: bool) -> list[Command]:
        """What a controller says of it, where it has changed and somebody wants to know."""
        settings = self._stage.panel.settings
        if settings.state is None:
            return []
        control, channel = settings.state
        said = State(channel, control, MUTED if self.muted else ANSWERING if answering else LISTENING)
        if said == self._said:
            return []
        self._said = said
        return [said]
