"""Awake for some seconds after a key, and asleep after that."""

from __future__ import annotations

from improv.alertness import AWAKE, TICK, Alertness
from improv.ports.reports import Heard, Report

KEY = Heard(0.0, 0, b"\x90\x3c\x40")


class Clock:
    """Time passes by waiting alone; `comes` says when something is reported."""

    def __init__(self, comes: float = float("inf")) -> None:
        self.at, self.waits, self._comes = 0.0, 0, comes

    def now(self) -> float:
        return self.at

    def wait(self, seconds: float) -> list[Report]:
        self.waits += 1
        reached = min(self.at + seconds, self._comes)
        self.at = max(self.at, reached)
        return [KEY] if self.at >= self._comes else []


def test_who_does_not_play_lets_it_sleep() -> None:
    clock, looks = Clock(), []
    alertness = Alertness(lambda: looks.append(1))
    assert alertness.wait(clock.wait, 0.125, clock.now) == []
    assert (clock.waits, looks, clock.at) == (1, [], 0.125)


def test_after_a_key_it_looks_every_few_milliseconds_until_it_is_to_wait_no_longer() -> None:
    clock, looks = Clock(), []
    alertness = Alertness(lambda: looks.append(1))
    alertness.struck(clock.now())
    assert alertness.wait(clock.wait, 0.125, clock.now) == []
    assert clock.at == 0.125
    assert abs(len(looks) - 0.125 / TICK) <= 1


def test_what_comes_meanwhile_is_reported_at_once() -> None:
    clock = Clock(comes=0.03125)
    alertness = Alertness(lambda: None)
    alertness.struck(clock.now())
    assert alertness.wait(clock.wait, 0.125, clock.now) == [KEY]
    assert clock.at == 0.03125


def test_it_falls_asleep_when_nobody_has_played_for_a_while() -> None:
    clock, looks = Clock(), []
    alertness = Alertness(lambda: looks.append(1))
    alertness.struck(clock.now())
    alertness.wait(clock.wait, 2 * AWAKE, clock.now)
    assert clock.at == 2 * AWAKE
    assert abs(len(looks) - AWAKE / TICK) <= 1
