"""A model that misbehaves costs a rest, a line and a count; one that keeps doing so is left, and playing goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from improv import app, config, providers
from improv.dials import WIDTH
from improv.drawing import sane
from improv.echoes import Echoes
from improv.encoding import IOI, PITCH, VELOCITY, Encoding, Rows
from improv.fallback import IN_A_ROW, SLOW, Fallback
from improv.improviser import Improviser
from improv.jam import jam
from improv.phrase import events
from improv.settings import Settings
from improv.step import NEVER, Controls, Floats, Step, controls
from tests.table_model import TableModel

ENCODING = Encoding()


class Misbehaves(TableModel):
    """Does what `how` does with a good step."""

    how: Callable[[Step], Step] = staticmethod(lambda step: step)

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        return self.how(super().step(rows, dials, state, how))


def raises(step: Step) -> Step:
    raise RuntimeError("CUDA failure 700:\nan illegal memory access")


def is_no_number(step: Step) -> Step:
    return replace(step, raw=np.full_like(step.raw, np.nan))


def has_no_state(step: Step) -> Step:
    return replace(step, state=np.full_like(step.state, np.inf))


def is_out_of_range(step: Step) -> Step:
    return replace(step, drawn=step.drawn + 1000)


def model(how: Callable[[Step], Step]) -> Misbehaves:
    one = Misbehaves()
    one.how = how  # type: ignore[method-assign]
    return one


def run(one: Fallback, state: Floats | None = None) -> Step:
    rows = ENCODING.pad(1)[None]
    how = controls(ENCODING, np.random.default_rng(0))
    return one.step(rows, np.zeros((1, 2, WIDTH), np.float32), one.start() if state is None else state, how)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        (raises, "CUDA failure 700: an illegal memory access"),
        (is_no_number, "it says what is no number"),
        (has_no_state, "it says what is no number"),
        (is_out_of_range, "it says what is no note"),
    ],
)
def test_what_fails_is_a_rest_and_a_line_and_then_another_model(how: Callable[[Step], Step], why: str) -> None:
    one = Fallback([("the network", model(how)), ("memory alone", TableModel())])
    told: list[tuple[int, str]] = []
    one.failed = lambda step, why: told.append((step, why))
    for _ in range(IN_A_ROW):
        assert not sane(run(one), 0, ENCODING)
    assert told == [(step, why) for step in range(IN_A_ROW)]
    assert one.news() == [
        f"the model failed, and improv rests a note: {why}",
        "the model keeps failing: improv goes on with memory alone",
    ]
    assert sane(run(one), 0, ENCODING)
    assert one.news() == []


def test_now_and_then_a_failure_is_no_reason_to_leave() -> None:
    fails = iter([True, True, False] * 20)
    one = Fallback([("a", model(lambda step: raises(step) if next(fails) else step)), ("b", TableModel())])
    good = sum(sane(run(one), 0, ENCODING) for _ in range(60))
    assert good == 20
    assert not any("goes on with" in line for line in one.news())


def test_the_last_model_is_kept_whatever_it_does() -> None:
    one = Fallback([("a", model(raises))])
    for _ in range(10):
        assert not sane(run(one), 0, ENCODING)


def test_a_step_that_took_too_long_is_not_used() -> None:
    moments = iter([0.0, SLOW / 2, 10.0, 10.0 + 2 * SLOW, 10.0 + 2 * SLOW])
    one = Fallback([("a", TableModel())], now=lambda: next(moments))
    assert sane(run(one), 0, ENCODING)
    assert not sane(run(one), 0, ENCODING)
    assert one.news() == ["the model failed, and improv rests a note: a step took 1.0 s"]


def test_a_step_that_takes_too_long_is_broken_off_from_outside() -> None:
    stopped, running = threading.Event(), threading.Event()

    class Slow(TableModel):
        def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
            running.set()
            assert stopped.wait(60.0)
            raise RuntimeError("terminated")

        def stop(self) -> None:
            stopped.set()

    clock = [0.0]
    one = Fallback([("a", Slow()), ("b", TableModel())], now=lambda: clock[0])
    results: list[Step] = []
    thread = threading.Thread(target=lambda: results.append(run(one)))
    thread.start()
    assert running.wait(60.0)
    one.look()
    assert not stopped.is_set(), "it has time yet"
    clock[0] = 2 * SLOW
    one.look()
    thread.join(60.0)
    assert len(results) == 1 and not sane(results[0], 0, ENCODING)


def test_steps_that_failed_before_fail_again_and_the_rest_is_the_same() -> None:
    def play(failing: set[int], how: Callable[[Step], Step]) -> tuple[list[int], object]:
        failed: list[int] = []
        one = Fallback([("a", model(how)), ("memory alone", Echoes(ENCODING, (64.0, 20.0)))])
        one.failing = failing
        one.failed = lambda step, why: failed.append(step)
        return failed, jam(events(), one, Settings(), np.random.default_rng(3))

    count = iter(range(10_000))
    failed, result = play(set(), lambda step: raises(step) if next(count) in (2, 5, 6, 7) else step)
    assert len(failed) == 4
    assert play({*failed}, lambda step: step) == (failed, result)


def test_with_every_step_failing_improv_still_answers_from_memory() -> None:
    one = Fallback([("a", model(raises)), ("memory alone", Echoes(ENCODING, (64.0, 20.0)))])
    result = jam(events(), one, Settings(), np.random.default_rng(0))
    assert len(result.improv) > 6
    assert IN_A_ROW <= result.status.broken_steps <= 2 * IN_A_ROW, "two drafts may have asked in one step"


def test_echoes_play_what_was_heard_and_obey_bias() -> None:
    one = Echoes(ENCODING, (64.0, 20.0))
    rows = np.repeat(ENCODING.pad(1), 40, axis=0)
    rows[:, PITCH], rows[:, IOI], rows[:, VELOCITY] = 60, 12, 15
    how = controls(ENCODING, np.random.default_rng(0))
    dials = np.zeros((1, 41, WIDTH), np.float32)
    step = one.step(rows[None], dials, one.start(), how)
    assert step.drawn[0, [PITCH, IOI, VELOCITY]].tolist() == [60, 12, 15]
    assert sane(step, 0, ENCODING)
    how.bias[0, ENCODING.offsets[PITCH] + 60] = NEVER
    assert one.step(rows[None], dials, one.start(), how).drawn[0, PITCH] != 60
    for u in (0.0, 1 - 2**-24):
        how.u[:] = u
        drawn = one.step(rows[None], dials, one.start(), how).drawn
        assert sane(replace(step, drawn=drawn), 0, ENCODING)
        assert drawn[0, PITCH] != 60, "what is ruled out is never drawn"


def test_the_core_never_sees_it() -> None:
    Improviser(Fallback([("a", model(raises))]), Settings(), np.random.default_rng(0))


def test_in_playing_the_processor_stands_behind_another_provider_and_memory_alone_behind_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def load(path: object, provider: str = "cpu") -> Misbehaves:
        asked.append(provider)
        return model(raises)

    monkeypatch.setattr(providers, "load_to_play", load)
    monkeypatch.setattr("improv.model.available", lambda: ["cuda", "cpu"])
    one = app.load_to_play(config.Config({**config.settle(None, {}).values, "model.provider": "cuda"}))
    assert asked == ["cuda", "cpu"]
    for _ in range(2 * IN_A_ROW):
        assert not sane(run(one), 0, ENCODING)
    assert [line for line in one.news() if "goes on with" in line] == [
        "the model keeps failing: improv goes on with the network on the processor",
        "the model keeps failing: improv goes on with memory alone",
    ]
    assert sane(run(one), 0, ENCODING)
