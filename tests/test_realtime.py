"""What keeps improv prompt, as causes: each of these, taken away, is heard as lateness. Others of them stand by their
modules: thinning (test_scheduler), the callback of the MIDI system (ports/test_wire), slices and steps a turn
(test_reader, test_drafts, test_prepared, test_verdicts), memory (test_long_session), a model that sleeps
(live/test_lateness)."""

from __future__ import annotations

import multiprocessing
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from improv import config, model
from improv.config import Config
from improv.encoding import PITCH
from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.notes import Note, Part
from improv.plan import Command, Play
from improv.ports import process
from improv.resources import default_model
from improv.scheduler import Scheduler
from improv.settings import Settings
from improv.settled import port_settings
from tests.bench import prepared
from tests.test_modes import table


def test_a_session_computes_on_the_thread_that_asks_and_none_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second thread costs more than it brings for so small a step, and one that spins costs a core."""
    seen: list[ort.SessionOptions] = []
    real = ort.InferenceSession

    def session(path: Any, options: ort.SessionOptions, **rest: Any) -> Any:
        seen.append(options)
        return real(path, options, **rest)

    monkeypatch.setattr(ort, "InferenceSession", session)
    model.load(default_model())
    (options,) = seen
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


class Duet:
    """A core that accompanies, and the scheduler that obeys it."""

    def __init__(self) -> None:
        self.model = table()
        self.core = Improviser(self.model, Settings(mode="accompany"), np.random.default_rng(0))
        self.scheduler = Scheduler()
        self.now = 0.0

    def turn(self) -> list[Command]:
        commands = self.core.turn(self.now)
        for command in commands:
            self.scheduler.apply(command, self.now)
        self.scheduler.due(self.now)
        return commands

    def plays_until(self, end: float) -> None:
        while (at := self.core.wake_at()) is not None and at < end:
            self.now = max(at, self.now + 1e-4)
            self.turn()
        self.now = end

    def planned(self) -> list[float]:
        """When the notes begin that the scheduler has yet to play."""
        (play,) = (one for one in self.scheduler.remaining() if isinstance(one, Play))
        return [note.onset for note in play.notes]


@pytest.mark.parametrize("after", [0.03125, 0.125, 0.1875])
def test_a_plan_is_revised_within_the_turn_in_which_the_player_is_heard(after: float) -> None:
    """What lies beyond the commit horizon is gone when that turn is over, and the first of what is to come instead is
    there a few turns later."""
    duet = Duet()
    for index in range(8):
        duet.plays_until(index / 4)
        duet.core.hear(NoteOn(index / 4, 0, 72 + index % 3, 64))
        duet.turn()
        duet.plays_until(index / 4 + 0.1875)
        duet.core.hear(NoteOff(duet.now, 0, 72 + index % 3))
        duet.turn()
    duet.plays_until(2.0 + after)
    horizon = duet.now + Settings().commit
    assert any(onset >= horizon for onset in duet.planned())
    duet.core.hear(NoteOn(duet.now, 0, 78, 64))
    duet.turn()
    assert all(onset < horizon for onset in duet.planned())
    duet.plays_until(duet.now + 0.03125)
    assert any(onset >= horizon for onset in duet.planned())


@pytest.mark.parametrize("likely", [True, False])
def test_what_begins_soon_stays_where_it_was_if_it_is_likely_still_and_is_dropped_if_not(likely: bool) -> None:
    duet = Duet()
    for index in range(8):
        duet.plays_until(index / 4)
        duet.core.hear(NoteOn(index / 4, 0, 72 + index % 3, 64))
        duet.turn()
    duet.plays_until(1.875)
    soon = next(onset for onset in duet.planned() if onset > 1.96)
    duet.plays_until(soon - 0.0625)
    assert soon in duet.planned()
    if not likely:
        duet.model.tables[PITCH] = {55: 20.0, 60: 1.0}
    duet.core.hear(NoteOn(duet.now, 0, 100, 64))  # a key that nobody had thought of
    duet.turn()
    assert (soon in duet.planned()) == likely


@pytest.mark.parametrize(("away", "steps"), [(0, 0), (1, 1)])
def test_what_was_expected_of_the_player_is_met_without_asking_the_model(away: int, steps: int) -> None:
    """Improv strikes with it all the same; of another key the model is asked what of the plan stands."""
    duet = Duet()
    for index in range(4):
        duet.plays_until(index / 4)
        duet.core.hear(NoteOn(index / 4, 0, 60, 64))
        duet.turn()
    foresight: Any = duet.core._mode._flow._foresight  # type: ignore[attr-defined]
    duet.plays_until(1.5)
    duet.plays_until(duet.planned()[0] - 0.0625)
    foresight._expected = [Note(duet.planned()[0], 72, 64, 0.25, Part.LEAD)]
    before = len(duet.model.fed)
    duet.core.hear(NoteOn(duet.now, 0, 72 + away, 64))  # a little early
    commands = duet.turn()
    assert len(duet.model.fed) - before == steps
    struck = [note.onset for one in commands if isinstance(one, Play) for note in one.notes]
    assert struck == [duet.now] or away, "at once"


def test_the_margins_of_lateness_come_from_the_settings_and_reach_the_scheduler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = Config({**config.defaults(), "ports.late_soft": 0.0625, "ports.late_hard": 0.5})
    settings = port_settings(chosen)
    assert (settings.late_soft, settings.late_limit) == (0.0625, 0.5)
    made: list[dict[str, Any]] = []

    def scheduler(**limits: Any) -> Any:
        made.append(limits)
        raise Made

    opened, board = SimpleNamespace(api="alsa", inputs=()), SimpleNamespace(output=None, inputs=())
    monkeypatch.setattr("improv.ports.loop.Scheduler", scheduler)
    monkeypatch.setattr(process, "_open", lambda *_: SimpleNamespace(opened=opened, board=board))
    monkeypatch.setattr(process.priority, "go_first", lambda priority: False)
    monkeypatch.setattr(sys, "setswitchinterval", lambda seconds: None)
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs, pytest.raises(Made):
        process.serve(theirs, settings, ())
    assert (made[0]["late_soft"], made[0]["late_limit"]) == (0.0625, 0.5)


class Made(Exception):
    """A scheduler was made; no more of the port process's life is wanted."""


@pytest.mark.parametrize("mode", prepared.MODES)
def test_a_key_is_met_without_asking_the_model(mode: str) -> None:
    """On the bench's own music, eight keys a second, under a clock in which every turn takes 0.4 ms."""
    found = prepared.reactions(table(), mode, prepared.scale(40), 0.0004)[prepared.BEFORE :]
    assert len(found) == 36
    assert [runs for _, runs in found] == [0] * 36
