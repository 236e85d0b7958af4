"""`improv setup` as a talk between a person and a made-up world of ports."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from improv import config, settingup, setup
from improv.errors import UserError
from improv.plan import Command, Play
from improv.ports.reports import Heard, Lost, PortInfo, PortSettings, Report
from improv.setup import Found, World, converse

MIDDLE_C = bytes.fromhex("903c40")


@dataclass
class Room:
    """A room with MIDI ports and a person. `answers` are typed one after the other; a key goes down on the port
    named `played` (if any) as soon as it is listened to; `taken` ports do not open."""

    inputs: Sequence[str] = ("Keys",)
    outputs: Sequence[str] = ("Synth",)
    answers: Iterable[str] = ()
    played: str = "Keys"
    bytes_played: bytes = MIDDLE_C
    taken: Sequence[str] = ()
    own_ports: bool = True
    lost: bool = False
    clock: float = 0.0
    said: list[str] = field(default_factory=list)
    opened: list[PortSettings] = field(default_factory=list)
    plays: list[tuple[str, Play]] = field(default_factory=list)
    open_now: int = 0

    def talk(self, channel: int = 2) -> Found:
        self._typed = iter(self.answers)
        found = converse(self.world(), "auto", channel)
        assert self.open_now == 0
        assert next(self._typed, None) is None, "more was typed than asked for"
        return found

    def world(self) -> World:
        return World(self.list_ports, self.open_ports, lambda: self.clock, self.said.append, self.ask, self.own_ports)

    def list_ports(self) -> list[PortInfo]:
        ports = [PortInfo(name, "in", "fake") for name in self.inputs]
        return ports + [PortInfo(name, "out", "fake") for name in self.outputs]

    def ask(self, question: str) -> str:
        self.said.append(question)
        return next(self._typed)

    def open_ports(self, settings: PortSettings) -> RoomLink:
        taken = [name for name in (*settings.inputs, settings.output) if name in self.taken]
        if taken:
            raise UserError(f"{taken[0]} is taken by another program")
        if settings.output is None and not self.own_ports:
            raise UserError("no own ports here")
        self.opened.append(settings)
        self.open_now += 1
        return RoomLink(self, settings)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


class RoomLink:
    def __init__(self, room: Room, settings: PortSettings) -> None:
        self._room = room
        self._settings = settings

    def send(self, command: Command) -> None:
        assert isinstance(command, Play)
        self._room.plays.append((self._settings.output or "", command))

    def wait(self, timeout: float | None) -> list[Report]:
        assert timeout is not None
        self._room.clock += timeout
        if self._room.lost:
            return [Lost("the MIDI server has gone")]
        if self._room.played in self._settings.inputs:
            port = self._settings.inputs.index(self._room.played)
            return [Heard(self._room.clock, port, self._room.bytes_played)]
        return []

    def close(self) -> None:
        self._room.open_now -= 1


def test_the_usual_way_a_key_a_choice_a_chord() -> None:
    room = Room(inputs=("Through", "Keys"), outputs=("Through", "Synth"), answers=["2", "y"])
    assert room.talk() == Found("Keys", "Synth", 2)
    assert "Listening on: Through, Keys" in room.text
    assert "Heard C4 on Keys." in room.text
    ((output, play),) = room.plays
    assert output == "Synth"
    assert [(note.pitch, note.channel) for note in play.notes] == [(60, 1), (64, 1), (67, 1), (72, 1)]
    assert room.opened[-1].inputs == ("Keys",)


def test_enter_takes_the_first_port_and_means_yes() -> None:
    assert Room(answers=["", ""]).talk() == Found("Keys", "Synth", 2)


def test_an_own_port_is_offered_last_and_waits_to_be_connected() -> None:
    room = Room(answers=["2", "", "y"])
    assert room.talk() == Found("Keys", "", 2)
    assert room.opened[-1].output is None
    assert any('Connect "improv out"' in line for line in room.said)


def test_where_a_platform_has_no_own_ports_none_is_offered_and_none_is_opened() -> None:
    room = Room(answers=["2", "1", "y"], own_ports=False)
    assert room.talk() == Found("Keys", "Synth", 2)
    assert "improv out" not in room.text
    assert all(settings.output for settings in room.opened)


def test_unheard_names_the_usual_causes_and_another_channel_may_be_tried() -> None:
    room = Room(answers=["1", "n", "17", "n", "5", "y"])
    assert room.talk() == Found("Keys", "Synth", 5)
    for cause in ("not armed", "channel 2", "taken by another program", "the bus is off"):
        assert cause in room.text
    assert [play.notes[0].channel for _, play in room.plays] == [1, 1, 4]


def test_unheard_may_be_played_again_elsewhere_or_given_up() -> None:
    room = Room(outputs=("One", "Two"), answers=["1", "n", "", "n", "p", "2", "yes"])
    assert room.talk() == Found("Keys", "Two", 2)
    assert [output for output, _ in room.plays] == ["One", "One", "Two"]
    with pytest.raises(UserError, match="nothing saved"):
        Room(answers=["1", "n", "q"]).talk()


def test_an_output_that_is_taken_is_said_and_another_asked_for() -> None:
    room = Room(outputs=("One", "Two"), taken=("One",), answers=["1", "2", "y"])
    assert room.talk() == Found("Keys", "Two", 2)
    assert "One is taken" in room.text


def test_inputs_that_are_taken_are_left_out_with_their_reason() -> None:
    room = Room(inputs=("Mine", "Keys"), taken=("Mine",), answers=["1", "y"])
    assert room.talk().keyboard == "Keys"
    assert "Left out: Mine is taken" in room.text
    with pytest.raises(UserError, match="Keys is taken"):
        Room(taken=("Keys",)).talk()


def test_silence_names_the_usual_causes_and_asks_again() -> None:
    room = Room(played="", answers=["y", "n"])
    with pytest.raises(UserError, match="no keyboard found"):
        room.talk()
    assert room.text.count("Heard nothing") == 2
    assert room.clock == 2 * setup.PATIENCE


def test_what_is_no_key_is_not_taken_for_one() -> None:
    room = Room(bytes_played=bytes.fromhex("fe b04040 803c40 903c00"), answers=["n"])
    with pytest.raises(UserError, match="no keyboard found"):
        room.talk()


def test_senseless_replies_are_asked_again() -> None:
    room = Room(answers=["0", "x", "3", "1", "what", "y"])
    assert room.talk() == Found("Keys", "Synth", 2)


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (Room(inputs=()), "no MIDI input port"),
        (Room(outputs=(), own_ports=False), "no MIDI output port"),
        (Room(lost=True), "server has gone"),
    ],
)
def test_what_cannot_be_set_up_is_one_line(room: Room, words: str) -> None:
    with pytest.raises(UserError, match=words) as error:
        room.talk()
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("pitch", "name"), [(0, "C-1"), (21, "A0"), (60, "C4"), (61, "C#4"), (127, "G9")])
def test_pitches_have_names(pitch: int, name: str) -> None:
    assert setup.pitch_name(pitch) == name


def test_what_was_found_is_saved_and_other_keys_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room = Room(answers=["1", "y"] * 2)
    room._typed = iter(room.answers)
    monkeypatch.setattr("improv.ports.link.list_ports", lambda api: room.list_ports())
    monkeypatch.setattr("improv.ports.link.open_ports", room.open_ports)
    monkeypatch.setattr("builtins.input", room.ask)
    monkeypatch.setattr(config, "user_file", lambda: tmp_path / "deep" / "down" / "config.toml")
    monkeypatch.setattr(settingup.clock, "now", lambda: room.clock)
    monkeypatch.chdir(tmp_path)

    assert settingup.set_up(None, {}) == 0
    saved = config.read(tmp_path / "deep" / "down" / "config.toml")
    assert (saved["ports.in"], saved["ports.out"], saved["ports.channel_out"]) == (("Keys",), "Synth", 2)
    assert saved.keys() == config.defaults().keys()

    mine = tmp_path / "mine.toml"
    mine.write_text("[sampling]\nseed = 3  # lucky\n")
    assert settingup.set_up(mine, {"ports.api": "jack"}) == 0
    assert re.search(r"seed = 3  # lucky", mine.read_text())
    assert config.read(mine) == {
        "sampling.seed": 3,
        "ports.api": "jack",
        "ports.in": ("Keys",),
        "ports.out": "Synth",
        "ports.channel_out": 2,
        "ports.virtual": False,
    }
    assert str(mine) in capsys.readouterr().out


def test_it_is_saved_where_the_next_start_will_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "converse", lambda *_: setup.Found("Keys", "Synth", 2))
    monkeypatch.setattr(config, "user_file", lambda: tmp_path / "user.toml")
    monkeypatch.chdir(tmp_path)
    assert settingup.set_up(None, {}) == 0
    assert config.read(tmp_path / "user.toml")["ports.out"] == "Synth"
    Path("config.toml").write_text("[ports]\nout = 'Another'\n")  # read before the user's
    assert settingup.set_up(None, {}) == 0
    assert config.settle(None, {}).text("ports.out") == "Synth"


@pytest.mark.parametrize("blocked", ["a folder", "a file for a folder", "no text"])
def test_a_settings_file_that_cannot_be_had_is_one_line(
    blocked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "mine.toml"
    if blocked == "a folder":
        target.mkdir()
    elif blocked == "no text":
        target.write_bytes(b"\xff\xfe")
    else:
        target.write_text("")
        target = target / "deeper.toml"
    found = setup.Found("Keys", "Synth", 2)
    monkeypatch.setattr(setup, "converse", lambda *_: found)
    with pytest.raises(UserError, match=r"\.toml: (cannot be|not TOML)") as error:
        settingup.set_up(target, {})
    assert "\n" not in str(error.value)


def test_without_a_person_setup_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", ended)
    with pytest.raises(UserError, match="person at the terminal"):
        settingup._ask("Well?")
