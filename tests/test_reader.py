"""What was read along is what would have been read at once, and after a key one row is left."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.casting import ACCOMPANIST, LEADER, Cast
from improv.context import CONTEXT_NOTES
from improv.ears import Ears
from improv.encoding import DURATION, VELOCITY
from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.notes import Note
from improv.panel import Panel
from improv.plan import Play
from improv.reader import OVER, SAME, Beginning, Reader, beginning
from improv.settings import Settings
from improv.step import Controls, Floats, Step
from tests.table_model import TableModel


@dataclass
class Window(TableModel):
    """Its state is what a network of a receptive field sees: the last 32 rows."""

    steps: list[tuple[int, int]] = field(default_factory=list)  # batch, rows

    def start(self, batch: int = 1) -> Floats:
        return np.repeat(self.encoding.pad(CONTEXT_NOTES).reshape(1, -1).astype(np.float32), batch, axis=0)

    def step(self, rows, dials: Floats, state: Floats, how: Controls) -> Step:
        self.steps.append(rows.shape[:2])
        counted = super().step(rows, dials, np.zeros((len(rows), 1), np.float32), how)
        seen = np.concatenate([state.reshape(len(rows), -1, 7), rows], axis=1)[:, -CONTEXT_NOTES:]
        after = seen.reshape(len(rows), -1).astype(np.float32)
        return Step(counted.heard, counted.best_pitch, counted.drawn, counted.raw, counted.used, after)


def read(begin: Beginning) -> np.ndarray:
    """What the network has seen once all is fed, shape (32, 7)."""
    return np.concatenate([begin.state.reshape(-1, 7), begin.rows])[-CONTEXT_NOTES:]


def same(one: Beginning, other: Beginning) -> bool:
    """Whether both lead to the same, but for velocities, and durations, which no network reads."""
    columns = [column for column in range(7) if column not in (VELOCITY, DURATION)]
    return np.array_equal(read(one)[:, columns], read(other)[:, columns])


gaps = st.sampled_from([0.0, 0.0, 0.0078125, 0.015625, 0.03125, 0.0625, 0.125, 0.5, 4.0])
notes = st.tuples(
    gaps, st.integers(48, 72), st.integers(1, 127), st.sampled_from([0.0625, 0.25, 1.0, 6.0]), st.booleans()
)


@given(st.lists(notes, max_size=120), st.sampled_from([ACCOMPANIST, LEADER]), st.integers(0, 3))
def test_what_was_read_along_is_what_is_read_at_once(steps, cast: Cast, slices: int) -> None:
    model, now = Window(), 0.0
    ears = Ears(model.encoding, Panel(Settings()))
    reader = Reader(model, ears, cast, go_on=True)
    held: list[tuple[float, int]] = []
    for gap, pitch, velocity, duration, own in steps:
        now += gap
        for at, key in sorted(one for one in held if one[0] <= now):
            ears.hear(NoteOff(at, 0, key))
        held = [one for one in held if one[0] > now]
        if own:
            ears.hear_own(Note(now, pitch, velocity, duration))
        else:
            ears.hear(NoteOn(now, 0, pitch, velocity))
            held.append((now + duration, pitch))
        for _ in range(slices):
            reader.think(now)
        along, at_once = reader.begin(), beginning(model, ears, cast, go_on=True)
        assert same(along, at_once)
        np.testing.assert_allclose(along.dials[-1][:18], at_once.dials[-1][:18], atol=1e-4)
        after = Note(now + 1.0, 60, 64, 0.25)
        np.testing.assert_array_equal(along.tail.row(after), at_once.tail.row(after))


def rested(reader: Reader, now: float) -> None:
    """It reads all that there is to read."""
    for _ in range(100):
        if (at := reader.wake_at()) is None or at > now:
            return
        reader.think(now)
    raise AssertionError("there is no end to it")


@pytest.mark.parametrize("heard", [0, 1, 5, 40])
def test_after_a_key_one_row_is_left_to_be_read(heard: int) -> None:
    model = Window()
    ears = Ears(model.encoding, Panel(Settings()))
    reader = Reader(model, ears, ACCOMPANIST)
    for index in range(heard):
        ears.hear(NoteOn(float(index), 0, 60 + index % 7, 64))
        ears.hear(NoteOff(index + 0.5, 0, 60 + index % 7))
        rested(reader, index + 0.75)
    ears.hear(NoteOn(50.0, 0, 72, 64))
    assert len(reader.begin().rows) == 1
    assert reader.wake_at() == 50.0 + OVER, "a chord may follow"
    rested(reader, 50.0)
    assert len(reader.begin().rows) == 1


def test_nobody_new_and_there_is_still_a_row_to_feed() -> None:
    model = Window()
    ears = Ears(model.encoding, Panel(Settings()))
    reader = Reader(model, ears, ACCOMPANIST)
    assert len(reader.begin().rows) == 1 and reader.wake_at() is None
    ears.hear(NoteOn(1.0, 0, 72, 64))
    rested(reader, 2.0)
    assert len(reader.begin().rows) == 1 and reader.wake_at() is None


def test_a_note_that_belongs_before_what_was_read_is_read_in_its_place() -> None:
    model = Window()
    ears = Ears(model.encoding, Panel(Settings()))
    reader = Reader(model, ears, ACCOMPANIST)
    ears.hear(NoteOn(1.0, 0, 72, 64))
    rested(reader, 2.0)
    ears.hear_own(Note(0.5, 48, 64, 0.25))
    assert same(reader.begin(), beginning(model, ears, ACCOMPANIST))
    rested(reader, 2.0)
    assert len(reader.begin().rows) == 1
    assert same(reader.begin(), beginning(model, ears, ACCOMPANIST))


def test_a_player_who_gets_louder_is_read_anew() -> None:
    model = Window()
    ears = Ears(model.encoding, Panel(Settings()))
    reader = Reader(model, ears, ACCOMPANIST)
    for index in range(80):
        ears.hear(NoteOn(float(index), 0, 60 + index % 7, 30 + index))
        rested(reader, index + 0.75)
    bins = [read(begin)[:, VELOCITY] for begin in (reader.begin(), beginning(model, ears, ACCOMPANIST))]
    assert np.abs(bins[0] - bins[1]).max() <= SAME // 4 + 1


@pytest.mark.parametrize("mode", ["harmonize", "accompany"])
def test_what_a_key_causes_takes_one_step_at_most_and_every_other_turn_one(mode: str) -> None:
    """The network's part in a reaction, and in what a reaction may have to wait for."""
    model = Window()
    core = Improviser(model, Settings(mode=mode, harmonic_rhythm=0.0), np.random.default_rng(0))
    now, played = 0.0, 0

    def turn() -> list[tuple[int, int]]:
        before = len(model.steps)
        commands = core.turn(now)
        nonlocal played
        played += any(isinstance(one, Play) for one in commands)
        return model.steps[before:]

    def rest(until: float) -> None:
        nonlocal now
        while (at := core.wake_at()) is not None and at < until:
            now = max(at, now + 5e-4)
            assert sum(batch * rows for batch, rows in turn()) <= 6
        now = until

    for index in range(40):
        core.hear(NoteOn(now, 0, 60 + 3 * index % 20, 64))
        fed = turn()
        assert len(fed) <= 1
        assert index < 4 or mode == "accompany" or fed == [], "it was prepared, three semitones away or seventeen"
        rest(0.25 * index + 0.125)
        core.hear(NoteOff(now, 0, 60 + 3 * index % 20))
        turn()
        rest(0.25 * index + 0.25)
    assert played >= 40
