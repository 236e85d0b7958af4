"""From events to notes: what is held by key or pedal, and when it let go.

1. A note sounds while its key is down, or the pedal was down when the key came up and still is.
2. The next onset of its pitch ends it, whatever key or channel that comes from; so do MAX_DURATION seconds.
3. There is one pedal: it is down while any channel's is.
4. A note-off without its note-on says nothing; a second note-on of a key that is down is a new press.

This is `improv.notes.sounding`, one event at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from improv.events import SUSTAIN, ControlChange, Event, NoteOff, NoteOn
from improv.notes import MAX_DURATION, Note

#: Controllers that end all notes of a channel: all sound off, all notes off.
ENDS_ALL = (120, 123)
PEDAL_DOWN = 64


class Listener:
    """Each note it reports has a number of its own, counted from 0."""

    def __init__(self) -> None:
        self._count = 0
        self._now = float("-inf")
        self._sounding: dict[int, Note] = {}
        self._keys: dict[tuple[int, int], int] = {}  # (channel, pitch) of a key that is down: its note's number
        self._pedals: set[int] = set()
        self._last_onset: float | None = None
        self._last_end = float("-inf")

    def hear(self, event: Event) -> list[tuple[int, Note]]:
        """The notes that `event` ended, with durations, and then the one it began; each with its number."""
        self._now = at = max(self._now, event.at)
        changed = self._expire(at)
        match event:
            case NoteOn(velocity=velocity) if velocity > 0:
                changed += self._press(at, event.channel, event.pitch, velocity)
            case NoteOn() | NoteOff():
                changed += self._release(at, event.channel, event.pitch)
            case ControlChange(control=control, value=value) if control == SUSTAIN:
                changed += self._pedal(at, event.channel, value >= PEDAL_DOWN)
            case ControlChange(control=control) if control in ENDS_ALL:
                for channel, pitch in [key for key in self._keys if key[0] == event.channel]:
                    changed += self._release(at, channel, pitch)
        return changed

    @property
    def heard(self) -> int:
        """How many notes were begun so far."""
        return self._count

    def keys_down(self) -> set[int]:
        """The pitches of the keys that are down."""
        return {pitch for _, pitch in self._keys}

    def sounding(self) -> set[int]:
        """The pitches of the notes that are held, by key or by pedal, as of the last event."""
        return {note.pitch for note in self._sounding.values()}

    def quiet_since(self, hold_limit: float) -> float | None:
        """From when on nothing is held, if no event comes; None before the first note.

        What is held counts as silence once nothing new has begun for `hold_limit` seconds.
        """
        if self._last_onset is None:
            return None
        ends = [note.onset + MAX_DURATION for note in self._sounding.values()]
        if self._sounding:
            return min(self._last_onset + hold_limit, max(ends))
        return min(self._last_onset + hold_limit, max(self._last_end, self._last_onset))

    def _press(self, at: float, channel: int, pitch: int, velocity: int) -> list[tuple[int, Note]]:
        again = self._keys.pop((channel, pitch), None)
        cut = [
            number
            for number, note in self._sounding.items()
            if note.pitch == pitch and (note.onset < at or number == again)
        ]
        changed = [self._end(number, at) for number in cut]
        number, note = self._count, Note(at, pitch, velocity)
        self._count += 1
        self._keys[channel, pitch] = number
        self._sounding[number] = note
        self._last_onset = at
        return [*changed, (number, note)]

    def _release(self, at: float, channel: int, pitch: int) -> list[tuple[int, Note]]:
        number = self._keys.pop((channel, pitch), None)
        if number is None or number not in self._sounding or self._pedals:
            return []
        return [self._end(number, at)]

    def _pedal(self, at: float, channel: int, down: bool) -> list[tuple[int, Note]]:
        if down:
            self._pedals.add(channel)
            return []
        self._pedals.discard(channel)
        if self._pedals:
            return []
        held = set(self._keys.values())
        return [self._end(number, at) for number in [*self._sounding] if number not in held]

    def _expire(self, at: float) -> list[tuple[int, Note]]:
        old = [number for number, note in self._sounding.items() if note.onset + MAX_DURATION <= at]
        return [self._end(number, at) for number in old]

    def _end(self, number: int, at: float) -> tuple[int, Note]:
        note = self._sounding.pop(number)
        ended = replace(note, duration=min(at - note.onset, MAX_DURATION))
        self._last_end = max(self._last_end, min(at, note.onset + MAX_DURATION))
        return number, ended


def notes_in(events: Iterable[Event]) -> list[Note]:
    """All notes of `events`, in order of onset, with the durations they sound; what never ends has None."""
    listener = Listener()
    notes: dict[int, Note] = {}
    for event in events:
        notes.update(listener.hear(event))
    return [notes[number] for number in sorted(notes)]
