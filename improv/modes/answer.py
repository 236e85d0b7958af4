"""Call and response: the player plays a phrase, improv answers with one, then waits.

1. When the player has finished (improv.turntaking), the model hears the last 32 notes and goes on from them.
2. The first note begins within FIRST_LATEST seconds of that decision.
3. Notes are handed out as soon as they are written, up to EARLY of the length asked for. From there to LATE long waits
   are made ever likelier, and notes are held back: the answer ends before the first wait of PAUSE times the player's
   usual interval, or, if none is drawn, where the model most expected one.
4. When the player comes in, all that has not begun is taken back, and what sounds ends within RELEASE seconds; when
   the clock stops or jumps, it ends at once, and the phrase so far is not answered.
"""

from __future__ import annotations

from dataclasses import replace

from improv.casting import TOGETHER
from improv.draft import Draft
from improv.drawing import Written
from improv.ending import Ending
from improv.flow import LIMIT, RELEASE
from improv.notes import Note
from improv.plan import Command
from improv.stage import Stage
from improv.turntaking import TurnTaking

#: The window after the decision in which the first note begins, seconds.
FIRST_EARLIEST, FIRST_LATEST = 0.02, 0.10
#: Where the answer may end, as shares of the phrase's length.
EARLY, LATE = 0.75, 1.25
#: However short the phrase, the answer may take this many seconds.
SHORTEST = 1.0
#: A wait of this many usual intervals ends a phrase. (On unseen performances the model told such waits from others
#: with an area under the curve of 0.7 to 0.9; waits of half a second, whatever the pace, with 0.5 to 0.7.)
PAUSE = 3.0
#: At LATE each doubling of a wait is likelier by this many nats than the model has it.
SLOWING = 3.0
#: Waits inside an answer may be as long as this in seconds, or as the player's.
LEAST_REST = 0.5
#: Model steps in one turn, so that what the player does meanwhile is heard soon; and in one answer.
STEPS_A_TURN, STEPS_AN_ANSWER = 8, 512
#: An answer ends where this many steps in a row bring nothing usable.
MOST_MISSES = 4


class Answer:
    """One answer in the making; all in seconds. `length`: from first to last onset, as asked for; `rest`: no wait
    inside the answer is longer; `pause`: a wait of this or more ends a phrase."""

    def __init__(self, draft: Draft, decided_at: float, length: float, rest: float, pause: float) -> None:
        self._draft = draft
        self._decided_at = decided_at
        self._length = length
        self._rest = rest
        self._pause = pause
        self.first: float | None = None
        self._last: float = decided_at
        self._held_back: list[Written] = []
        self._misses = 0
        self.finished = False

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return self._draft.broken

    def write(self, now: float) -> list[Note]:
        """Go on for at most STEPS_A_TURN steps; the notes that are certain now, in onset order."""
        certain: list[Note] = []
        for _ in range(STEPS_A_TURN):
            if self.finished:
                break
            written = self._step(now)
            if written is None and self._draft.rested:
                if (self._draft.reached or now) - (self.first or self._decided_at) > LATE * self._length:
                    certain += self._finish(self._held_back)  # nothing that it is sure enough of comes any more
            elif written is None:
                self._misses += 1
                if self._misses == MOST_MISSES:
                    certain += self._finish(self._held_back)
            else:
                self._misses = 0
                certain += self._take(written)
        return certain

    def _step(self, now: float) -> Written | None:
        if self.first is None:
            return self._draft.write(self._decided_at + FIRST_EARLIEST, self._decided_at + FIRST_LATEST, self._pause)
        # What has been waited already cannot be waited for less.
        earliest = max(self._last, now)
        late = min(max((self._last - self.first) / self._length - EARLY, 0.0) / (LATE - EARLY), 1.0)
        longest = max(self._rest, 2 * self._pause) if late else self._rest
        return self._draft.write(earliest, earliest + longest, self._pause, SLOWING * late)

    def _take(self, written: Written) -> list[Note]:
        onset, before = written.note.onset, self._last
        self.first = onset if self.first is None else self.first
        self._last = onset
        # The wait expected before this note is how final the one before it was.
        if self._held_back:
            self._held_back[-1] = replace(self._held_back[-1], rest_before=written.rest_before)
        if self._held_back and onset - before >= self._pause:
            self.finished = True
            return [held.note for held in self._held_back]
        if onset - self.first > LATE * self._length or self._draft.steps >= STEPS_AN_ANSWER:
            return self._finish(self._held_back)
        if onset - self.first < EARLY * self._length:
            return [written.note]
        self._held_back.append(replace(written, rest_before=0.0))
        return []

    def _finish(self, ends: list[Written]) -> list[Note]:
        """The notes up to the most final one of `ends`."""
        self.finished = True
        best = max(range(len(ends)), key=lambda index: ends[index].rest_before, default=-1)
        return [written.note for written in ends[: best + 1]]


