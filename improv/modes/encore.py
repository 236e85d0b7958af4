"""What improv played last, played again as it was; then the mode that was there goes on. Not to be chosen itself."""

from __future__ import annotations

from dataclasses import replace

from improv.flow import RELEASE
from improv.notes import Note
from improv.plan import Command
from improv.stage import Stage

#: A pause of so many seconds parts one answer from the next, and no more than these are played again.
PAUSE, LONGEST = 2.0, 30.0
SOON = 0.05


def last_answer(stage: Stage) -> list[Note]:
    """Improv's last notes without a pause between them, in onset order."""
    answer: list[Note] = []
    for note in reversed(stage.ears.own):
        later = answer[-1].onset if answer else note.onset
        if later - note.onset > PAUSE or (answer and answer[0].onset - note.onset > LONGEST):
            break
        answer.append(note)
    return answer[::-1]


class Encore:
    """Plays `notes` again, from its first turn on, until the player comes in."""

    false_turns = broken_steps = 0

    def __init__(self, stage: Stage, notes: list[Note]) -> None:
        self._voice = stage.voice
        self._notes = notes
        self._stop_at: float | None = None
        self._turned_at = float("-inf")

    @property
    def answering(self) -> bool:
        """Whether it plays."""
        return not self.over

    @property
    def over(self) -> bool:
        """Whether it has been played, or stopped."""
        return not self._notes and self._stop_at is None and self._voice.ends_at <= self._turned_at

    def heard(self, note: Note) -> None:
        """The player comes in."""
        self._stop_at = note.onset + RELEASE

    def halt(self, at: float) -> None:
        """The clock started, stopped or jumped."""
        self._stop_at = at

    def take(self, at: float) -> None:
        """It plays already."""

    def give_back(self, at: float) -> None:
        """Stop."""
        self._stop_at = at + RELEASE

    finish = give_back

    def leave(self, now: float) -> list[Command]:
        """Another mode takes over."""
        self._notes = []
        return [self._voice.withdraw(now, now + RELEASE)]

    def turn(self, now: float) -> list[Command]:
        """Begin, or stop."""
        self._turned_at = now
        self._voice.look(now)
        if self._stop_at is not None:
            at, self._stop_at, self._notes = self._stop_at, None, []
            return [self._voice.withdraw(now, at)]
        notes, self._notes = self._notes, []
        return self._voice.play([replace(one, onset=one.onset - notes[0].onset + now + SOON) for one in notes])

    def wake_at(self) -> float | None:
        """At once to begin or stop; else when a note begins, or all have ended."""
        if self._notes or self._stop_at is not None:
            return self._turned_at
        begins = self._voice.next_onset
        return begins if begins is not None else self._voice.ends_at
