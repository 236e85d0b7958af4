"""Improv's own voice: what was handed out, what of it has begun, and how it is taken back. Modes come and go, it stays.

1. A note is in the context from the moment it begins, and not before.
2. What has begun ends when it was to end, or earlier where it is taken back; the scheduler sees to its off.
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.ears import Ears
from improv.notes import Note
from improv.panel import Panel
from improv.plan import Cancel, Command, PlannedNote, Play


class Voice:
    """All moments in absolute seconds. `played`: how many notes have begun."""

    def __init__(self, ears: Ears, panel: Panel) -> None:
        self._ears = ears
        self._panel = panel
        self._planned: list[Note] = []  # handed out, not yet begun when last looked, in onset order
        self.ends_at = float("-inf")  # when the last of what was handed out ends
        self.last_onset: float | None = None  # of what has begun
        self.played = 0

    @property
    def next_onset(self) -> float | None:
        """When the next of what was handed out begins; None if nothing is left to begin."""
        return self._planned[0].onset if self._planned else None

    def play(self, notes: Sequence[Note]) -> list[Command]:
        """Hand out notes, each with its duration: what the scheduler is to do."""
        if not notes:
            return []
        self._planned = sorted([*self._planned, *notes], key=lambda note: note.onset)
        self.ends_at = max([self.ends_at, *(note.onset + (note.duration or 0.0) for note in notes)])
        channel = self._panel.settings.channel_out
        return [
            Play(
                tuple(
                    PlannedNote(note.onset, note.pitch, note.velocity, note.duration or 0.0, channel) for note in notes
                )
            )
        ]

    def look(self, now: float) -> None:
        """Put what has begun by `now` into the context."""
        while self._planned and self._planned[0].onset <= now:
            note = self._planned.pop(0)
            self._ears.hear_own(note)
            self.last_onset = note.onset
            self.played += 1

    def withdraw(self, now: float, release_by: float) -> Cancel:
        """Take back all that has not begun; what sounds ends by `release_by`."""
        self.look(now)
        self._planned.clear()
        self._ears.end_own(release_by)
        self.ends_at = min(self.ends_at, release_by)
        return Cancel(release_by)
