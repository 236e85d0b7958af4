"""Writing notes with the model, one a step: constraints are masks and biases, nothing is drawn and thrown away.

A plan may hold two parts, improv's own and what the player is expected to play. Whose note comes next is then drawn by
how likely each part is to be next *and* to have waited as long as it has: the step is run for all parts at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from improv import drawing
from improv.balance import LOUD, PLAYER_LAST, asked_by, beside, pace, thinned
from improv.bounds import bounds, is_full, leaning
from improv.casting import TOGETHER, Cast
from improv.drawing import Written
from improv.ears import Ears
from improv.encoding import DURATION, IOI, PART, PITCH, Rows
from improv.grid import on_grid, points
from improv.notes import GROUP_SPAN, Note, Part
from improv.panel import Panel
from improv.questions import Asking, Question, answered
from improv.reader import Beginning, beginning
from improv.recall import Recall
from improv.step import NEVER, Controls, Floats, Step, StepModel, controls, read_only
from improv.swaying import Sway
from improv.touch import stroke

#: A note that is left out is followed by nothing for so many seconds: as long as a group.
REST = GROUP_SPAN + 1e-3


class Draft:
    """Goes on from what was heard. `write` is one model step; a broken step costs that note and is counted.

    With a `cast` of two parts the notes it writes are of either; the player's are expectations. If it is to `go_on`,
    improv's notes before it count as its own. It may `begin` where a reader is. It asks its `model`.
    """

    def __init__(
        self,
        model: StepModel,
        ears: Ears,
        panel: Panel,
        rng: np.random.Generator,
        cast: Cast = TOGETHER,
        go_on: bool = False,
        begin: Beginning | None = None,
    ) -> None:
        self.model, self._ears, self._panel, self._rng, self._cast = model, ears, panel, rng, cast
        begin = begin or beginning(model, ears, cast, go_on)
        self._bearing, self._tail, self._meter, self._state = begin.bearing, begin.tail, begin.meter, begin.state
        self._rows, self._dials = begin.rows, begin.dials
        self._held: set[int] = set()  # what the player is expected to hold
        self._own, self._theirs = deque(ears.own, ears.own.maxlen), deque(ears.recent, PLAYER_LAST)
        self._alone = len(cast.parts) == 1
        self._remembrance = ears.remembrance if self._alone else None
        self._recall = None if self._remembrance is None else Recall(self._remembrance)
        self._waits: Floats | None = None  # what the model had expected of the last wait
        self._rising = self._group_over = False  # the last draw fell back inside its group, or was left out of it
        self.rested = False  # the last draw was a note that is left out
        self.reached: float | None = None  # up to when all is written, notes and rests; absolute seconds
        self.steps = self.broken = 0

    def write(self, earliest: float, latest: float, rest: float, slowing: float = 0.0, **more: Any) -> Written | None:
        """`writing`, asking the model alone."""
        return answered(self.model, self.writing(earliest, latest, rest, slowing, **more))

    def writing(
        self,
        earliest: float,
        latest: float,
        rest: float,
        slowing: float = 0.0,
        *,
        own: bool = False,
        pitches: Floats | None = None,
    ) -> Asking[Written | None]:
        """Write the next note with an onset from `earliest` to `latest` (absolute seconds); improv's, if `own`.

        `slowing` makes long waits likelier, by so many nats for each doubling; `pitches`, shape (128,), are nats added
        for improv's own. Onsets that share the last group's moment are allowed if `earliest` is not beyond it. None if
        nothing usable came of this step; the next call tries again. If `rested`, that is a rest: what comes next begins
        after `reached`, wherever `latest` is.
        """
        if self.reached is not None and self.reached > earliest:
            earliest, latest = self.reached, max(latest, self.reached + REST)
        encoding = self.model.encoding
        head = self._tail.head if self._tail.head is not None else earliest
        parts = self._cast.parts[:1] if own else self._cast.parts
        if len(parts) > 1:
            self.catch_up()
        how = self._controls(parts, earliest - head, latest - head)
        drawing.slow(how.bias[:, encoding.field(IOI)], encoding, slowing, self._waits)
        sway = Sway(None if self._alone or earliest == latest else self._ears.beats, head, encoding)
        how.bias[:, encoding.field(IOI)] += sway.bias()
        if pitches is not None:
            how.bias[0, encoding.field(PITCH)] += pitches
        among = points(self._ears.time.pulse, self._panel.settings, self._rng, head, earliest, latest)
        first = pace(self._own, max(earliest, head), self._cast.own, self._panel.settings) if len(parts) > 1 else 0.0
        how.bias[0, encoding.offsets[IOI]] += thinned(first, self._cast.own, self._tail.group)
        ask = partial(self._question, self._rows, self._dials)
        step, point = yield from on_grid(ask, how, head, among, encoding, self._rng)
        self.steps += 1
        if not all(drawing.sane(step, row, encoding) for row in range(len(parts))):
            self.broken += 1
            return None
        if self._remembrance is not None:  # the first step read what was heard
            self._remembrance.settle(self._rows, step.heard[0])
            self._remembrance = None
        row = drawing.whose(step, how, encoding, self._rng, first) if len(parts) > 1 else 0
        if self._recall is not None:
            # How long it is to sound is drawn last, so the memory of touch can be asked when all else is known.
            cap, known = self._panel.settings.memory_weight, stroke(step.drawn[row].tolist())
            lengths = self._recall.duration(cap, known, encoding.sizes[DURATION])
            step.drawn[row, DURATION] = drawing.redrawn(step, row, how, encoding, *lengths)
        drawn = min(max(sway.onset(int(step.drawn[row, IOI])), earliest), latest)
        return self._written(step, row, drawn if point is None or row else point, rest)

    def _written(self, step: Step, row: int, onset: float, rest: float) -> Written | None:
        encoding = self.model.encoding
        part, ioi, pitch, velocity, duration = (int(value) for value in step.drawn[row])
        drawn = Note(onset, pitch, encoding.velocity(velocity), encoding.duration(duration), Part(part))
        sure = step.used[row, encoding.offsets[PITCH] + pitch] >= self._panel.settings.shy
        self.rested = drawn.part == self._cast.own and not sure
        rising, self._rising, self._group_over = self._rising, False, False
        if self.rested:
            self._group_over, self.reached = ioi == 0, onset + REST if ioi else self.reached  # or the wait goes on
            return None
        # Inside a group pitches rise. One that does not is not played: the state stays before it. If not the model drew
        # it down but what was added to its opinion, who plays alone draws once more, from above.
        if ioi == 0 and not self._cast.joins(drawn.part, pitch, self._tail.group):
            self._rising = self._alone and not rising and drawing.expects_above(step.raw[row], encoding, self._tail.top)
            self._group_over = not self._rising
            return None
        self._state, self._rows, self._dials = step.state[row : row + 1], self._rows[:0], self._dials[-1:]
        self._waits = step.raw[row, encoding.field(IOI)]
        self._add(drawn)
        self.reached = onset
        if drawn.part == self._cast.own:
            self._bearing.wrote(drawn)
            self._own.append(drawn)
        if self._recall is not None:
            self._recall.wrote(stroke(self._rows[0].tolist()))
        times = LOUD[self._cast.own] * self._panel.settings.loudness
        note = replace(drawn, velocity=self._bearing.as_loud(drawn.velocity, times))
        opinions = step.raw[row, encoding.field(PITCH)]
        usual = float(np.exp(opinions) @ opinions)
        return Written(note, drawing.probability_of_wait(step.raw[row], encoding, rest), float(opinions[pitch]), usual)

    @property
    def recited(self) -> int:
        """How many notes in a row have gone on with a passage of the player's."""
        return 0 if self._recall is None else self._recall.recited

    def wait(self, share: float) -> float:
        """The seconds that the wait for the next chord does not exceed in so large a share of all cases (0 to 1)."""
        step = self._run(self._rows, self._dials, read_only(self.model.encoding))
        return drawing.quantile_of_wait(step.raw[0], self.model.encoding, share)

    def opinions(self, notes: Sequence[Note]) -> list[float]:
        """The logarithms of the probabilities the model gives to the pitches of `notes`, in onset order, if these are
        what follows."""
        self.catch_up()
        return answered(self.model, self.opining(notes))

    def opining(self, notes: Sequence[Note]) -> Asking[list[float]]:
        """The same, asking whoever answers."""
        tail, rows, meter, dials = self._tail.copy(), self._rows, self._meter.copy(), [*self._dials]
        for note in (self._bearing.as_model(note) for note in notes):
            rows = np.concatenate([rows, tail.row(note)[None]])
            meter.add(note.onset if tail.head is None else tail.head, note.pitch, note.velocity)
            dials.append(meter.vector())
        step = yield self._question(rows, np.stack(dials), read_only(self.model.encoding))
        return [float(opinion) for opinion in step.heard[0, len(rows) - len(notes) :, PITCH]]

    def take(self, notes: Sequence[Note]) -> None:
        """Go on from these notes, in onset order, as written."""
        for note in notes:
            self._add(self._bearing.as_model(note))
            (self._own if note.part == self._cast.own else self._theirs).append(note)

    def _add(self, note: Note) -> None:
        """A note at the model's loudness: fed after what was known before it; drawn from is what is known with it."""
        self._rows = np.concatenate([self._rows, self._tail.row(note)[None]])
        if note.part == self._cast.player:
            self._held = {pitch for part, pitch in self._tail.group if part == note.part}
        began = note.onset if self._tail.head is None else self._tail.head
        self._meter.add(began, note.pitch, note.velocity)
        self._dials = np.concatenate([self._dials, self._meter.vector()[None]])

    def catch_up(self, left: int = 1, many: int = drawing.MANY) -> None:
        """Let the model read all but the last `left` of more than so `many` rows once, and not each time."""
        if len(self._rows) > many:
            read = len(self._rows) - left
            step = self._run(self._rows[:read], self._dials[: read + 1], read_only(self.model.encoding))
            if np.isfinite(step.state).all():
                self._state, self._rows, self._dials = step.state, self._rows[read:], self._dials[read:]

    def _question(self, rows: Rows, dials: Floats, how: Controls) -> Question:
        """What is asked of the model from the present state on, for as many as `how` is for."""
        batch = len(how.u)
        shown = dials + asked_by(self._panel.settings, self.model.velocity[0]).vector()
        fed, around, state = (np.repeat(one, batch, axis=0) for one in (rows[None], shown[None], self._state))
        return Question(fed, around, state, how)

    def _run(self, rows: Rows, dials: Floats, how: Controls) -> Step:
        return self._question(rows, dials, how).asked(self.model)

    def _controls(self, parts: Sequence[Part], shortest: float, longest: float) -> Controls:
        """A row for each part. Ruled out are other parts and iois that do not reach from `shortest` to `longest`
        (seconds); kept away from, far registers."""
        encoding, settings = self.model.encoding, self._panel.settings
        how = controls(encoding, self._rng, batch=len(parts))
        how.temperature[:], how.top_p[:] = settings.temperature, settings.top_p
        if self._recall is not None:
            cap = settings.memory_weight
            how.prior[0, encoding.field(PITCH)], how.weight[0, PITCH] = self._recall.pitch(cap)
            how.prior[0, encoding.field(IOI)], how.weight[0, IOI] = self._recall.ioi(cap, encoding.sizes[IOI])
        if self._alone:
            asked = asked_by(settings, self.model.velocity[0])
            keyed = settings.key_strength > 0 and settings.names_key
            how.bias[0] += self._bearing.bias(encoding, asked, keyed)
        else:
            held = self._held or self._ears.sounding()
            how.bias[0] += beside(encoding, self._own, self._theirs, held, self._cast.own)
        how.bias[0, encoding.field(PITCH)] += bounds(settings) + leaning(self._ears.key, settings.key_strength)
        how.bias[0, encoding.offsets[PITCH] + np.array([*self._ears.keys_down()], int)] = NEVER
        for row, part in enumerate(parts):
            how.bias[row, encoding.field(PART)] = NEVER
            how.bias[row, encoding.offsets[PART] + part] = 0
            drawing.wait(how.bias[row, encoding.field(IOI)], encoding, shortest, longest, self._closed(part))
            if self._rising:
                drawing.rise(how.bias[row], encoding, self._tail.top)
        return how

    def _closed(self, part: Part) -> bool:
        """Whether no note of this part may join the last group any more, or there is none."""
        own = [pitch for other, pitch in self._tail.group if other == part == self._cast.own]
        full = self._group_over or len(self._tail.group) >= drawing.FULL_GROUP or is_full(own, self._panel.settings)
        return full or self._tail.head is None or not self._cast.joins(part, 128, self._tail.group)