class AnswerMode:
    """The mode `answer`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._voice = stage.voice
        self._turns = TurnTaking(stage.panel, [note.onset for note in stage.ears.recent])
        if self._turns.last is not None and (self._voice.last_onset or self._turns.last) > self._turns.last:
            self._turns.forget()  # another mode has played since the player did
        self._answer: Answer | Ending | None = None
        self._ends_by: float | None = None  # what sounds is to end by then: the answer is withdrawn
        self._asked_at: float | None = None  # the performer wants an answer
        self._ending_by: float | None = None  # the performer wants an end
        self._turned_at = float("-inf")
        self.broken_steps = 0

    @property
    def answering(self) -> bool:
        """Whether an answer is being written or sounds."""
        return self._answer is not None

    @property
    def false_turns(self) -> int:
        """How often the player had not finished."""
        return self._turns.false_turns

    def heard(self, note: Note) -> None:
        """The player began a note: any answer is over."""
        self._turns.heard(note.onset)
        if self._answer is not None and self._ends_by is None:
            self._ends_by = note.onset + RELEASE

    def halt(self, at: float) -> None:
        """The clock started, stopped or jumped: any answer ends now, and what was played before is not answered."""
        self._turns.forget()
        if self._answer is not None:
            self._ends_by = at

    def take(self, at: float) -> None:
        """Answer now."""
        self._asked_at = at

    def give_back(self, at: float) -> None:
        """Withdraw the answer, and wait for the player."""
        if self._answer is not None and self._ends_by is None:
            self._ends_by = at + RELEASE

    def finish(self, at: float) -> None:
        """Bring the answer to an end, and rest."""
        if self._answer is not None:
            self._ending_by = at + LIMIT

    def leave(self, now: float) -> list[Command]:
        """Another mode takes over: any answer is withdrawn."""
        return [] if self._answer is None else [self._withdraw(self._answer, now, now + RELEASE)]

    def turn(self, now: float) -> list[Command]:
        """Withdraw, begin or go on with an answer."""
        self._turned_at = now
        commands: list[Command] = []
        if self._answer is not None and self._ends_by is not None:
            commands.append(self._withdraw(self._answer, now, self._ends_by))
        self._voice.look(now)
        if isinstance(self._answer, Answer) and self._ending_by is not None:
            commands += self._begin_to_end(self._answer, now, self._ending_by)
        self._ending_by = None
        due = self._due()
        if self._answer is None and due is not None and due <= now:
            self._begin(now)
        if self._answer is not None:
            commands += self._go_on(self._answer, now)
        return commands

    def wake_at(self) -> float | None:
        """At once while there is something to write or take back; else when something begins, ends or falls due."""
        if self._answer is None:
            return self._due()
        if self._ends_by is not None or self._ending_by is not None or not self._answer.finished:
            return self._turned_at
        begins = self._voice.next_onset
        return self._voice.ends_at if begins is None else begins

    def _due(self) -> float | None:
        ears = self._stage.ears
        if self._asked_at is not None and self._answer is None:
            return self._asked_at
        return None if ears.time.waiting else self._turns.due(ears.quiet_since())

    def _begin(self, now: float) -> None:
        rest = max(self._turns.gap(), LEAST_REST)
        length = max(self._turns.phrase_length(), SHORTEST)
        stage = self._stage
        draft = Draft(stage.model, stage.ears, stage.panel, stage.rng)
        self._asked_at = None
        self._answer = Answer(draft, now, length, rest, PAUSE * self._turns.pace())
        self._turns.answered(now)

    def _begin_to_end(self, answer: Answer, now: float, by: float) -> list[Command]:
        """Leave the answer, but for what begins at once, and look for an end."""
        voice, stage = self._voice, self._stage
        voice.look(now)
        near = [note for note in voice.planned if note.onset < now + stage.panel.settings.commit]
        self._close(answer)
        self._answer = Ending(stage, TOGETHER, near, now, by)
        return voice.drop([note for note in voice.planned if note not in near], now)

    def _go_on(self, answer: Answer | Ending, now: float) -> list[Command]:
        play = self._voice.play(answer.write(now))
        if isinstance(answer, Answer) and answer.first is not None:
            self._turns.answered(answer.first)
        if answer.finished and self._voice.ends_at <= now:
            self._close(answer)
        return play

    def _withdraw(self, answer: Answer | Ending, now: float, release_by: float) -> Command:
        self._close(answer)
        return self._voice.withdraw(now, release_by)

    def _close(self, answer: Answer | Ending) -> None:
        self.broken_steps += answer.broken
        self._answer = self._ends_by = None
