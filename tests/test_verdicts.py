"""What the model thinks of the plan after a key is asked before that goes down, and is what it would say then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from improv import providers
from improv.casting import ACCOMPANIST
from improv.draft import Draft
from improv.events import NoteOff, NoteOn
from improv.notes import Note
from improv.resources import default_model
from improv.settings import Settings
from improv.stage import stage
from improv.step import StepModel
from improv.verdicts import FARTHEST, Verdicts
from tests.table_model import TableModel

NOW = 1.25
#: Planned are a note that is to strike with the player's next, and one that follows.
JOINED, NEAR = (Note(NOW + at, pitch, 60, 0.25, ACCOMPANIST.own) for at, pitch in ((0.0625, 52), (0.1, 59)))
HERE = {replace(JOINED, onset=NOW): JOINED, NEAR: NEAR}


class Scene:
    """A player who has played, and what is judged for the keys that they may play next."""

    def __init__(self, model: StepModel | None = None) -> None:
        self.model = TableModel() if model is None else model
        self.on = stage(self.model, Settings(), np.random.default_rng(0))
        for index, pitch in enumerate((72, 74, 76, 77, 76)):
            self.on.ears.hear(NoteOn(index / 4, 0, pitch, 64 + index))
            self.on.ears.hear(NoteOff((index + 0.75) / 4, 0, pitch))
        self.reader = self.on.reader(ACCOMPANIST, go_on=True)
        while (reads := self.reader.wake_at()) is not None:
            self.reader.think(max(reads, NOW))
        self.verdicts = Verdicts(self.on, ACCOMPANIST, lambda: self._draft(followed=True))

    def _draft(self, followed: bool = False) -> Draft:
        on = self.on
        return Draft(on.model, on.ears, on.panel, on.rng, ACCOMPANIST, True, self.reader.begin(followed))

    def judged(self, turns: int = 1000) -> Scene:
        """With so many turns' time."""
        while turns and self.verdicts.waits(HERE):
            self.verdicts.think(HERE, NOW)
            turns -= 1
        return self

    def strikes(self, pitch: int, at: float = NOW) -> Note:
        self.on.ears.hear(NoteOn(at, 0, pitch, 68))
        return self.on.ears.recent[-1]

    def asked(self) -> dict[Note, float]:
        """What the model says now."""
        return dict(zip(HERE, self._draft().opinions([*HERE]), strict=True))


@pytest.mark.parametrize("by", [-FARTHEST, -4, 0, 1, FARTHEST])
def test_a_verdict_is_what_the_model_would_say_when_the_key_goes_down(by: int) -> None:
    scene = Scene(providers.load_to_play(default_model())).judged()
    struck = scene.strikes(76 + by)
    known, asked = scene.verdicts.take([struck], HERE), scene.asked()
    assert known is not None and known.keys() == asked.keys()
    assert [known[note] for note in HERE] == pytest.approx([asked[note] for note in HERE], abs=0.02)


def test_a_key_that_is_far_away_or_not_thought_of_yet_is_not_judged() -> None:
    scene = Scene().judged()
    assert scene.verdicts.take([scene.strikes(76 + FARTHEST + 1)], HERE) is None
    scene = Scene().judged(turns=4)
    assert scene.verdicts.take([scene.strikes(76 + FARTHEST)], HERE) is None


def test_what_was_planned_since_or_has_come_near_is_not_judged() -> None:
    scene, other = Scene().judged(), replace(NEAR, pitch=64)
    struck = scene.strikes(77)
    assert scene.verdicts.take([struck], {other: other}) is None
    assert scene.verdicts.take([struck], {JOINED: JOINED}) is None, "it was to strike with the key"
    assert scene.verdicts.take([struck], {NEAR: NEAR}) is not None, "what has begun meanwhile is not asked about"


def test_the_keys_of_a_chord_are_judged_one_by_one_and_the_harshest_counts() -> None:
    scene = Scene(providers.load_to_play(default_model())).judged()
    found = [scene.verdicts._found[pitch] for pitch in (77, 81)]
    chord = [scene.strikes(77), scene.strikes(81, NOW + 0.01)]
    known = scene.verdicts.take(chord, HERE)
    assert known is not None
    assert known[NEAR] == min(one[NEAR, False] for one in found)


def test_what_is_planned_while_a_chord_is_struck_is_drawn_anew_when_its_next_key_comes() -> None:
    scene, other = Scene().judged(), replace(NEAR, pitch=64)
    scene.strikes(77)
    known = scene.verdicts.take([scene.strikes(81, NOW + 0.01)], {other: other, NEAR: NEAR})
    assert known is not None and known[other] == -np.inf < known[NEAR]


def test_after_a_chord_nothing_holds_until_it_is_judged_anew() -> None:
    scene = Scene().judged()
    scene.strikes(77)
    assert scene.verdicts.take([scene.strikes(79, NOW + 0.05)], HERE) is None
    assert scene.verdicts.waits(HERE)


def test_where_nothing_is_near_there_is_nothing_to_think_of() -> None:
    scene = Scene()
    assert not scene.verdicts.waits({})
    assert scene.verdicts.waits(HERE)
    assert not scene.judged().verdicts.waits(HERE)


def test_of_a_player_who_has_played_nothing_nothing_is_thought() -> None:
    on = stage(TableModel(), Settings(), np.random.default_rng(0))
    assert not Verdicts(on, ACCOMPANIST, lambda: pytest.fail("nothing to go on from")).waits(HERE)
