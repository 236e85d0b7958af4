"""The page's server, asked by programs that are no browser."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from improv import replay
from improv.sessionfile import Reader
from improv.sessionfolder import entries
from tests.page.looking import PATIENCE
from tests.page.running import RunningImprov


def answer(improv: RunningImprov, path: str, host: str = "") -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers (by lower-case name) of a GET."""
    line = http.client.HTTPConnection("127.0.0.1", improv.port, timeout=PATIENCE)
    line.putrequest("GET", path, skip_host=True)
    line.putheader("Host", host or f"127.0.0.1:{improv.port}")
    line.endheaders()
    found = line.getresponse()
    body = found.read()
    line.close()
    return found.status, body, {name.lower(): value for name, value in found.getheaders()}


def live(improv: RunningImprov, query: str = "", **options: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{improv.port}/live{query}", open_timeout=PATIENCE, **options)


def until(socket: ClientConnection, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first message for which it holds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        message = json.loads(socket.recv(timeout=PATIENCE))
        if holds(message):
            return message
    raise AssertionError("waited in vain")


def says(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda message: message["type"] == kind


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *[("/", 200), ("/main.js", 200), ("/messages.json", 200), ("/sessions", 200)],
        *[("/server.py", 404), ("/../server.py", 404), ("/%2e%2e/server.py", 404), ("/..%2fserver.py", 404)],
        *[("/sessions/..%2f..%2fx.mid", 404), ("/sessions/none.mid", 404), ("/sessions/none.json", 404)],
        ("/live", 404),
    ],
)
def test_nothing_is_served_but_the_page_and_sessions(improv: RunningImprov, path: str, status: int) -> None:
    found, _, headers = answer(improv, path)
    assert found == status
    if headers.get("content-security-policy"):
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")


def test_a_name_that_is_not_this_servers_is_refused(improv: RunningImprov) -> None:
    for host in (f"evil.example:{improv.port}", "127.0.0.1:1"):
        assert answer(improv, "/", host)[0] == 421
        assert answer(improv, "/sessions", host)[0] == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_a_socket_of_another_origin_is_refused(improv: RunningImprov, origin: str) -> None:
    with pytest.raises(InvalidStatus), live(improv, origin=origin):
        pass


def test_hello_comes_first_and_what_is_no_message_is_refused(improv: RunningImprov) -> None:
    with live(improv) as socket:
        assert json.loads(socket.recv(timeout=PATIENCE))["type"] == "hello"
        socket.send('{"type": "note", "on": true, "pitch": 300, "velocity": 1}')
        assert "note.pitch" in until(socket, says("refused"))["text"]
        socket.send('{"type": "set", "name": "temperature", "value": 90}')
        assert "accepted is a number" in until(socket, says("said"))["text"]
        socket.send('{"type": "ping", "sent": 4.5}')
        assert until(socket, says("pong"))["sent"] == 4.5


def test_what_is_too_large_ends_the_line_and_others_go_on(improv: RunningImprov) -> None:
    with live(improv) as other, live(improv) as socket:
        socket.send("x" * 100_000)
        deadline = time.monotonic() + PATIENCE
        while socket.close_code is None and time.monotonic() < deadline:
            try:
                socket.recv(timeout=1)
            except Exception:  # whatever the line's end is called
                break
        assert socket.close_code is not None
        until(other, says("status"))


def test_who_does_not_read_is_not_waited_for(improv: RunningImprov) -> None:
    with live(improv) as other, live(improv, max_queue=1, close_timeout=0.1) as slow:
        ended = 0
        for struck in range(1, 101):
            other.send('{"type": "note", "on": true, "pitch": 100, "velocity": 1}')
            other.send('{"type": "note", "on": false, "pitch": 100}')
            time.sleep(0.01)  # below the rate at which a page is taken for broken
            while struck % 20 == 0 and ended < struck:
                told = until(other, says("notes"))["events"]
                ended += sum(event["by"] == "player" and not event["on"] for event in told)
        slow.close()


def test_on_a_network_a_token_is_asked_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    improv = RunningImprov(tmp_path_factory.mktemp("open"), "--web-host", "0.0.0.0")
    try:
        token = improv.said().partition("?token=")[2].split()[0]
        assert answer(improv, "/")[0] == 200  # the page itself is no secret
        assert answer(improv, "/sessions")[0] == 403
        assert answer(improv, "/sessions?token=wrong")[0] == 403
        assert answer(improv, f"/sessions?token={token}", f"music.example:{improv.port}")[0] == 200
        with pytest.raises(InvalidStatus), live(improv):
            pass
        with live(improv, f"?token={token}") as socket:
            assert json.loads(socket.recv(timeout=PATIENCE))["type"] == "hello"
    finally:
        improv.stop()
    assert improv.process.returncode == 0


def test_a_taken_port_gives_the_next_and_the_server_ends_with_improv(tmp_path_factory: pytest.TempPathFactory) -> None:
    first = RunningImprov(tmp_path_factory.mktemp("first"))
    try:
        second = RunningImprov(tmp_path_factory.mktemp("second"), port=first.port)
        second.kill()
        deadline = time.monotonic() + PATIENCE
        while second.listens() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not second.listens()
    finally:
        first.stop()


def play(socket: ClientConnection, pitches: tuple[int, ...]) -> None:
    """A phrase, and the engine's word that it was heard."""
    for pitch in pitches:
        socket.send(json.dumps({"type": "note", "on": True, "pitch": pitch, "velocity": 70}))
        time.sleep(0.08)
        socket.send(json.dumps({"type": "note", "on": False, "pitch": pitch}))
    until(socket, lambda message: message["type"] == "status" and message["heard"] >= len(pitches))


def test_another_session_knows_what_the_one_before_learned_and_was_set(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder, phrase = tmp_path_factory.mktemp("on"), (60, 64, 67, 72, 71, 69)
    improv = RunningImprov(folder)
    try:
        with live(improv) as socket:
            socket.send('{"type": "set", "name": "temperature", "value": 1.25}')
            socket.send('{"type": "gesture", "move": "mute", "down": true}')
            for _ in range(2):
                until(socket, lambda message: message["type"] == "status" and message["muted"])
                play(socket, phrase)
                for recording in ("false", "true"):
                    socket.send(f'{{"type": "choose", "recording": {recording}}}')
                    hello = until(socket, says("hello"))
                assert hello["settings"]["temperature"] == 1.25
            until(socket, lambda message: message["type"] == "status" and message["muted"])
    finally:
        improv.stop()
    heads = [Reader(one.path).head for one in reversed(entries(next(folder.rglob("sessions"))))]
    kept = [replay.remembered(head) for head in heads]
    known = [None if one is None else [pitch for pitch, _, _ in one.notes.tolist()] for one in kept]
    assert known == [None, [*phrase], [*phrase, *phrase]]
