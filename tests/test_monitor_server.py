"""The page's server as a process, at the other end of its pipe: over real sockets, with all kinds of pages."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import socket
from collections.abc import Iterator
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from improv import clock
from improv.monitor.hub import LOST, RATE
from improv.monitor.server import serve

#: Seconds that something which must happen may take on a busy machine.
PATIENCE = 30.0
STROKE = {"by": "improv", "on": True, "at": 1.0, "pitch": 60, "velocity": 60}
MANY = {"type": "notes", "events": [STROKE] * 256}


class Running:
    """A server process; the test has the engine's end of the pipe."""

    def __init__(self, sessions: Path, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.engine, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=serve, args=(theirs, "127.0.0.1", port, "", sessions))
        self.process.start()
        theirs.close()
        self.port: int = self.next("listening")["port"]

    def next(self, kind: str) -> dict[str, Any]:
        """The next message of the kind that the engine is sent."""
        while True:
            assert self.engine.poll(PATIENCE), f"no {kind} came"
            message: dict[str, Any] = self.engine.recv()
            if message["type"] == kind:
                return message

    def open(self) -> ClientConnection:
        """A page that has been told hello."""
        page = connect(f"ws://127.0.0.1:{self.port}/live")
        assert json.loads(page.recv(PATIENCE))["type"] == "hello"
        return page

    def end(self) -> None:
        self.engine.close()
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path, free_port())
    running.engine.send({"type": "hello", "now": 0.0, "settings": {}})
    yield running
    running.end()


def deaf(port: int) -> socket.socket:
    """A WebSocket that never reads."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    asked = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    line.sendall("\r\n".join(("GET /live HTTP/1.1", f"Host: 127.0.0.1:{port}", *asked, key, "", "")).encode())
    return line


def test_what_a_page_held_is_let_go_when_it_leaves(server: Running) -> None:
    with server.open() as page:
        page.send(json.dumps({"type": "note", "on": True, "pitch": 60, "velocity": 9}))
        page.send(json.dumps({"type": "pedal", "down": True}))
        assert server.next("note")["on"] and server.next("pedal")["down"]
    released = server.next("note")
    assert (released["on"], released["pitch"], released["page"]) == (False, 60, 1)
    assert server.next("pedal")["down"] is False


def test_a_page_that_never_reads_is_let_go_and_others_go_on(server: Running) -> None:
    with deaf(server.port) as slow, server.open() as good:
        slow.sendall(_masked({"type": "note", "on": True, "pitch": 61, "velocity": 9}))
        assert server.next("note")["pitch"] == 61
        # The kernel and the server's socket take in some before the queue fills.
        for _ in range(4 * LOST):
            server.engine.send(MANY)
            good.recv(PATIENCE)
        released = server.next("note")
        assert (released["on"], released["pitch"]) == (False, 61)
        server.engine.send({"type": "said", "text": "on", "at": 1.0, "kind": "news"})
        assert json.loads(good.recv(PATIENCE))["type"] == "said"


@pytest.mark.parametrize("text", ['{"type": "ping", "sent": 1}', '{"type": "note"}', "{"])
def test_a_page_that_says_too_much_is_let_go_whatever_it_says(server: Running, text: str) -> None:
    with server.open() as page, pytest.raises(ConnectionClosed):
        # The answers are read: nothing piles up, only the number of messages tells.
        for _ in range(100):
            for _ in range(RATE):
                page.send(text)
            for _ in range(RATE):
                page.recv(PATIENCE)
    assert page.close_code == 1009


def test_it_ends_with_the_engine_and_not_with_ctrl_c(server: Running) -> None:
    assert server.process.pid is not None
    with server.open() as page:
        os.kill(server.process.pid, signal.SIGINT)
        os.kill(server.process.pid, signal.SIGHUP)
        page.send(json.dumps({"type": "ping", "sent": 2.5}))
        pong = json.loads(page.recv(PATIENCE))
        assert pong["sent"] == 2.5 and 0 <= clock.now() - pong["now"] < PATIENCE
        server.end()
    assert server.process.exitcode == 0


def test_sigterm_ends_it(server: Running) -> None:
    server.process.terminate()
    server.process.join(PATIENCE)
    assert server.process.exitcode == 0


def _masked(message: dict[str, Any]) -> bytes:
    """A short text frame as a client sends it, with a mask of zeros."""
    text = json.dumps(message).encode()
    assert len(text) < 126
    return bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text
