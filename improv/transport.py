"""A MIDI clock followed: whether the song runs, and its beats (MIDI 1.0, "System Real Time" and "Song Position"). Pure.

1. After a start the next tick is the song's beginning; after a continue it is where the song stopped, or where a song
   position has put it. A first tick that is lost is noticed.
2. Ticks while the song stands count for the tempo alone.
3. Beats only ever go on. A jump by whole bars changes nothing that matters; after any other, the beats go on at the
   next one that has the new place in its bar.
4. No tick for a while: the clock is absent. If ticks come back soon the count goes on; else the place is lost until the
   next start or continue.
"""

from __future__ import annotations

from enum import StrEnum

from improv.events import ClockEvent, Continue, SongPosition, Start, Stop, Tick
from improv.pulse import Pulse
from improv.tempo import Ticks

TICKS_A_BEAT, TICKS_A_SIXTEENTH = 24, 6
#: No tick for this many seconds, and for so many ticks' time: the clock is absent. After GONE its place is lost.
ABSENT, ABSENT_TICKS, GONE = 0.5, 4.0, 2.0
#: A song position says where the next tick is to half of its own step; nearer is where it was already.
NEAR = TICKS_A_SIXTEENTH // 2
#: The first tick after a start comes at once. If nothing ticked before and it took this share of a tick's time or more,
#: one was lost.
LATE = 0.75


class State(StrEnum):
    """What a clock does; the value says it to the user."""

    NONE = "no clock"
    STOPPED = "clock stopped"
    RUNNING = "clock"


class Transport:
    """Hears a clock's events, in order. `bar` is in beats (quarter notes), a whole number of ticks."""

    def __init__(self, bar: float) -> None:
        self._bar = bar
        self._bar_ticks = round(bar * TICKS_A_BEAT)
        self._ticks = Ticks()
        self._running = False
        self._absent = True
        self._began: float | None = None  # a start, continue or jump, whose tick has not come yet
        self._alone = False  # nothing ticked before that
        self._next = 0  # while the song stands: the tick, counted on, that the next one will be
        self._zero = 0  # else: the number of the tick that counts as 0
        self._anchored = 0  # the number of the tick at which that was settled
        self._first = self._since = 0.0  # when that tick came, and what it followed
        self._song = 0  # the song's own position less what is counted on, in ticks

    def hear(self, event: ClockEvent) -> bool:
        """Take an event in; whether what was planned before it no longer holds."""
        match event:
            case Tick(at):
                return self._tick(at)
            case Start(at):
                return self._begin(at, 0)
            case Continue(at):
                return self._begin(at, self._place())
            case SongPosition(at, sixteenths):
                return self._put(at, sixteenths * TICKS_A_SIXTEENTH)
            case Stop():
                stopped = self._running
                self._next, self._running, self._began = self._upcoming(), False, None
                return stopped

    def look(self, now: float) -> bool:
        """Notice that the ticks have ceased; whether that is news, and ends what was planned."""
        limit = self.wake_at()
        if limit is None or now < limit:
            return False
        self._absent = True
        return True

    def wake_at(self) -> float | None:
        """When `look` may have news, in absolute seconds."""
        last = self._ticks.last if self._began is None else self._began
        if not self._running or self._absent or last is None:
            return None
        line = self._ticks.line()
        return last + max(ABSENT, ABSENT_TICKS * line[1] if line else 0.0)

    @property
    def state(self) -> State:
        """What the clock does."""
        if self._running and not self._absent:
            return State.RUNNING
        return State.NONE if self._running or self._ticks.last is None else State.STOPPED

    def pulse(self) -> Pulse | None:
        """The beat as it is now; None unless the song runs and its tempo is known."""
        line = self._ticks.line()
        if not self._running or self._absent or self._began is not None or line is None:
            return None
        at, interval = line
        beat = (self._ticks.number - self._zero) / TICKS_A_BEAT
        return Pulse(at, beat, interval * TICKS_A_BEAT, self._bar)

    def _upcoming(self) -> int:
        """The tick, counted on, that the next one will be."""
        return self._ticks.number + 1 - self._zero if self._running and self._began is None else self._next

    def _place(self) -> int:
        """The song's own position of the next tick, in ticks."""
        return self._upcoming() + self._song

    def _begin(self, at: float, place: int) -> bool:
        if self._running and not self._absent:
            return self._put(at, place)
        self._alone = self._ticks.last is None or at - self._ticks.last > GONE
        if self._alone:
            self._ticks.forget()
        self._next = self._upcoming()
        self._running, self._absent, self._began = True, False, at
        self._move(place)
        return True

    def _put(self, at: float, place: int) -> bool:
        """The next tick is at `place` in the song; whether that is elsewhere in the bar."""
        off = (place - self._place() + NEAR) % self._bar_ticks - NEAR
        if self._running and abs(off) <= NEAR:
            self._song = place - off - self._upcoming()
            return False
        self._next = self._upcoming()
        if self._running:
            self._began, self._alone = at, False
        self._move(place)
        return self._running

    def _move(self, place: int) -> None:
        """The next tick, at `place` in the song, is the next that has this place in the bar."""
        self._next += (place - self._next) % self._bar_ticks
        self._song = place - self._next

    def _tick(self, at: float) -> bool:
        last, before, line = self._ticks.last, self._ticks.number, self._ticks.line()
        if last is not None and at - last > GONE:
            self._ticks.forget()
            if self._running and self._began is None:
                self._next, self._running = self._upcoming(), False
                return False
        taken_back, first = self._ticks.hear(at)
        if taken_back and self._anchored >= first:
            self._zero -= taken_back
            self._anchored -= taken_back
        if self._began is not None:
            self._settle(self._began, before, line)
        elif self._running and self._alone:
            self._look_back()
        returned, self._absent = self._absent and self._running, False
        return returned

    def _settle(self, began: float, before: int, line: tuple[float, float] | None) -> None:
        """Say which tick is the first since the song began to run, or jumped: this one, or one that was lost."""
        number = self._ticks.number
        if line is not None and not self._alone:
            # The lost ticks that were due after the start, which itself may have come late by a quarter of a tick.
            due = [
                before + lost for lost in range(1, number - before) if line[0] + lost * line[1] >= began - line[1] / 4
            ]
            number = min([number, *due])
        self._anchored, self._zero = number, number - self._next
        self._first, self._since = self._ticks.last or began, began
        self._began = None

    def _look_back(self) -> None:
        """Once the tempo is known: whether the very first tick was lost."""
        line = self._ticks.line()
        if line is not None:
            self._alone = False
            if LATE <= (self._first - self._since) / line[1] < 1 + LATE:
                self._zero -= 1
