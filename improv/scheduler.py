"""Commands in, messages out at their deadlines. Pure: the moment is handed in, nothing is waited for.

The rules, in order of rank:

1. Every note-on that is sent is followed by exactly one note-off; an off is never dropped and never later
   than the note planned it.
2. At equal deadlines an off precedes an on (but never its own on), and what the pedal does stands between them.
3. A note of a pitch that its own earlier note still holds, on the same channel, ends that one first.
4. A note-on that would be later than the hard limit is dropped whole; of those later than the soft one, every other.
5. Where more planned notes would sound than may, the one that has sounded longest ends first.
6. No note sounds longer than the longest may: that catches what all else missed.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from improv.events import SUSTAIN, Event, NoteOff, NoteOn
from improv.ledger import Key, Ledger
from improv.midi import control_change, note_off, note_on
from improv.plan import VOICES, Cancel, Command, Drop, Limit, Pedal, PlannedNote, Play, Release, Silence, State

#: From this value on a sustain pedal is down.
PEDAL_DOWN = 64


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message due at `deadline` (absolute seconds; lateness is the moment sent minus it).

    `note` is the planned note that it begins (`begins` true) or ends; None for what silences the rest.
    """

    data: bytes
    deadline: float
    note: PlannedNote | None = None
    begins: bool = False


@dataclass(frozen=True, slots=True)
class _Held:
    """A note that was sent, and when its off is due. It comes into being with its on: no off can be missing."""

    release: float
    note: PlannedNote


