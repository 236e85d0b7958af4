"""What thinks does not make late what is played: on a real JACK server, port process and engine as they run live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from improv import engine, improviser
from improv.clock import now
from improv.engine import Timing
from improv.events import ClockEvent, Event
from improv.plan import Command, PlannedNote, Play
from improv.ports.link import open_ports
from improv.ports.reports import PortSettings
from improv.status import StatusLine
from tests.live.jack import PATIENCE, JackServer, Musician
from tests.test_engine import Silent

#: What a busy machine plays late counts too.
SETTINGS = PortSettings(inputs=("test keys",), output="Test Synth", api="jack", late_limit=PATIENCE, late_soft=PATIENCE)
#: How often it is tried: a machine that does something else makes notes late that no model does.
TRIES = 10
#: A note every 20 ms.
NOTES, SPACING = 60, 0.02


@pytest.fixture
def musician(jack: JackServer) -> Iterator[Musician]:
    with Musician(keyboard="Test Keys", synth="Test Synth") as musician:
        yield musician


class Thinker:
    """Plans all its notes in its first turn; in the second it asks its model, and that takes as long as it takes."""

    def __init__(self, model: Callable[[], object]) -> None:
        self._model = model
        self.turns = 0

    def hear(self, event: Event | ClockEvent) -> None: ...

    def turn(self, moment: float) -> Sequence[Command]:
        self.turns += 1
        if self.turns == 2:
            self._model()
        start = moment + 0.1
        notes = [PlannedNote(start + SPACING * index, 60, 80, SPACING / 2, 1) for index in range(NOTES)]
        return [Play(tuple(notes))] if self.turns == 1 else []

    def wake_at(self) -> float | None:
        return now() + 0.05

    def status(self) -> improviser.Status:
        return improviser.Status(False, 0, 0, 0, 0)


def lateness(model: Callable[[], object]) -> Timing:
    timing = Timing()
    with open_ports(SETTINGS) as link:
        end = now() + PATIENCE

        def over() -> bool:
            return timing.lateness.count == NOTES or now() > end

        engine.run(Thinker(model), link, timing, StatusLine(Silent(), "quiet"), over)
    assert timing.lateness.count == NOTES
    return timing


def busy() -> None:
    """Think for a second without ever letting go of the interpreter's lock for long."""
    end = now() + 1.0
    while now() < end:
        sum(range(1000))


@pytest.mark.parametrize("model", [lambda: time.sleep(1.0), busy], ids=["asleep", "busy"])
def test_a_model_that_takes_a_second_delays_no_scheduled_message_by_a_millisecond(
    musician: Musician, model: Callable[[], object]
) -> None:
    """Beside the same without a model, for the machine has other things to do: nine of ten notes, compared. A model
    that made them late would do so each time."""
    assert any(_delay(model) < 0.001 for _ in range(TRIES))


def _delay(model: Callable[[], object]) -> float:
    """Seconds by which notes are later beside the model than without one."""
    calm, thinking = (lateness(one).lateness.quantile(0.9) for one in (lambda: None, model))
    assert calm is not None and thinking is not None
    return thinking - calm
