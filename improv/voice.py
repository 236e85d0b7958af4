"""Improv's own voice: what was handed out, what of it has begun, and how it is taken back. Modes come and go, it stays.

1. A note is in the context from the moment it begins, and not before.
2. What has begun ends when it was to end, or earlier where it is taken back; the scheduler sees to its off.
3. What begins within SENT seconds is as good as begun: it may have left by the time it could be taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from improv.ears import Ears
from improv.notes import GROUP_SPAN, Note
from improv.panel import Panel
from improv.plan import Cancel, Command, Drop, PlannedNote, Play, Release

SENT = 0.005
#: A step, in semitones: who plays a note so near to one that sounds has moved there from it.
STEP = 2


class Voice:
    """All moments in absolute seconds. `played`: how many notes have begun."""

    def __init__(self, ears: Ears, panel: Panel) -> None:
        self._ears = ears
        self._panel = panel
        self._planned: list[tuple[Note, PlannedNote]] = []  # not yet begun when last looked, in onset order
        self._sounding: dict[int, tuple[Note, PlannedNote]] = {}  # by pitch, what has begun and may sound
        self.ends_at = float("-inf")  # when the last of what was handed out ends
        self.last_onset: float | None = None  # of what has begun
        self.played = 0

    @property
    def planned(self) -> list[Note]:
        """What was handed out and has not begun, in onset order."""
        return [note for note, _ in self._planned]

    @property
    def next_onset(self) -> float | None:
        """When the next of what was handed out begins; None if nothing is left to begin."""
        return self._planned[0][0].onset if self._planned else None

    def sounding(self, now: float) -> list[Note]:
        """What has begun and has not ended, in order of pitch."""
        ends = {pitch: note.onset + (note.duration or 0.0) for pitch, (note, _) in self._sounding.items()}
        return [self._sounding[pitch][0] for pitch in sorted(ends) if ends[pitch] > now]

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
        """Hand out notes, each with its duration: what the scheduler is to do."""
        if not notes:
            return []
        channel = self._panel.settings.channel_out
        asked = [PlannedNote(note.onset, note.pitch, note.velocity, note.duration or 0.0, channel) for note in notes]
        self._planned = sorted([*self._planned, *zip(notes, asked, strict=True)], key=lambda pair: pair[0].onset)
        self.ends_at = max([self.ends_at, *(note.onset + note.duration for note in asked)])
        return [Play(tuple(asked))]

    def look(self, now: float) -> None:
        """Put what has begun by `now` into the context."""
        while self._planned and self._planned[0][0].onset <= now:
            note, asked = self._planned.pop(0)
            self._sounding[note.pitch] = (note, asked)
            self._ears.hear_own(note)
            self.last_onset = note.onset
            self.played += 1

    def withdraw(self, now: float, release_by: float) -> Cancel:
        """Take back all that has not begun; what sounds ends by `release_by`."""
        self.look(now + SENT)
        self._planned.clear()
        self._sounding.clear()
        self._ears.end_own(release_by)
        self.ends_at = min(self.ends_at, release_by)
        return Cancel(release_by)

    def drop(self, notes: Collection[Note], now: float) -> list[Command]:
        """Take back these of the planned notes, but for those that are as good as begun; what sounds sounds on."""
        self.look(now + SENT)
        gone = [asked for note, asked in self._planned if note in notes]
        self._planned = [pair for pair in self._planned if pair[0] not in notes]
        left = [asked for _, asked in (*self._sounding.values(), *self._planned)]
        self.ends_at = max((note.onset + note.duration for note in left), default=now)
        return [Drop(tuple(gone))] if gone else []

    def release(self, pitches: Collection[int], at: float) -> list[Command]:
        """Let what sounds of these pitches, or has yet to begin, end by `at`."""
        ending = [asked for pitch, (_, asked) in self._sounding.items() if pitch in pitches]
        ending += [asked for note, asked in self._planned if note.pitch in pitches]
        self._planned = [pair for pair in self._planned if pair[0].pitch not in pitches]
        for pitch in pitches:
            self._sounding.pop(pitch, None)
        self._ears.end_own(at, pitches)
        left = [note.onset + note.duration for _, note in (*self._sounding.values(), *self._planned)]
        self.ends_at = max([at, *left]) if ending else self.ends_at
        return [Release(tuple(ending), at)] if ending else []
