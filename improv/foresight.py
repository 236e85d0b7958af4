"""What is to come: a plan that runs ahead of the music and is looked at again whenever the player plays.

1. The plan is written from all that has sounded, AHEAD seconds into the future. Improv's notes in it are handed out;
   the player's are what is expected of them, so that improv strikes with them rather than after.
2. When the player plays, what improv was to strike with that note it strikes at once. Of the rest, what begins within
   the commit horizon stays if the model still thinks it likely, and is dropped if the player's note made it unlikely:
   its pitch's probability has fallen by DROP nats, a clash with that note counted against it. All that lies beyond is
   drawn anew.
3. What was expected and has not come within LATE seconds is not coming: the plan is drawn anew without it.
4. A turn is one slice: a step of the model, or what is decided around one. Where the player has played it is all that
   comes of that, so that the plan is in force at once. When all is written, what has sounded meanwhile is read
   (improv.reader), so that a note of theirs is all that is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from improv.balance import rub
from improv.casting import Cast
from improv.draft import Draft
from improv.drawing import Written
from improv.encoding import LONGEST
from improv.notes import GROUP_SPAN, Note, Part
from improv.plan import Command
from improv.questions import Sliced
from improv.root import Root
from improv.stage import Stage

#: Seconds the plan runs ahead, and how late or early the player may be with what is expected.
AHEAD = 1.0
LATE = 0.12
DROP = 1.5
#: After so many steps in a row that brought nothing usable it lets some of the time to come pass.
MOST_MISSES = 4


class Foresight:
    """One plan, on a stage, for a cast. All moments in absolute seconds."""

    def __init__(
        self,
        stage: Stage,
        cast: Cast,
        rest: float = LONGEST,
        soon: float | None = None,
        beat: float | None = None,
    ) -> None:
        """No wait between two notes is longer than `rest` seconds; the first begins on a `beat` (absolute seconds), if
        one is given that is yet to come, and else within `soon` seconds, if given."""
        self._stage = stage
        self.cast = cast
        self._rest, self._soon, self._beat = rest, soon, beat
        # Who plays alone reads all anew, in slices: the memory is to know what the network had expected.
        self._reader = stage.reader(cast, go_on=True) if len(cast.parts) > 1 else None
        self._draft: Draft | None = None
        self._writing: Sliced[Written | None] | None = None  # the next note, from this moment on:
        self._from = float("-inf")
        self._opinions: dict[Note, float] = {}  # of what was handed out, when it was written
        self._expected: list[Note] = []
        self._struck: list[Note] = []  # by the player, since the last turn
        self._end = float("-inf")  # the last onset in the plan
        self._misses = 0
        self._broken = 0
        self._turned_at = float("-inf")

    @property
    def broken(self) -> int:
        """How many model steps were unusable."""
        return self._broken + (0 if self._draft is None else self._draft.broken)

    def heard(self, note: Note) -> None:
        """The player began a note."""
        self._struck.append(note)

    def turn(self, now: float) -> list[Command]:
        """Look at the plan again if something has happened, or go on with it."""
        self._turned_at = now
        if self._struck:
            return self._meet(now)
        if self._draft is None or (self._expected and now >= self._expected[0].onset + LATE):
            return self._again(now)
        commands: list[Command] = []
        if self.cast.own == Part.ACCOMPANIMENT:
            # A hand that moves by a step lifts the finger it came from; the model, who lengthens a note before it
            # knows the next, does not.
            commands += self._stage.voice.release(self._stage.voice.left(now), now)
        if self._end >= now + AHEAD and self._reader is not None:
            self._reader.think(now)
        return commands + self._go_on(now)

    def wake_at(self) -> float:
        """At once while there is something to write; else when something begins, is missed or has to be written."""
        if self._struck or self._draft is None or self._end < self._turned_at + AHEAD:
            return self._turned_at
        moments = [self._end - AHEAD / 2, *(note.onset + LATE for note in self._expected[:1])]
        if (begins := self._stage.voice.next_onset) is not None:
            moments.append(begins)
        if self._reader is not None and (reads := self._reader.wake_at()) is not None:
            moments.append(reads)
        return min(moments)

    def _meet(self, now: float) -> list[Command]:
        """The player has played: see what of the plan stands."""
        voice = self._stage.voice
        voice.look(now)
        joined = [note for note in self._to_strike_with(self._struck[0].onset) if not voice.sent(note, now)]
        near = [note for note in self._near(now) if note not in joined]
        here = {replace(note, onset=now): note for note in joined} | {note: note for note in near}
        order = sorted(here, key=lambda note: (note.onset, note.pitch))
        self._opinions |= {note: self._opinions[here[note]] for note in order if here[note] in self._opinions}
        if not order or self._foreseen():
            self._broken, self._draft = self.broken, None  # what goes on from here has time until the next turn
            stays = order
        else:
            draft = self._draft = self._new_draft()
            clashes, stays = rub([note.pitch for note in self._struck]), []
            for note, opinion in zip(order, draft.opinions(order), strict=True):
                before = self._opinions.setdefault(note, opinion)
                if opinion + clashes[note.pitch] >= before - DROP or voice.sent(here[note], now):
                    stays.append(note)
            draft.take(stays)
        gone = [note for note in voice.planned if note not in stays]
        self._stands(stays, now)
        return voice.drop(gone, now) + voice.play([note for note in stays if note not in near])

    def _foreseen(self) -> bool:
        """Whether the player has played what was expected of them."""
        return all(
            any(other.pitch == note.pitch and abs(other.onset - note.onset) <= LATE for other in self._expected)
            for note in self._struck
        )

    def _again(self, now: float) -> list[Command]:
        """Time has passed without what was expected: all but what is near is drawn anew."""
        voice = self._stage.voice
        voice.look(now)
        near, self._draft = self._near(now), self._new_draft()
        self._draft.take(near)
        self._stands(near, now)
        return voice.drop([note for note in voice.planned if note not in near], now)

    def _stands(self, stays: Sequence[Note], now: float) -> None:
        """So much of the plan stands."""
        self._opinions = {note: self._opinions[note] for note in stays if note in self._opinions}
        self._expected, self._struck, self._writing = [], [], None
        self._end = max([now, *(note.onset for note in stays)])
        self._misses = 0

    def _new_draft(self) -> Draft:
        self._broken = self.broken
        stage = self._stage
        what = (stage.model, stage.ears, stage.panel, stage.rng, self.cast, True)
        return Root(*what) if self._reader is None else Draft(*what, self._reader.begin())

    def _near(self, now: float) -> list[Note]:
        """What was handed out and begins within the commit horizon."""
        horizon = now + self._stage.panel.settings.commit
        return [note for note in self._stage.voice.planned if note.onset < horizon]

    def _to_strike_with(self, onset: float) -> list[Note]:
        """What improv was to strike with the note that the player began at `onset`, if that was expected about now."""
        met = [note.onset for note in self._expected if abs(note.onset - onset) <= LATE]
        if not met:
            return []
        nearest = min(met, key=lambda other: abs(other - onset))
        return [note for note in self._stage.voice.planned if abs(note.onset - nearest) <= GROUP_SPAN]

    def _go_on(self, now: float) -> list[Command]:
        """Write on by a step, and hand out what is improv's."""
        assert self._draft is not None
        if self._end >= now + AHEAD or (isinstance(self._draft, Root) and self._draft.read()):
            return []
        if self._writing is None:
            earliest = max(self._end, now)
            latest = earliest + (self._rest if self._soon is None else self._soon)
            if self._beat is not None and self._beat >= earliest:
                earliest = latest = self._beat
            self._from = earliest
            self._writing = Sliced(self._draft.writing(earliest, latest, self._rest))
        if not self._writing.go_on(self._draft.model):
            return []
        written, self._writing = self._writing.result, None
        if self._draft.rested:
            self._end = max(self._end, self._draft.reached or self._end)
        elif written is None:
            self._misses += 1
            if self._misses % MOST_MISSES == 0:
                self._end = self._from + AHEAD
        else:
            self._misses, self._soon, self._beat = 0, None, None
            self._end = written.note.onset
            if written.note.part == self.cast.own:
                self._opinions[written.note] = written.opinion
                return self._stage.voice.play([written.note])
            self._expected.append(written.note)
        return []
