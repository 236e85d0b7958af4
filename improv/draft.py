"""Writing notes with the model, one a step: constraints are masks and biases, nothing is drawn and thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from improv.dials import NOTHING_ASKED, WIDTH, Asked, Meter, heard
from improv.drift import manner, pull
from improv.ears import Ears
from improv.encoding import IOI, PART, PITCH, Encoding
from improv.loudness import drawn_so_far, loudness
from improv.notes import Note, Part
from improv.panel import Panel
from improv.recall import Recall
from improv.step import NEVER, Controls, Floats, Step, StepModel, controls

#: Semitones beyond the player's own range that cost nothing, and nats for each semitone beyond those.
REGISTER_MARGIN = 5
REGISTER_SLOPE = 0.15
#: Hands have ten fingers: a group of this many notes is full.
FULL_GROUP = 10
#: The sum of probabilities may be off by this much before a step counts as broken.
_SLACK = 0.01


@dataclass(frozen=True, slots=True)
class Written:
    """A note the model wrote (velocity as the player would play it), and `rest_before`: the probability the model
    itself gave, before any constraint, to a wait of at least the asked rest before it."""

    note: Note
    rest_before: float


class Draft:
    """Goes on from what was heard. `write` is one model step; a broken step costs that note and is counted."""

    def __init__(
        self,
        model: StepModel,
        ears: Ears,
        panel: Panel,
        rng: np.random.Generator,
        asked: Asked = NOTHING_ASKED,
    ) -> None:
        self._model = model
        self._loudness = loudness([note.velocity for note in ears.recent], model.velocity)
        self._rng = rng
        self._panel = panel
        self._drawn: list[Note] = []  # velocities as the model drew them
        self._call = manner([*ears.recent])
        self._tail = ears.context.tail(self._loudness.to_model)
        rows = ears.context.rows(self._loudness.to_model)
        if not len(rows):
            rows = model.encoding.pad(1)
        self._rows = rows[None]  # what the model has not been fed yet
        lately = ears.context.lately(self._loudness.to_model)
        self._asked = asked.vector()
        self._dials = _beside(len(rows), heard(lately))[None] + self._asked
        self._meter = Meter(lately)
        self._state = model.start()
        self._register = _register_bias([note.pitch for note in ears.recent])
        self._remembrance = ears.remembrance
        self._recall = None if ears.remembrance is None else Recall(ears.remembrance)
        self._group_over = False  # the last draw fell back inside its group
        self.steps = 0
        self.broken = 0

    def write(self, earliest: float, latest: float, rest: float, slowing: float = 0.0) -> Written | None:
        """Write the next note with an onset from `earliest` to `latest` (absolute seconds).

        `slowing` makes long waits likelier, by so many nats for each doubling.
        Onsets that share the last group's moment are allowed if `earliest` is not beyond it. None if nothing
        usable came of this step; the next call tries again.
        """
        encoding = self._model.encoding
        head = self._tail.head if self._tail.head is not None else earliest
        how = controls(encoding, self._rng)
        settings = self._panel.settings
        how.temperature[:], how.top_p[:] = settings.temperature, settings.top_p
        how.bias[0, encoding.field(IOI)][1:] += slowing * np.log2(encoding.ioi_values[1:])
        self._constrain(how, earliest - head, latest - head)
        if self._recall is not None:
            cap = settings.memory_weight
            how.prior[0, encoding.field(PITCH)], how.weight[0, PITCH] = self._recall.pitch(cap)
            how.prior[0, encoding.field(IOI)], how.weight[0, IOI] = self._recall.ioi(cap, encoding.sizes[IOI])
        step = self._model.step(self._rows, self._dials, self._state, how)
        self.steps += 1
        if not _sane(step, encoding):
            self.broken += 1
            return None
        if self._remembrance is not None:  # the first step read what was heard
            self._remembrance.settle(self._rows[0], step.heard[0])
            self._remembrance = None
        drawn = self._note(step, head, earliest, latest)
        # Inside a group pitches rise. One that does not is not played: the state stays before it, and the next
        # draw must leave the group.
        self._group_over = int(step.drawn[0, IOI]) == 0 and drawn.pitch <= max(self._tail.group, default=-1)
        if self._group_over:
            return None
        self._state, self._rows = step.state, self._tail.row(drawn)[None, None]
        began = drawn.onset if self._tail.head is None else self._tail.head
        self._meter.add(began, drawn.pitch, drawn.velocity)
        # Fed is the note, after what was known before it; drawn from is what is known with it.
        self._dials = np.stack([self._dials[0, -1], self._meter.vector() + self._asked])[None]
        self._drawn.append(drawn)
        if self._recall is not None:
            self._recall.wrote(drawn.pitch, int(self._rows[0, 0, IOI]))
        usual = drawn_so_far([one.velocity for one in self._drawn], self._model.velocity)
        note = replace(drawn, velocity=replace(self._loudness, model=usual).to_player(drawn.velocity))
        return Written(note, _probability_of_wait(step.raw[0], encoding, rest))

    def _constrain(self, how: Controls, shortest: float, longest: float) -> None:
        """Rule out other parts, iois that do not reach from `shortest` to `longest` (seconds), and far registers."""
        encoding, bias = self._model.encoding, how.bias[0]
        bias += pull(encoding, self._call, manner(self._drawn))
        bias[encoding.field(PART)] = NEVER
        bias[encoding.offsets[PART] + Part.UNSPLIT] = 0
        ioi = bias[encoding.field(IOI)]
        low, high = encoding.ioi_bin(max(shortest, 0.0)), encoding.ioi_bin(max(longest, 0.0))
        ioi[:low], ioi[high + 1 :] = NEVER, NEVER
        if low < high:
            ioi[1] = NEVER  # stays empty: shorter waits than a group's span are inside it
            if self._group_over or len(self._tail.group) >= FULL_GROUP:
                ioi[0] = NEVER
        bias[encoding.field(PITCH)] += self._register

    def _note(self, step: Step, head: float, earliest: float, latest: float) -> Note:
        """The drawn note, its velocity as the model drew it."""
        encoding = self._model.encoding
        _, ioi, pitch, velocity, duration = (int(value) for value in step.drawn[0])
        onset = min(max(head + encoding.ioi(ioi), earliest), latest)
        return Note(onset, pitch, encoding.velocity(velocity), encoding.duration(duration))


def _beside(rows: int, dials: Floats) -> Floats:
    """The dials beside the last `rows` rows and after them, shape (rows + 1, WIDTH); zero where they begin later."""
    beside = np.zeros((rows + 1, WIDTH), np.float32)
    known = dials[-(rows + 1) :]
    beside[len(beside) - len(known) :] = known
    return beside


def _sane(step: Step, encoding: Encoding) -> bool:
    """Whether a step can be used: values in range, a state to go on from, probabilities that are some."""
    drawn, raw = step.drawn[0], step.raw[0]
    in_range = all(0 <= int(drawn[field]) < size for field, size in enumerate(encoding.sizes))
    with np.errstate(over="ignore"):  # what overflows is not sane, and is no news for the terminal
        total = float(np.exp(raw[encoding.field(IOI)]).sum())
    return in_range and not np.isnan(raw).any() and bool(np.isfinite(step.state).all()) and abs(total - 1) < _SLACK


def _probability_of_wait(raw: Floats, encoding: Encoding, rest: float) -> float:
    """The probability of an ioi of at least `rest` seconds, from raw log-probabilities side by side."""
    return float(np.exp(raw[encoding.field(IOI)][encoding.ioi_bin(rest) :]).sum())


def _register_bias(pitches: Sequence[int]) -> Floats:
    """Nats a pitch, shape (128,): 0 near the range of `pitches`, falling away beyond it."""
    keys = np.arange(128)
    if not pitches:
        return np.zeros(128, np.float32)
    beyond = np.maximum(min(pitches) - REGISTER_MARGIN - keys, keys - max(pitches) - REGISTER_MARGIN)
    return (-REGISTER_SLOPE * np.maximum(beyond, 0)).astype(np.float32)
