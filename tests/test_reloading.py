"""Settings read again while improv plays."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from improv import app, config, signals
from improv.config import Config
from improv.controls import Controls, bindings
from improv.errors import UserError
from improv.events import NoteOff, NoteOn, Turned
from improv.improviser import Improviser
from improv.modes import MODES
from improv.ports.reports import Heard
from improv.reception import Reception
from improv.reloading import Derived, Reloading, waits
from improv.settings import Settings
from improv.settingtable import KEYS, Key
from improv.settled import controls, core_settings, hearing
from tests.table_model import TableModel


class Stage:
    """A core and a reception, and a file that is whatever `values` say."""

    def __init__(self, **bound: str) -> None:
        self.values: config.Values = {}
        self.core = Improviser(TableModel(), Settings(), np.random.default_rng(0))
        self.reception = Reception(controls=Controls(bindings(bound)))
        self.asked = True
        derived = Derived(core_settings, hearing, controls, app.kept_memory)
        settled = Config(config.defaults())
        present: Callable[[], Settings] = lambda: self.core.settings  # noqa: E731
        self.reloading = Reloading(self.wanted, self.read, derived, settled, present, self.core, self.reception)

    def wanted(self) -> bool:
        asked, self.asked = self.asked, False
        return asked

    def read(self) -> Config:
        if "wrong" in self.values:
            raise UserError("config.toml: not TOML")
        return Config({**config.defaults(), **self.values})

    def again(self, **values: object) -> list[str]:
        self.values = {path.replace("__", "."): value for path, value in values.items()}  # type: ignore[misc]
        self.asked = True
        return [*self.reloading.news()]


def test_what_can_change_changes_and_what_cannot_is_named():
    stage = Stage()
    said = stage.again(answer__gap_min=1.5, harmony__key="D dorian", ports__out="Synth", model__file="mine.onnx")
    assert said == [
        "settings read again: answer.gap_min, harmony.key",
        "from the next start: model.file, ports.out",
    ]
    assert (stage.core.settings.gap_min, stage.core.settings.key) == (1.5, "D dorian")
    assert stage.again() == said, "and back again"
    assert stage.core.settings == Settings()


def test_nothing_is_read_unless_it_was_wanted():
    stage = Stage()
    stage.asked = False
    stage.values = {"answer.gap_min": 1.5}
    assert stage.reloading.news() == ()
    assert stage.core.settings.gap_min == Settings().gap_min


@pytest.mark.parametrize(
    "values",
    [
        {"wrong": True},
        {"harmony__low": 80, "harmony__high": 60},
        {"controls__take": "cc 20", "controls__mute": "cc 20 channel 3"},
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(values: dict[str, object]):
    stage = Stage()
    stage.again(answer__gap_min=1.5)
    before = stage.core.settings
    said = stage.again(answer__gap_min=2.0, **values)
    assert len(said) == 1 and said[0].startswith("the settings stay as they are: ")
    assert stage.core.settings == before
    stage.again(answer__gap_min=2.0)
    assert stage.core.settings.gap_min == 2.0


def test_another_memory_is_looked_at_though_it_holds_from_the_next_start(tmp_path: Path):
    stage = Stage()
    old, new = tmp_path / "old.memory", tmp_path / "new.memory"
    old.write_bytes(b"improv memory\n\x01\x00" + bytes(64))
    said = stage.again(model__memory=str(old), answer__gap_min=1.5)
    assert len(said) == 1 and "the settings stay as they are: " in said[0] and "old.memory" in said[0]
    assert stage.core.settings.gap_min == Settings().gap_min
    assert stage.again(model__memory=str(new))[1:] == ["from the next start: model.memory"]
    new.write_bytes(b"cut")
    assert stage.again(model__memory=str(new), answer__gap_min=1.5) == ["settings read again: answer.gap_min"]


def test_what_a_control_has_turned_meanwhile_stays():
    stage = Stage()
    stage.core.hear(Turned(0.0, "memory_weight", 0.125))
    stage.again(answer__gap_min=1.5)
    assert stage.core.settings == replace(Settings(), memory_weight=0.125, gap_min=1.5)


def test_a_control_that_steps_goes_on_from_what_was_read_again() -> None:
    """A pad that chooses the next, and a knob that stands where the setting was before."""
    stage = Stage(mode="note 36", key="note 37", loudness="cc 20")

    def moved(data: str) -> list[object]:
        return [
            event.value for event in stage.reception.events(Heard(0.0, 0, bytes.fromhex(data))) if type(event) is Turned
        ]

    assert moved("b01440") == [1.0]
    stage.again(answer__mode="continue", harmony__key="auto", playing__loudness=2.0)
    modes = [*MODES]
    assert moved("902440") == [modes[(modes.index("continue") + 1) % len(modes)]]
    assert moved("902540") == ["hold"]
    assert moved("b01440") == [1.0], "back from 2, by a value that it had before"


def test_a_clock_whose_port_is_not_open_is_said_to_wait_and_whose_is_followed() -> None:
    stage = Stage()
    assert stage.again(time__clock="Drums") == [
        "settings read again: nothing has changed at once",
        "from the next start: time.clock",
    ]
    assert stage.again(time__clock="Drums", time__sync="clock") == [
        "settings read again: time.sync",
        "Drums is opened for its clock at the next start; until then that of the ports it listens to is followed",
    ]
    assert stage.again(time__clock="Drums", time__sync="clock", answer__gap_min=1.5) == [
        "settings read again: answer.gap_min"
    ]


def test_what_is_heard_changes_too_and_a_held_key_comes_up():
    stage = Stage()
    heard = stage.reception.events(Heard(0.0, 0, bytes((0x90, 40, 64))))
    assert heard == [NoteOn(0.0, 0, 40, 64)]
    stage.again(ports__split="C4:above")
    assert stage.reception.events(Heard(0.0, 0, bytes((0x90, 41, 64, 0x80, 41, 0)))) == []
    assert stage.reception.events(Heard(0.0, 0, bytes((0x80, 40, 0)))) == [NoteOff(0.0, 0, 40)]


def another(key: Key) -> object:
    """A value of a setting that is not its default; None if there is no other."""
    special = {"harmony.key": "D dorian", "ports.split": "C4:above", "harmony.high": 126, "answer.gap_min": 1.0}
    special["controls.state"] = "cc 20"
    special |= {"ports.channel_in": ("2 C4:above",), "ports.left_below": "E4"}
    if key.path in special:
        return special[key.path]
    kind = key.kind
    found = getattr(kind, "choices", None) or (not key.default, getattr(kind, "low", 0), getattr(kind, "high", 0))
    return next((value for value in reversed(found) if value != key.default and accepts(key, value)), None)


def accepts(key: Key, value: object) -> bool:
    try:
        key.kind.check(value)
    except ValueError:
        return False
    return True


def test_every_setting_changes_at_once_or_is_named_as_one_that_does_not():
    for key in KEYS:
        if not waits(key.path) and another(key) is not None:
            usual = {**config.defaults(), "answer.gap_max": 9.0}
            calm, changed = Config(usual), Config({**usual, key.path: another(key)})
            differs = (core_settings(changed), hearing(changed)) != (core_settings(calm), hearing(calm))
            assert differs, f"{key.path} changes nothing while improv plays"


# The signal.


@pytest.fixture
def hang_up() -> Callable[[], None]:
    return lambda: signal.raise_signal(signal.SIGHUP)


def test_a_hang_up_is_a_wish_and_is_told_once(monkeypatch: pytest.MonkeyPatch, hang_up: Callable[[], None]):
    monkeypatch.setattr(signals, "_has_terminal", lambda: False)
    before = signal.getsignal(signal.SIGHUP)
    with signals.stop_signals() as stopping, signals.hang_ups() as hung_up:
        assert not hung_up()
        hang_up()
        hang_up()
        assert (hung_up(), hung_up(), stopping()) == (True, False, False)
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_closed_terminal_still_asks_to_stop(monkeypatch: pytest.MonkeyPatch, hang_up: Callable[[], None]):
    terminal = [True]
    monkeypatch.setattr(signals, "_has_terminal", lambda: terminal[0])
    with signals.stop_signals() as stopping, signals.hang_ups() as hung_up:
        hang_up()
        assert (hung_up(), stopping()) == (True, False)
        terminal[0] = False
        hang_up()
        assert (hung_up(), stopping()) == (False, True)


def test_under_nohup_a_closed_terminal_is_nothing(monkeypatch: pytest.MonkeyPatch, hang_up: Callable[[], None]):
    terminal = [True]
    monkeypatch.setattr(signals, "_has_terminal", lambda: terminal[0])
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.stop_signals() as stopping, signals.hang_ups() as hung_up:
            terminal[0] = False
            hang_up()
            assert (hung_up(), stopping()) == (False, False)
    finally:
        signal.signal(signal.SIGHUP, before)
