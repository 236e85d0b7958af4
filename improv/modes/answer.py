"""Call and response: the player plays a phrase, improv answers with one, then waits.

1. When the player has finished (improv.turntaking), the model hears the last 32 notes and goes on from them. Several
   answers are drafted shortly before (improv.modes.drafts), and the best is played.
2. The first note begins within FIRST_LATEST seconds of that decision. In free time, where improv is sure of a beat of
   the player's, it waits for the next one, and the first note is on it (improv.entering).
3. Notes are handed out as soon as they are written, up to EARLY of the length asked for. From there to LATE long waits
   are made ever likelier, and notes are held back: the answer ends before the first wait of PAUSE times the player's
   usual interval, or, if none is drawn, where the model most expected one. What it ends with sounds no longer than what
   the player ended with: such notes are the longest that the model draws, for before a long wait most are.
4. When the player comes in, all that has not begun is taken back, and what sounds ends within RELEASE seconds; when
   the clock stops or jumps, it ends at once, and the phrase so far is not answered.
5. In trading (improv.trading) the bars of a clock say whose turn it is, whatever the other plays: the answer is written
   PREPARE seconds before it, anew if the player plays on, and its first note is on the bar line.
"""

from __future__ import annotations

from improv.casting import TOGETHER
from improv.draft import Draft
from improv.ending import Ending, begin_to_end
from improv.entering import Entrance, entrance
from improv.flow import LIMIT, RELEASE
from improv.modes.drafts import AHEAD, SETTLED, Drafts
from improv.modes.traded import Traded
from improv.modes.writing import Answer
from improv.notes import Note
from improv.plan import Command
from improv.pulse import Pulse
from improv.root import Root
from improv.stage import Stage
from improv.trading import Trading
from improv.turntaking import TurnTaking

#: However short the phrase, the answer may take this many seconds.
SHORTEST = 1.0
#: Waits inside an answer may be as long as this in seconds, or as the player's.
LEAST_REST = 0.5
#: A traded answer is written so many seconds before it begins, and no more written anew in the last of them.
PREPARE, READY = 0.4, 0.2


