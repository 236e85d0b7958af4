"""The harmony to a key is chosen before it goes down, is what would be chosen then, and is not played where anything
has changed since."""

from __future__ import annotations

import numpy as np
import pytest

from improv import providers
from improv.casting import ACCOMPANIST
from improv.draft import Draft
from improv.encoding import PITCH
from improv.events import Heard, NoteOff, NoteOn, Turned
from improv.improviser import Improviser
from improv.modes.prepared import FARTHEST, Prepared
from improv.modes.voicing import Voicing
from improv.notes import Note
from improv.plan import Play
from improv.questions import answered
from improv.resources import default_model
from improv.settings import Settings
from improv.stage import Stage, stage
from improv.step import StepModel
from tests.table_model import TableModel

PITCHES = dict.fromkeys(range(30, 100), 1.0)


class Played:
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

    def rests(self, until: float, turns: int = 1000) -> list[int]:
        """The core has time for so many turns; for how many each run of its model is."""
        before = len(self.model.fed)
        while turns and (at := self.core.wake_at()) is not None and at < until:
            self.now, turns = max(at, self.now + 1e-4), turns - 1
            self.core.turn(self.now)
        self.now = until
        return [len(rows) for rows in self.model.fed[before:]]


@pytest.fixture
def played() -> Played:
    played = Played()
    played.plays(NoteOn(0.0, 0, 72, 64))
    played.rests(0.25)
    played.plays(NoteOff(0.25, 0, 72))
    played.rests(0.5)
    return played


@pytest.mark.parametrize("by", [-FARTHEST, -1, 0, 5, FARTHEST])
def test_a_likely_key_is_harmonized_without_the_model(played: Played, by: int) -> None:
    steps, struck = played.plays(NoteOn(0.5, 0, 72 + by, 64))
    assert (steps, len(struck)) == (0, 2)
    assert all(abs(pitch - (72 + by)) >= 3 for pitch in struck), "as its harmony, not as another's"


@pytest.mark.parametrize("pitch", [60 - FARTHEST, 60, 60 + FARTHEST])
def test_the_first_key_of_all_is_one_about_the_middle(pitch: int) -> None:
    played = Played()
    played.rests(0.5)
    steps, struck = played.plays(NoteOn(0.5, 0, pitch, 90))
    assert (steps, len(struck)) == (0, 2)


def test_a_key_far_away_takes_a_step(played: Played) -> None:
    steps, struck = played.plays(NoteOn(0.5, 0, 72 - FARTHEST - 1, 64))
    assert (steps, len(struck)) == (1, 1)


@pytest.mark.parametrize(
    "change",
    [Turned(0.5, "low", 50), Turned(0.5, "voices", 3), NoteOn(0.5, 0, 60, 64)],
    ids=["register", "voices", "another key"],
)
def test_what_was_chosen_is_not_played_where_something_has_changed(played: Played, change: Heard) -> None:
    steps, _ = played.plays(change, NoteOn(0.5, 0, 74, 64))
    assert steps == 1


@pytest.mark.parametrize("turns", [0, 1, 30])
def test_where_the_last_key_has_just_come_up_what_was_chosen_while_it_was_down_is_played(turns: int) -> None:
    played = Played()
    played.plays(NoteOn(0.0, 0, 72, 64))
    played.rests(0.25)
    played.plays(NoteOff(0.25, 0, 72))
    played.rests(0.26, turns)
    steps, struck = played.plays(NoteOn(0.26, 0, 84, 64))
    assert (steps, len(struck)) == (0, 2)


def test_two_keys_are_thought_of_at_once_and_then_it_rests(played: Played) -> None:
    played.plays(NoteOn(0.5, 0, 74, 64))
    runs = played.rests(0.75)
    assert max(runs) == 2
    assert sum(runs) >= 2 * (2 * FARTHEST + 1), "a step for each voice to each key"
    assert played.rests(1.0) == [], "nothing more to think of"


class Twice:
    """Two stages alike, whose player has played the same."""

    def __init__(self, model: StepModel) -> None:
        self.stages = [stage(model, Settings(), np.random.default_rng(0)) for _ in range(2)]
        for index, pitch in enumerate((72, 74, 76, 77, 76)):
            self.hear(NoteOn(index / 4, 0, pitch, 64 + index), NoteOff((index + 0.75) / 4, 0, pitch))
        for one in self.stages:
            reader = one.reader(ACCOMPANIST, go_on=True)
            while (reads := reader.wake_at()) is not None:
                reader.think(max(reads, 1.25))

    def hear(self, *events: NoteOn | NoteOff) -> None:
        for event in events:
            for one in self.stages:
                one.ears.hear(event)


def asked(on: Stage, melody: Note, harmony: list[int], rng: np.random.Generator) -> list[Note]:
    """The voices to a note that was struck."""
    begin = on.reader(ACCOMPANIST, go_on=True).begin()
    draft = Draft(on.model, on.ears, on.panel, rng, ACCOMPANIST, begin=begin)
    return answered(on.model, Voicing(melody, draft, on.panel.settings).choosing(harmony)).voices


def test_what_was_prepared_is_what_would_be_chosen_when_the_key_goes_down() -> None:
    """By the same random numbers, for a key that is struck as it was thought to be: as hard as the last one, and as
    long after it as that one was after its own."""
    model, harmony = providers.load_to_play(default_model()), [60, 67]
    twice = Twice(model)
    here, there = twice.stages
    prepared = Prepared(here, here.reader(ACCOMPANIST, go_on=True))
    last, rng = here.ears.recent[-1], there.rng.spawn(1)[0]
    # Two are thought of at once: the numbers of the first key and of the second are drawn in turn.
    numbers = [np.random.default_rng(0) for _ in range(2)]
    for one in numbers:
        one.bit_generator.state = rng.bit_generator.state
    prepared.think(last, harmony, 1.0)
    while not prepared._chosen:
        prepared.think(last, harmony, 1.0)
    chosen = prepared._chosen[last.pitch]
    twice.hear(NoteOn(1.25, 0, last.pitch, last.velocity))
    fresh = asked(there, there.ears.recent[-1], harmony, Alternate(numbers[0]))
    assert [(one.pitch, one.velocity) for one in chosen.voices] == [(one.pitch, one.velocity) for one in fresh]


class Alternate:
    """A generator of which every second draw is somebody else's."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def random(self, *what: object) -> object:
        mine = self._rng.random(*what)  # type: ignore[call-overload]
        self._rng.random(*what)  # type: ignore[call-overload]
        return mine


def test_a_key_that_is_struck_harder_has_voices_as_much_louder_and_at_its_own_moment() -> None:
    model = TableModel({PITCH: PITCHES})
    on = stage(model, Settings(), np.random.default_rng(0))
    for index in range(3):
        on.ears.hear(NoteOn(index / 4, 0, 72, 64))
    draft = Draft(model, on.ears, on.panel, on.rng, ACCOMPANIST)
    thought, came = Note(0.75, 74, 64, part=ACCOMPANIST.player), Note(1.5, 74, 84, part=ACCOMPANIST.player)
    draft.take([thought])
    voicing = answered(model, Voicing(thought, draft, on.panel.settings).choosing([]))
    before = [one.velocity for one in voicing.voices]
    voicing.come_true(came)
    assert [one.velocity for one in voicing.voices] == [min(127, one + 20) for one in before]
    assert {one.onset for one in voicing.voices} == {1.5} and voicing.melody == came
