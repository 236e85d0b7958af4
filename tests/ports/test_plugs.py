"""Cables on made-up systems: what goes is noticed, what comes back is opened again by its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from improv.ports import cycles, wire
from improv.ports.cycles import LEFT_OUT, LeftOut
from improv.ports.plugs import LOOK_ASTIR, LOOK_EVERY, TRY_AGAIN, WATCH_EVERY, Board, Plug
from improv.ports.reports import IN, OUT, Plugged, Unplugged


class Client:
    """A client of one system whose ports come and go."""

    def __init__(self, *names: str) -> None:
        self.ports = [*names]
        self.thread: int | None = None
        self.taken = False
        self.did: list[str] = []
        self.sent: list[bytes] = []

    def names(self) -> list[str]:
        return [*self.ports]

    def open(self, name: str) -> str:
        if self.taken:
            raise wire.Taken("busy")
        self.did.append(f"open {name}")
        return name

    def open_virtual(self) -> str:
        return self.open("improv out")

    def close(self) -> None:
        self.did.append("close")

    def doze(self, wake: Callable[[], None]) -> None:
        self.did.append("doze")

    def attend(self) -> None:
        self.did.append("attend")

    def send(self, data: bytes) -> None:
        self.sent.append(data)


def plug(client: Client, wanted: str | None, api: str = "alsa", direction: str = OUT) -> Plug:
    one = Plug(lambda: client, wanted, api, direction)  # type: ignore[arg-type]
    one.open(client.names())
    return one


def test_a_port_that_goes_is_noticed_and_one_of_its_name_opened_on_a_new_client() -> None:
    client = Client("Keys:Keys 20:0", "Other:Other 24:0")
    one = plug(client, "keys")
    assert (one.name, one.there) == ("Keys:Keys 20:0", True)
    assert one.look(client.names(), 1.0) is None
    client.ports = ["Other:Other 24:0"]
    assert one.look(client.names(), 2.0) == Unplugged("Keys:Keys 20:0", OUT)
    one.send(b"\x80\x3c\x00")
    assert client.sent == [], "an output that is not there takes nothing"
    assert one.look(client.names(), 3.0) is None
    client.ports.append("Keys:Keys 28:0")
    assert one.look(client.names(), 4.0) == Plugged("Keys:Keys 28:0", OUT)
    assert client.did == ["open Keys:Keys 20:0", "close", "open Keys:Keys 28:0"]
    one.send(b"\x80\x3c\x00")
    assert client.sent == [b"\x80\x3c\x00"]


def test_a_new_client_dozes_as_the_old_one_did() -> None:
    client = Client("Keys")
    one = plug(client, "Keys", "jack", IN)
    one.doze(lambda: None)
    for dozing in (True, False):
        one.look([], 1.0)
        client.did.clear()
        one.look(["Keys"], 2.0)
        assert client.did == ["close", *["doze"] * dozing, "open Keys"]
        one.attend()


def test_of_several_that_are_meant_the_one_that_was_there_comes_back() -> None:
    client = Client("Keys:A 20:0")
    one = plug(client, "Keys")
    client.ports = ["Keys:B 24:0"]
    assert one.look(client.names(), 1.0) == Unplugged("Keys:A 20:0", OUT)
    client.ports += ["Keys:A 28:0"]
    assert one.look(client.names(), 2.0) == Plugged("Keys:A 28:0", OUT)


def test_one_that_another_program_holds_is_tried_again_after_a_while() -> None:
    client = Client("Keys 0")
    one = Plug(lambda: client, "Keys", "windows", IN)  # type: ignore[arg-type]
    client.taken = True
    assert one.look(client.names(), 1.0) is None
    client.taken = False
    assert one.look(client.names(), 1.0 + TRY_AGAIN / 2) is None
    assert one.look(client.names(), 1.0 + TRY_AGAIN) == Plugged("Keys 0", IN)


def test_a_port_of_improvs_own_is_always_there() -> None:
    client = Client()
    one = plug(client, None)
    assert one.look([], 1.0) is None and one.there


def test_the_board_looks_now_and_then_and_says_whether_the_lists_changed() -> None:
    ins, out = Client("Keys 1"), Client("Synth 1")
    keys, synth = plug(ins, "Keys", "jack", IN), plug(out, "Synth", "jack")
    board = Board([keys], synth)
    assert board.look(0.0) == ([], True)
    ins.ports.clear()
    assert board.look(LOOK_EVERY / 2) == ([], False)
    assert board.look(LOOK_EVERY) == ([(keys, Unplugged("Keys 1", IN))], True)
    out.ports.append("Other 1")
    assert board.look(2 * LOOK_EVERY) == ([], True)
    assert board.look(3 * LOOK_EVERY) == ([], False)


def test_after_a_change_the_board_looks_closely_for_a_while() -> None:
    ins, out = Client("Keys 1"), Client("Synth 1")
    keys, synth = plug(ins, "Keys", "jack", IN), plug(out, "Synth", "jack")
    board = Board([keys], synth)
    board.look(0.0)
    out.ports.clear()
    assert board.look(1.0) == ([(synth, Unplugged("Synth 1", OUT))], True)
    ins.ports.clear()  # the other half of the device goes, and comes back at once
    assert board.look(board.look_at) == ([(keys, Unplugged("Keys 1", IN))], True)
    ins.ports.append("Keys 1")
    assert board.look(board.look_at)[0] == [(keys, Plugged("Keys 1", IN))]
    assert board.look_at < 1.0 + 3.5 * LOOK_ASTIR
    while board.look_at < 3.0:
        board.look(board.look_at)
    assert board.look_at - 3.0 < LOOK_EVERY
    assert board.look(9.0) == ([], False) and board.look_at == 9.0 + LOOK_EVERY


def test_the_board_says_when_a_client_is_not_run_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    ins, out = Client("Keys 1"), Client("Synth 1")
    ins.thread, out.thread = 12, 14
    board, looks = Board([plug(ins, "Keys", "jack", IN)], plug(out, "Synth", "jack")), 0

    def woken(threads: list[int]) -> dict[int, int]:
        nonlocal looks
        looks += 1
        return {thread: looks if thread == 12 else 1 for thread in threads}

    monkeypatch.setattr(cycles, "woken", woken)
    moment = 0.0
    with pytest.raises(LeftOut):
        while moment < 100:
            board.look(moment)
            moment += LOOK_EVERY
    assert moment == pytest.approx(LEFT_OUT, abs=2 * WATCH_EVERY)
    assert looks < moment / LOOK_EVERY, "seldom: it costs something, and nobody may be playing"


@pytest.mark.parametrize("inputs", [0, 2])
def test_any_number_of_inputs_is_looked_at(inputs: int) -> None:
    plugs = [plug(Client("a"), "a", "jack", IN) for _ in range(inputs)]
    assert Board(plugs, plug(Client("b"), "b", "jack")).look(0.0) == ([], True)
