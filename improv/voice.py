"""Improv's own voice: what was handed out, what of it has begun, and how it is taken back. Modes come and go, it stays.

1. A note is in the context from the moment it begins, and not before.
2. What has begun ends when it was to end, or earlier where it is taken back; the scheduler sees to its off.
3. What begins within SENT seconds is as good as begun: it may have left by the time it could be taken back.
4. Beside a clock a note belongs to its beat: it moves as the tempo does, until it is handed out AHEAD of its onset.
5. All is sent `offset_ms` early, each note on the channel of its part.
6. A pitch sounds once, whatever the channels: a note ends one of its pitch that was to sound on, on another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from improv.ears import Ears
from improv.notes import GROUP_SPAN, Note
from improv.panel import Panel
from improv.plan import Cancel, Command, Drop, PlannedNote, Play, Release
from improv.pulse import Pulse

SENT = 0.005
#: A step, in semitones: who plays a note so near to one that sounds has moved there from it.
STEP = 2
AHEAD = 0.15


@dataclass(slots=True)
class _Planned:
    """A note, and what was asked of the ports for it; None: nothing yet, and it goes with the beat."""

    note: Note
    asked: PlannedNote | None = None

    @property
    def ends(self) -> float:
        return self.note.onset + (self.note.duration or 0.0)


class Voice:
    """All moments in absolute seconds. `played`: how many notes have begun."""

    def __init__(self, ears: Ears, panel: Panel) -> None:
        self._ears = ears
        self._panel = panel
        self._pulse: Pulse | None = None  # by which what is planned stands where it does
        self._planned: list[_Planned] = []  # not yet begun when last looked, in onset order
        self._sounding: dict[int, _Planned] = {}  # by pitch, what has begun and may sound
        self.ends_at = float("-inf")  # when the last of what was handed out ends
        self.last_onset: float | None = None  # of what has begun
        self.played = 0

    @property
    def planned(self) -> list[Note]:
        """What was handed out and has not begun, in onset order."""
        return [one.note for one in self._planned]

    @property
    def next_onset(self) -> float | None:
        """When the next of what was handed out begins; None if nothing is left to begin."""
        return self._planned[0].note.onset if self._planned else None

    def sounding(self, now: float) -> list[Note]:
        """What has begun and has not ended, in order of pitch."""
        return [one.note for _, one in sorted(self._sounding.items()) if one.ends > now]

    def sent(self, note: Note, now: float) -> bool:
        """Whether a planned note is as good as begun."""
        return note.onset <= now + SENT + self._offset

    def left(self, now: float) -> set[int]:
        """The pitches of what sounds that a voice has left: a later note has begun a step away."""
        notes = self.sounding(now)
        return {
            note.pitch
            for note in notes
            for later in notes
            if 0 < abs(later.pitch - note.pitch) <= STEP and later.onset > note.onset + GROUP_SPAN
        }

    def play(self, notes: Sequence[Note]) -> list[Command]:
        """Hand out notes, each with its duration: what the scheduler is to do now; what waits for its beat, later."""
        if not notes:
            return []
        self._follow()
        new = [_Planned(note) for note in notes]
        self._planned = sorted([*self._planned, *new], key=lambda one: one.note.onset)
        self.ends_at = max([self.ends_at, *(one.ends for one in new)])
        return self._ask(new) if self._pulse is None else []

    def hand_out(self, now: float) -> list[Command]:
        """What is due to be handed out, for the scheduler."""
        self._follow()
        free = self._pulse is None
        return self._ask(
            [one for one in self._planned if one.asked is None and (free or self._due(one.note.onset) <= now)]
        )

    def wake_at(self) -> float | None:
        """When there is something to hand out; None if nothing waits for that."""
        waiting = next((one.note.onset for one in self._planned if one.asked is None), None)
        return None if waiting is None else self._due(waiting)

    def _due(self, onset: float) -> float:
        """When a note that goes with its beat is handed out."""
        return onset - AHEAD - self._offset

    @property
    def _offset(self) -> float:
        return self._panel.settings.offset_ms / 1000

    def _ask(self, ones: Sequence[_Planned]) -> list[Command]:
        settings, offset, ends = self._panel.settings, self._offset, []
        for one in ones:
            note, channel = one.note, settings.channel(one.note)
            ends += self._end_elsewhere(note, channel)
            one.asked = PlannedNote(note.onset - offset, note.pitch, note.velocity, note.duration or 0.0, channel)
        return [*ends, Play(tuple(one.asked for one in ones if one.asked is not None))] if ones else []

    def _end_elsewhere(self, note: Note, channel: int) -> list[Command]:
        """What ends notes of this pitch that were asked for on another channel, and would sound when it begins."""
        before = [one for one in (*self._sounding.values(), *self._planned) if one.note.pitch == note.pitch]
        asked = tuple(
            one.asked
            for one in before
            if one.asked is not None and one.asked.channel != channel and one.note.onset <= note.onset < one.ends
        )
        return [Release(asked, note.onset - self._offset)] if asked else []

    def _follow(self) -> None:
        """Move what has not been handed out to where its beat is now."""
        old, new = self._pulse, self._ears.time.pulse
        self._pulse = new
        if old is None or new is None or old == new:
            return
        for one in self._planned:
            if one.asked is None:
                onset, ends = (new.seconds_at(old.beat_at(at)) for at in (one.note.onset, one.ends))
                one.note = replace(one.note, onset=onset, duration=ends - onset)
        if self._planned:
            self.ends_at = max(one.ends for one in (*self._planned, *self._sounding.values()))

    def look(self, now: float) -> None:
        """Put what has begun by `now` into the context."""
        self._follow()
        while self._planned and self._planned[0].asked is not None and self._planned[0].note.onset <= now:
            one = self._planned.pop(0)
            self._sounding[one.note.pitch] = one
            self._ears.hear_own(one.note)
            self.last_onset = one.note.onset
            self.played += 1

    def withdraw(self, now: float, release_by: float) -> Cancel:
        """Take back all that has not begun; what sounds ends by `release_by`."""
        self.look(now + SENT + self._offset)
        self._planned.clear()
        self._sounding.clear()
        self._ears.end_own(release_by)
        self.ends_at = min(self.ends_at, release_by)
        return Cancel(release_by)

    def drop(self, notes: Collection[Note], now: float) -> list[Command]:
        """Take back these of the planned notes, but for those that are as good as begun; what sounds sounds on."""
        self.look(now + SENT + self._offset)
        gone = tuple(one.asked for one in self._planned if one.note in notes and one.asked is not None)
        self._planned = [one for one in self._planned if one.note not in notes]
        self.ends_at = max((one.ends for one in (*self._sounding.values(), *self._planned)), default=now)
        return [Drop(gone)] if gone else []

    def release(self, pitches: Collection[int], at: float) -> list[Command]:
        """Let what sounds of these pitches, or has yet to begin, end by `at`."""
        ending = [one for pitch, one in self._sounding.items() if pitch in pitches]
        ending += [one for one in self._planned if one.note.pitch in pitches]
        self._planned = [one for one in self._planned if one.note.pitch not in pitches]
        for pitch in pitches:
            self._sounding.pop(pitch, None)
        self._ears.end_own(at, pitches)
        left = [one.ends for one in (*self._sounding.values(), *self._planned)]
        self.ends_at = max([at, *left]) if ending else self.ends_at
        asked = tuple(one.asked for one in ending if one.asked is not None)
        return [Release(asked, at)] if asked else []
