"""The first voice to a key is chosen before it goes down, and not played where anything has changed since."""

from __future__ import annotations

import numpy as np
import pytest

from improv.encoding import PITCH
from improv.events import Heard, NoteOff, NoteOn, Turned
from improv.improviser import Improviser
from improv.modes.prepared import FARTHEST
from improv.plan import Play
from improv.settings import Settings
from tests.table_model import TableModel

PITCHES = dict.fromkeys(range(40, 84), 1.0)


class Stage:
    """A core that harmonizes, and how often it has asked its model."""

    def __init__(self, **more: object) -> None:
        self.model = TableModel({PITCH: PITCHES})
        settings = Settings(mode="harmonize", harmonic_rhythm=0.0, **more)
        self.core = Improviser(self.model, settings, np.random.default_rng(0))
        self.now = 0.0

    def plays(self, *events: Heard) -> tuple[int, list[int]]:
        """Steps of the model in the turn after these events, and the pitches that improv strikes in it."""
        before = len(self.model.fed)
        for event in events:
            self.core.hear(event)
        said = self.core.turn(self.now)
        struck = [note.pitch for command in said if isinstance(command, Play) for note in command.notes]
        return len(self.model.fed) - before, struck

    def rests(self, until: float) -> list[int]:
        """The core has time; for how many each run of its model is."""
        before = len(self.model.fed)
        while (at := self.core.wake_at()) is not None and at < until:
            self.now = max(at, self.now + 1e-4)
            self.core.turn(self.now)
        self.now = until
        return [len(rows) for rows in self.model.fed[before:]]


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.plays(NoteOn(0.0, 0, 72, 64))
    stage.rests(0.25)
    stage.plays(NoteOff(0.25, 0, 72))
    stage.rests(0.5)
    return stage


@pytest.mark.parametrize("by", [-FARTHEST, -1, 5, FARTHEST])
def test_a_likely_key_is_harmonized_without_the_model(stage: Stage, by: int) -> None:
    steps, struck = stage.plays(NoteOn(0.5, 0, 72 + by, 64))
    assert steps == 0
    assert len(struck) == 1
    assert abs(struck[0] - (72 + by)) >= 3, "as its harmony, not as another's"
    stage.rests(0.75)
    assert len([note for note in stage.core.heard_lately() if note[0][0] == "improv"]) == 4, "two voices each"


def test_a_key_far_away_takes_a_step(stage: Stage) -> None:
    steps, struck = stage.plays(NoteOn(0.5, 0, 72 - FARTHEST - 1, 64))
    assert (steps, len(struck)) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [Turned(0.5, "low", 50), Turned(0.5, "voices", 3), NoteOn(0.5, 0, 60, 64)],
    ids=["register", "voices", "another key"],
)
def test_what_was_chosen_is_not_played_where_something_has_changed(stage: Stage, change: Heard) -> None:
    steps, _ = stage.plays(change, NoteOn(0.5, 0, 74, 64))
    assert steps == 1


def test_two_keys_are_thought_of_in_a_turn_and_then_it_rests(stage: Stage) -> None:
    stage.plays(NoteOn(0.5, 0, 74, 64))
    runs = stage.rests(0.75)
    assert max(runs) == 2
    assert sum(one == 2 for one in runs) == FARTHEST
    assert stage.rests(1.0) == [], "nothing more to think of"