class AnswerMode:
    """The mode `answer`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._voice = stage.voice
        self._turns = TurnTaking(stage.panel, [note.onset for note in stage.ears.recent])
        if self._turns.last is not None and (self._voice.last_onset or self._turns.last) > self._turns.last:
            self._turns.forget()  # another mode has played since the player did
        self._trading = Trading()
        self._entry: float | None = None  # the beat at which the traded answer that there is begins
        self._answer: Answer | Ending | None = None
        self._drafts: Drafts | None = None
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
        """The player began a note: any answer is over, but in trading one that has begun."""
        self._turns.heard(note.onset)
        self._forget_drafts()
        pulse = self._traded()
        if pulse is not None:
            self._trading.heard(pulse.beat_at(note.onset), pulse, self._bars)
        if self._answer is None or self._ends_by is not None:
            return
        if pulse is None or self._entry is None or note.onset < pulse.seconds_at(self._entry) - READY:
            self._ends_by = note.onset + RELEASE

    def halt(self, at: float) -> None:
        """The clock started, stopped or jumped: any answer ends now, and what was played before is not answered."""
        self._turns.forget()
        self._trading.forget()
        self._entry = None
        if self._answer is not None:
            self._ends_by = at

    def take(self, at: float) -> None:
        """Answer now."""
        self._asked_at = at

    def give_back(self, at: float) -> None:
        """Withdraw the answer, and wait for the player."""
        self._entry = None
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
        coming = self._coming()
        if self._answer is None and coming is not None:
            self._prepare(coming, now)
        if self._answer is not None:
            commands += self._go_on(self._answer, now)
        return commands

    def wake_at(self) -> float | None:
        """At once while there is something to write or take back; else when something begins, ends or falls due."""
        if self._answer is None:
            coming = self._coming()
            due = None if coming is None else coming.due
            thought = self._traded() is not None or (self._drafts is not None and self._drafts.idle)
            if due is None or self._turned_at >= due or thought:
                return due
            return max(self._thinks_from(due), self._turned_at)
        if self._ends_by is not None or self._ending_by is not None or not self._answer.finished:
            return self._turned_at
        begins = self._voice.next_onset
        return self._voice.ends_at if begins is None else begins

    @property
    def _bars(self) -> int:
        return self._stage.panel.settings.trade

    def _traded(self) -> Pulse | None:
        """The beat, if turns are traded by it."""
        return self._stage.ears.time.pulse if self._bars and self._asked_at is None else None

    def _coming(self) -> Entrance | None:
        """When an answer is due, and how it begins; None if it is not improv's turn."""
        ears = self._stage.ears
        if self._asked_at is not None and self._answer is None:
            return Entrance(self._asked_at)
        if ears.time.waiting:
            return None
        pulse = self._traded()
        if pulse is None:
            due = self._turns.due(ears.quiet_since())
            return None if due is None else entrance(self._stage, due)
        entry = self._next_entry(pulse)
        return None if entry is None else Entrance(pulse.seconds_at(entry) - PREPARE)

    def _prepare(self, coming: Entrance, now: float) -> None:
        """Think of an answer that is due then, or begin it."""
        pulse = self._traded()
        if pulse is not None:
            self._answer = self._trade(now, pulse) if coming.due <= now else None
        elif self._thinks_from(coming.due) <= now:
            drafts = self._think(coming)
            if coming.due <= now:
                self._begin(drafts, now)

    def _next_entry(self, pulse: Pulse) -> float | None:
        if self._entry is not None:  # withdrawn, for the player played on
            return self._entry
        return self._trading.entry(pulse, self._bars, self._stage.panel.settings.min_notes)

    def _trade(self, now: float, pulse: Pulse) -> Answer | None:
        """An answer for some bars; None if it is too late for them."""
        entry, stage = self._next_entry(pulse), self._stage
        assert entry is not None
        self._trading.answered(entry, pulse, self._bars)
        begin, end = pulse.seconds_at(entry), pulse.seconds_at(entry + self._bars * pulse.bar)
        self._entry = entry if begin >= now else None
        if self._entry is None:
            return None
        draft = Draft(stage.model, stage.ears, stage.panel, stage.rng)
        return Traded(draft, begin, end, max(self._turns.gap(), LEAST_REST), self._turns.pace())

    def _thinks_from(self, due: float) -> float:
        """When drafts for an answer that is due then are begun."""
        quiet = self._stage.ears.quiet_since()
        return due if quiet is None else min(due, max(due - AHEAD, quiet + SETTLED))

    def _think(self, coming: Entrance) -> Drafts:
        """Begin or go on with drafts for an answer that comes in so."""
        due, beat = coming.due, coming.beat
        if self._drafts is not None and self._drafts.due == due:
            self._drafts.think()
            return self._drafts
        self._forget_drafts()
        stage, turns = self._stage, self._turns
        rest, length, pace = max(turns.gap(), LEAST_REST), max(turns.phrase_length(), SHORTEST), turns.pace()
        # Random numbers of their own: how far drafts have come that turn out void is nobody's business.
        root = Root(stage.model, stage.ears, stage.panel, stage.rng.spawn(1)[0])
        most, ring = stage.panel.settings.drafts, stage.ears.last_sounded()
        self._drafts = Drafts(root, lambda: Answer(root.fork(), due, length, rest, pace, beat, ring), most, due)
        return self._drafts

    def _begin(self, drafts: Drafts, now: float) -> None:
        self._answer, self._drafts, self._asked_at, self._entry = drafts.best(), None, None, None
        self.broken_steps += drafts.broken - self._answer.broken
        self._turns.answered(now)

    def _forget_drafts(self) -> None:
        if self._drafts is not None:
            self.broken_steps += self._drafts.broken
            self._drafts = None

    def _begin_to_end(self, answer: Answer, now: float, by: float) -> list[Command]:
        """Leave the answer, and look for an end."""
        self._close(answer)
        self._answer, dropped = begin_to_end(self._stage, TOGETHER, now, by)
        return dropped

    def _go_on(self, answer: Answer | Ending, now: float) -> list[Command]:
        play = self._voice.play(answer.write(now))
        if isinstance(answer, Answer) and answer.first is not None and self._entry is None:
            self._turns.answered(answer.first)
        if answer.finished and self._voice.ends_at <= now:
            self._close(answer)
            self._entry = None
        return play

    def _withdraw(self, answer: Answer | Ending, now: float, release_by: float) -> Command:
        self._close(answer)
        return self._voice.withdraw(now, release_by)

    def _close(self, answer: Answer | Ending) -> None:
        self.broken_steps += answer.broken
        self._answer = self._ends_by = None
