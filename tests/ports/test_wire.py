"""What improv makes of python-rtmidi's answers, on a stand-in for its classes."""

import ast
import inspect
import textwrap
from typing import Any

import pytest

from improv.ports import wire


class Midi:
    """Stands for rtmidi.MidiIn and MidiOut."""

    broken = False

    def __init__(self, api: int, *rest: object) -> None:
        if self.broken:
            raise wire.rtmidi.SystemError("MidiInJack::initialize: JACK server not running?")
        self.inbox: list[Any] = [([0x90, 60, 64], 0.0), ([0xF8], 0.0)]
        self.sent: list[bytes] = []

    def ignore_types(self, **types: bool) -> None:
        self.ignored = types

    def get_ports(self) -> list[str]:
        return ["Keys", "improv in:improv in", "Synth"]

    def open_port(self, number: int, name: str) -> None:
        if number == 2:
            raise wire.rtmidi.SystemError("MidiOutWinMM::openPort: error creating Windows MM MIDI output port.")
        self.opened = (number, name)

    def get_message(self) -> Any:
        return self.inbox.pop(0) if self.inbox else None

    def send_message(self, data: bytes) -> None:
        if len(data) > 3 and data[0] != 0xF0:
            raise ValueError("longer than 3 bytes but no sysex")
        self.sent.append(data)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> wire.Client:
    monkeypatch.setattr(wire.rtmidi, "MidiIn", Midi)
    monkeypatch.setattr(wire.rtmidi, "MidiOut", Midi)
    return wire.Client("jack", "in")


def test_a_system_that_does_not_open_says_why_without_rtmidis_own_words(
    client: wire.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Midi, "broken", True)
    with pytest.raises(wire.Unavailable, match=r"^JACK server not running\?$"):
        wire.Client("jack", "out")


def test_improvs_own_ports_are_left_out_but_keep_their_numbers(client: wire.Client) -> None:
    assert client.names() == ["Keys", "Synth"]
    assert client.open("Keys") == "Keys"
    assert client._midi.opened == (0, "improv in")


@pytest.mark.parametrize(("name", "said"), [("Synth", "error creating Windows"), ("Gone", "Gone")])
def test_a_port_that_does_not_open_is_taken(client: wire.Client, name: str, said: str) -> None:
    with pytest.raises(wire.Taken, match=said):
        client.open(name)


def test_sysex_and_clock_are_let_in_and_messages_come_in_order(client: wire.Client) -> None:
    assert client._midi.ignored == {"sysex": False, "timing": False, "active_sense": False}
    assert client.receive() == [b"\x90\x3c\x40", b"\xf8"]
    assert client.receive() == []


def test_what_cannot_be_sent_is_passed_over_and_harms_nothing(client: wire.Client) -> None:
    client.send(b"\x90\x3c\x40\x3e\x40")
    client.send(b"\xf0" + bytes(20_000) + b"\xf7")  # would block JACK's ring for ever
    client.send(b"\x90\xc2\xb0")  # a note-on of no pitch: what a synth makes of it nobody knows
    client.send(b"\xf8")
    assert client._midi.sent == [b"\xf8"]


def test_a_callback_puts_aside_and_wakes_and_nothing_else(client: wire.Client) -> None:
    midi: Any = client._midi
    woken: list[int] = []
    midi.set_callback = lambda function, data: setattr(midi, "calls", lambda message: function((message, 0.0), data))
    midi.cancel_callback = lambda: setattr(midi, "calls", None)
    client.doze(lambda: woken.append(1))  # what waited is not forgotten
    midi.inbox.append(([0x80, 60, 0], 0.0))  # rtmidi gives no messages while there is a callback
    midi.calls([0x90, 62, 64])
    assert (client.receive(), woken) == ([b"\x90\x3c\x40", b"\xf8", b"\x90\x3e\x40"], [1])
    midi.calls([0x90, 64, 64])
    client.attend()
    assert midi.calls is None
    assert client.receive() == [b"\x90\x40\x40", b"\x80\x3c\x00"]
    # Two steps: whoever adds a third makes the MIDI system's own thread wait for it.
    source = ast.parse(textwrap.dedent(inspect.getsource(wire.Client._put_aside))).body[0]
    assert isinstance(source, ast.FunctionDef) and len(source.body) == 2


def test_what_the_system_s_thread_has_in_its_hand_comes_before_what_waits(client: wire.Client) -> None:
    """A callback that is cancelled may still wait for the interpreter's lock; what comes after it is in the queue."""
    midi: Any = client._midi
    midi.set_callback = midi.cancel_callback = lambda *_: None
    midi.inbox.clear()
    client.doze(lambda: None)
    client.attend()
    midi.inbox = [([0x80, 60, 0], 0.0)]
    get_message = midi.get_message

    def get_message_a_moment_later() -> Any:
        if midi.inbox:
            client._put_aside(([0x90, 60, 64], 0.0), lambda: None)
        return get_message()

    midi.get_message = get_message_a_moment_later
    assert client.receive() == [b"\x90\x3c\x40", b"\x80\x3c\x00"]
