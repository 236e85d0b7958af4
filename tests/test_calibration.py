"""`improv calibrate`: a person who is late by some, on ports that are late by some, and what is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from improv.calibration import CLICK, LEAST, Offsets, World, calibrate, lags, lateness
from improv.errors import UserError
from improv.plan import Command, Play
from improv.ports.reports import Heard, Lost, Report
from improv.reception import Reception

TAP = bytes.fromhex("903c40")


@dataclass
class Person:
    """Taps along with what they hear or see, `hand` late; what improv sends is heard `way_out` late, what they play
    arrives `way_in` late. With a `tempo` a DAW's clock comes, and they tap along with that where no click is heard."""

    way_out: float = 0.0
    way_in: float = 0.0
    hand: float = -0.02
    unevenness: float = 0.01
    misses: float = 0.0
    tempo: float = 0.0
    clock: float = 100.0
    said: list[str] = field(default_factory=list)
    coming: list[tuple[float, bytes]] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = np.random.default_rng(0)

    def offsets(self) -> Offsets:
        return calibrate(World(self, Reception(), lambda: self.clock, self.say, self.flash), 1, self.tempo > 0)

    def say(self, text: str) -> None:
        self.said.append(text)
        if "metronome" in text:
            start = self.clock + 2.0
            period = 60 / self.tempo
            self.coming.append((start - 0.01, b"\xfa"))
            self.coming += [(start + period * tick / 24, b"\xf8") for tick in range(24 * 40)]
            for beat in range(40):
                self._tap(start + period * beat)

    def flash(self, on: bool) -> None:
        if on:
            self._tap(self.clock)

    def send(self, command: Command) -> None:
        assert isinstance(command, Play)
        assert all((note.pitch, note.channel) == (CLICK, 1) for note in command.notes)
        self.clicks += [note.onset for note in command.notes]
        for at in self.clicks:
            self._tap(at + self.way_out)

    def _tap(self, at: float) -> None:
        if self._chance.random() >= self.misses:
            self.coming.append((at + self.hand + self.way_in + self._chance.normal(0.0, self.unevenness), TAP))
        self.coming.sort()

    def wait(self, timeout: float | None) -> Sequence[Report]:
        assert timeout is not None
        end = self.clock + timeout
        if self.coming and self.coming[0][0] <= end:
            at, data = self.coming.pop(0)
            self.clock = max(self.clock, at)
            return [Heard(at, 0, data)]
        self.clock = end
        return []


@pytest.mark.parametrize("tempo", [0.0, 120.0, 97.0])
@pytest.mark.parametrize(("way_out", "way_in"), [(0.0, 0.0), (0.04, 0.0), (0.18, 0.03), (0.01, 0.12)])
def test_the_way_out_and_the_way_in_are_told_apart(way_out: float, way_in: float, tempo: float) -> None:
    found = Person(way_out, way_in, tempo=tempo).offsets()
    assert found.offset_ms == pytest.approx(1000 * way_out, abs=10)
    assert found.input_offset_ms == pytest.approx(1000 * (way_in - 0.02), abs=10)


def test_misses_and_slips_do_no_harm() -> None:
    slips = [0.05, 0.06, 0.04, 0.05, 0.055, 0.045, 0.05, 0.4, -0.15, 0.05, 0.05]
    assert lateness(slips) == pytest.approx(0.05)
    found = Person(0.06, 0.01, misses=0.2).offsets()
    assert found.offset_ms == pytest.approx(60, abs=12)


def test_each_beat_has_its_nearest_tap_and_the_first_are_for_listening() -> None:
    beats = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert lags([0.1, 1.1, 4.03, 4.3, 5.6, 6.45], beats) == pytest.approx([0.03, 0.45])


def test_what_says_nothing_is_one_line() -> None:
    with pytest.raises(UserError, match=f"0 taps .* {LEAST} are needed"):
        Person(misses=1.0).offsets()
    with pytest.raises(UserError, match="uneven"):
        lateness(np.linspace(-0.2, 0.4, 16).tolist())
    with pytest.raises(UserError, match="taps"):
        lateness([0.0] * (LEAST - 1))


def test_a_clock_that_does_not_come_and_ports_that_go_are_one_line() -> None:
    class Silent(Person):
        def say(self, text: str) -> None:
            self.said.append(text)

    with pytest.raises(UserError, match="no clock came"):
        Silent(tempo=120.0).offsets()

    class Cut(Person):
        def wait(self, timeout: float | None) -> Sequence[Report]:
            return [Lost("jack: the server has gone")]

    with pytest.raises(UserError, match="server has gone"):
        Cut().offsets()