class Scheduler:
    """Holds planned notes until they are due, and the offs of those that sound."""

    def __init__(
        self,
        ledger: Ledger | None = None,
        *,
        late_limit: float = 0.25,
        late_soft: float = math.inf,
        longest: float = math.inf,
    ) -> None:
        self.ledger = Ledger() if ledger is None else ledger
        self._late_limit, self._late_soft = late_limit, late_soft
        self._thinned = False  # the last late note-on was dropped
        self._longest = longest
        self._planned: list[tuple[float, int, PlannedNote]] = []  # a heap; the number keeps the order of asking
        self._asked = 0
        self._held: dict[Key, _Held] = {}
        self._at_once: list[Outgoing] = []
        self._dropped: list[PlannedNote] = []
        self._voices = VOICES
        self._pedals: list[Pedal] = []  # in order of their moments
        self._pedal_down: set[int] = set()  # channels

    def apply(self, command: Command, now: float) -> None:
        """Take a command in. ValueError if a note cannot be said in MIDI; then nothing of it is planned."""
        match command:
            case Play(notes):
                for note in notes:  # an impossible one fails here, not when due
                    note_on(note.channel, note.pitch, note.velocity)
                    if not math.isfinite(note.onset + note.duration):
                        raise ValueError(f"{note} would never begin or never end")
                for note in notes:
                    heapq.heappush(self._planned, (note.onset, self._asked, note))
                    self._asked += 1
            case Cancel(release_by):
                self._planned.clear()
                self._pedals = [Pedal(release_by, channel, False) for channel in self._pedal_down]
                for key, held in self._held.items():
                    self._held[key] = replace(held, release=min(held.release, release_by))
            case State(channel, control, value):
                self._at_once.append(Outgoing(control_change(channel, control, value), now))
            case Drop(notes):
                self._plan(one for one in self._planned if one[2] not in notes)
            case Release(notes, at):
                self._bring_forward(notes, at)
            case Pedal():
                later = (one for one in self._pedals if one.channel != command.channel or one.at < command.at)
                self._pedals = sorted([*later, command], key=lambda one: one.at)
            case Limit(voices):
                self._voices = max(1, voices)
            case Silence():
                self._silence(now)

    def _plan(self, planned: Iterable[tuple[float, int, PlannedNote]]) -> None:
        self._planned = [*planned]
        heapq.heapify(self._planned)

    def _bring_forward(self, notes: tuple[PlannedNote, ...], at: float) -> None:
        """Let notes end by `at`, whether they sound already or not."""
        for key, held in self._held.items():
            if held.note in notes:
                self._held[key] = replace(held, release=min(held.release, at))
        kept = (one for one in self._planned if one[2] not in notes or one[0] < at)
        self._plan((*one[:2], _ended(one[2], at) if one[2] in notes else one[2]) for one in kept)

    def _silence(self, now: float) -> None:
        """Offs for all that sounds, improv's own and what thru let pass."""
        self._planned.clear()
        notes = {note_off(*key): held.note for key, held in self._held.items()}
        for data in self.ledger.silence():
            # Of two offs of one pitch (thru on the same channel) one is the planned note's.
            self._at_once.append(Outgoing(data, now, notes.pop(data, None)))
        self._held.clear()
        self._pedals.clear()  # what is down goes up: the ledger said so
        self._pedal_down.clear()
        self.ledger.clear()

    def pass_through(self, events: Iterable[Event]) -> None:
        """The player's events that are going out as they came (thru): what they leave sounding is counted."""
        for event in events:
            if isinstance(event, NoteOn):
                self.ledger.on(event.channel, event.pitch)
            elif isinstance(event, NoteOff):
                self.ledger.off(event.channel, event.pitch)
            elif event.control == SUSTAIN:
                self.ledger.press(event.channel, event.value >= PEDAL_DOWN)
            else:
                self.ledger.used(event.channel)

    def remaining(self) -> list[Command]:
        """What another scheduler must be told to do from here on what this one would: all but what sounds."""
        return [Limit(self._voices), *self._pedals, Play(tuple(self.planned()))]

    def planned(self) -> list[PlannedNote]:
        """What has not begun, in the order of their onsets."""
        return [note for _, _, note in sorted(self._planned, key=lambda one: one[:2])]

    def next_deadline(self) -> float | None:
        """When the next message is due, in absolute seconds; None if nothing is planned and nothing sounds."""
        if self._at_once:
            return self._at_once[0].deadline
        deadlines = [held.release for held in self._held.values()]
        deadlines += [self._planned[0][0]] if self._planned else []
        deadlines += [self._pedals[0].at] if self._pedals else []
        return min(deadlines, default=None)

    def due(self, now: float) -> list[Outgoing]:
        """All messages with a deadline up to `now`, in the order to send them in. They count as sent."""
        sent, self._at_once = self._at_once, []
        while True:
            onset = self._planned[0][0] if self._planned else math.inf
            pedal = self._pedals[0].at if self._pedals else math.inf
            key = min(self._held, key=self._release, default=None)
            if key is not None and self._release(key) <= min(onset, pedal, now):
                sent.append(self._end(key, self._release(key)))
            elif pedal <= min(onset, now):
                sent += self._move(self._pedals.pop(0), now)
            elif onset <= now:
                sent += self._begin(heapq.heappop(self._planned)[2], now)
            else:
                return sent

    def _release(self, key: Key) -> float:
        return self._held[key].release

    def _begin(self, note: PlannedNote, now: float) -> list[Outgoing]:
        if self._too_late(now - note.onset):
            self._dropped.append(note)
            return []
        key = (note.channel, note.pitch)
        sent = [self._end(key, note.onset)] if key in self._held else []
        while len(self._held) >= self._voices:
            sent.append(self._end(next(iter(self._held)), note.onset))  # in the order in which they began
        self._held[key] = _Held(note.onset + min(max(0.0, note.duration), self._longest), note)
        self.ledger.on(*key)
        sent.append(Outgoing(note_on(note.channel, note.pitch, note.velocity), note.onset, note, begins=True))
        return sent

    def _too_late(self, lateness: float) -> bool:
        self._thinned = lateness > self._late_soft and not self._thinned
        return lateness > self._late_limit or self._thinned

    def _move(self, pedal: Pedal, now: float) -> list[Outgoing]:
        if pedal.down and now - pedal.at > self._late_limit:
            return []
        (self._pedal_down.add if pedal.down else self._pedal_down.discard)(pedal.channel)
        self.ledger.press(pedal.channel, pedal.down)
        return [Outgoing(control_change(pedal.channel, SUSTAIN, 127 if pedal.down else 0), pedal.at)]

    def _end(self, key: Key, deadline: float) -> Outgoing:
        held = self._held.pop(key)
        self.ledger.off(*key)
        return Outgoing(note_off(*key), deadline, held.note)

    def take_dropped(self) -> list[PlannedNote]:
        """The notes dropped for being too late since this was last asked."""
        dropped, self._dropped = self._dropped, []
        return dropped


def _ended(note: PlannedNote, at: float) -> PlannedNote:
    return replace(note, duration=min(note.duration, at - note.onset))
