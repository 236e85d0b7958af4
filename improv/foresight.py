"""What is to come: a plan that runs ahead of the music and is looked at again whenever the player plays.

1. The plan is written from all that has sounded, AHEAD seconds into the future. Improv's notes in it are handed out;
   the player's are what is expected of them, so that improv strikes with them rather than after.
2. When the player plays, what improv was to strike with that note it strikes at once. Of the rest, what begins within
   the commit horizon stays if the model still thinks it likely, and is dropped if the player's note made it unlikely:
   its pitch's probability has fallen by DROP nats, a clash with that note counted against it (for a likely key the
   model has been asked before it goes down, improv.verdicts). All that lies beyond is drawn anew.
3. What was expected and has not come within LATE seconds is not coming: the plan is drawn anew without it.
4. A turn is one slice: a step of the model, or what is decided around one. Where the player has played it is all that
   comes of that, so that the plan is in force at once. When all is written, what has sounded meanwhile is read
   (improv.reader), so that a note of theirs is all that is left; and then what they may play next is thought of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from improv.balance import rub
from improv.casting import Cast
from improv.draft import Draft
from improv.drawing import Written
from improv.encoding import LONGEST
from improv.notes import GROUP_SPAN, Note, Part
from improv.plan import Command
from improv.questions import Sliced
from improv.reader import Reader
from improv.root import Root
from improv.stage import Stage
from improv.verdicts import Verdicts, placed

#: Seconds the plan runs ahead, and how late or early the player may be with what is expected.
AHEAD = 1.0
LATE = 0.12
DROP = 1.5
#: After so many steps in a row that brought nothing usable it lets some of the time to come pass.
MOST_MISSES = 4
#: What a key would concern so many seconds from now is thought of as well, and looked for a hair after it is to be.
SOON, HAIR = 0.05, 0.001


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
        self._verdicts = Verdicts(stage, cast, lambda: self._new_draft(followed=True))
        self._judges_at: float | None = None  # when there is something to think of
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
            self._think(self._reader, now)
        return commands + self._go_on(now)

    def wake_at(self) -> float:
        """At once while there is something to write; else when something begins, is missed or has to be written."""
        if self._struck or self._draft is None or self._end < self._turned_at + AHEAD:
            return self._turned_at
        moments = [self._end - AHEAD / 2, *(note.onset + LATE for note in self._expected[:1])]
        if (begins := self._stage.voice.next_onset) is not None:
            moments.append(begins)
        if self._reader is not None:
            moments += [at for at in (self._reader.wake_at(), self._judges_at) if at is not None]
        return min(moments)

    def _think(self, reader: Reader, now: float) -> None:
        """Read what has sounded, and then ask about what the player may play next."""
        reads, here = reader.wake_at(), self._here(now, now, SOON)
        if reads is not None and reads <= now:
            reader.think(now)
        elif self._verdicts.waits(here):
            self._verdicts.think(here, now)
        soon = SOON - HAIR
        later = [note.onset - self._stage.panel.settings.commit - soon for note in self._stage.voice.planned]
        later += [note.onset - LATE - soon for note in self._expected]
        self._judges_at = now if self._verdicts.waits(here) else min((at for at in later if at > now), default=None)

    def _meet(self, now: float) -> list[Command]:
        """The player has played: see what of the plan stands."""
        voice = self._stage.voice
        voice.look(now)
        here = self._here(now, self._struck[0].onset)
        near = [note for note, planned in here.items() if note is planned]
        order = [*placed(here)]
        self._opinions |= {note: self._opinions[here[note]] for note in order if here[note] in self._opinions}
        self._broken, self._draft = self.broken, None  # what goes on from here has time until the next turn
        asked = {note: planned for note, planned in here.items() if not voice.sent(planned, now)}
        stays = order
        if asked and not self._foreseen():
            clashes, opinions = rub([note.pitch for note in self._struck], self.cast.own), self._judged(order, asked)
            before = {note: self._opinions.setdefault(note, opinions[note]) for note in asked}
            gone = {note for note in asked if opinions[note] + clashes[note.pitch] < before[note] - DROP}
            stays = [note for note in order if note not in gone]
            if self._draft is not None:
                self._draft.take(stays)
        dropped = [note for note in voice.planned if note not in stays]
        self._stands(stays, now)
        return voice.drop(dropped, now) + voice.play([note for note in stays if note not in near])

    def _judged(self, order: Sequence[Note], asked: Mapping[Note, Note]) -> dict[Note, float]:
        """What the model thinks of the pitches of what is `asked` about, some of `order`, after what the player has
        struck; where it was not asked before, the draft that it is asked by goes on from here."""
        opinions = self._verdicts.take(self._struck, asked)
        if opinions is None:
            self._draft = self._new_draft()
            opinions = dict(zip(order, self._draft.opinions(order), strict=True))
        return opinions

    def _here(self, now: float, onset: float, soon: float = 0.0) -> dict[Note, Note]:
        """What a key that goes down at `onset` concerns of what is planned, and what would `soon` seconds later, by
        what becomes of it: what was to strike with that key strikes `now`, what else is near stays where it is."""
        voice = self._stage.voice
        joined = [note for note in self._to_strike_with(onset, soon) if not voice.sent(note, now)]
        near = [note for note in self._near(now + soon) if note not in joined]
        return {replace(note, onset=now): note for note in joined} | {note: note for note in near}

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
        self._broken = self.broken
        near, self._draft = self._near(now), self._new_draft()
        self._draft.take(near)
        self._stands(near, now)
        return voice.drop([note for note in voice.planned if note not in near], now)

    def _stands(self, stays: Sequence[Note], now: float) -> None:
        """So much of the plan stands."""
        self._opinions = {note: self._opinions[note] for note in stays if note in self._opinions}
        self._expected, self._struck, self._writing = [], [], None
        self._end = max([now, *(note.onset for note in stays)])
        self._misses, self._judges_at = 0, now

    def _new_draft(self, followed: bool = False) -> Draft:
        """One that goes on from all that was heard, `followed` by a note or not (improv.reader)."""
        stage = self._stage
        what = (stage.model, stage.ears, stage.panel, stage.rng, self.cast, True)
        return Root(*what) if self._reader is None else Draft(*what, self._reader.begin(followed))

    def _near(self, now: float) -> list[Note]:
        """What was handed out and begins within the commit horizon."""
        horizon = now + self._stage.panel.settings.commit
        return [note for note in self._stage.voice.planned if note.onset < horizon]

    def _to_strike_with(self, onset: float, soon: float) -> list[Note]:
        """What improv was to strike with the note that the player began at `onset`, if that was expected about now or
        would be so `soon`."""
        met = [note.onset for note in self._expected if -LATE <= note.onset - onset <= LATE + soon]
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
            self._misses, self._soon, self._beat, self._judges_at = 0, None, None, now
            self._end = written.note.onset
            if written.note.part == self.cast.own:
                self._opinions[written.note] = written.opinion
                return self._stage.voice.play([written.note])
            self._expected.append(written.note)
        return []
