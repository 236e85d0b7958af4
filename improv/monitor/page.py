"""The engine's side of the page's server: started, spoken to without ever waiting, and started again when it dies."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from improv import clock
from improv.errors import UserError
from improv.monitor.hub import FRAMES, Lasting, Message
from improv.ports.pipe import Pipe
from improv.ports.starting import end, start

#: Seconds a server has to begin listening, and between two attempts to start it.
STARTING, AGAIN = 40.0, 1.0
#: Beyond this many messages that the server has not taken, only what must not be missed goes to it.
BUSY = 200


@dataclass(frozen=True, slots=True)
class Address:
    """Where the page is served; with a token, only to who knows it."""

    host: str
    port: int
    token: str
    sessions: Path

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?token={self.token}" if self.token else "")


class Page:
    """A running server. UserError if it cannot listen."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._news: deque[str] = deque()
        self._lasting = Lasting()  # what a server that is started again must be told first
        self._worker, self._pipe = _start(address)
        self._again_at = 0.0
        self._listening = False
        deadline = clock.now() + STARTING
        while not self._listening:
            self._pipe.connection.poll(max(0.0, deadline - clock.now()))
            for message in self._pipe.receive():
                self._take(message)
            if self._pipe.closed or clock.now() >= deadline:
                self.close()
                raise UserError(f"{address.host}:{address.port}: the page's server does not start there")

    @property
    def connection(self) -> Connection[Any, Any] | None:
        """What to wait on for something that the page says; None while its server is away."""
        return None if self._pipe.closed else self._pipe.connection

    def tell(self, message: Message) -> None:
        """Say something to all that look at the page. Never waits: a server that is slow misses frames."""
        self._lasting.hear(message)
        if not self._pipe.closed and (message["type"] not in FRAMES or self._pipe.waiting < BUSY):
            self._pipe.send(message)

    def said(self) -> list[Message]:
        """What was done on the page since this was last asked. A server that died is started again."""
        self._pipe.flush()
        messages = [message for message in self._pipe.receive() if not self._take(message)]
        if self._pipe.closed and clock.now() >= self._again_at:
            self._restart()
        return messages

    def news(self) -> list[str]:
        """What there is to say to the player since this was last asked."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def _take(self, message: Message) -> bool:
        """Heed what the server says of itself; whether it was that."""
        if message["type"] == "listening":
            self._listening = True
            self.address = replace(self.address, port=int(message["port"]))
        elif message["type"] == "failed":
            self._pipe.close()
            self._news.append(str(message["text"]))
        return message["type"] in ("listening", "failed")

    def _restart(self) -> None:
        self._again_at = clock.now() + AGAIN
        end(self._worker, patience=0.0)
        self._news.append("the page's server ended; it is started again")
        self._worker, self._pipe = _start(self.address)
        for message in self._lasting.messages():
            self._pipe.send(message)

    def close(self) -> None:
        """End the server."""
        self._pipe.close()
        end(self._worker, patience=2.0)


def _start(address: Address) -> tuple[SpawnProcess, Pipe]:
    return start(_serve, "improv page", address.host, address.port, address.token, address.sessions)


def _serve(*args: Any) -> None:
    from improv.monitor.server import serve  # the web stack is loaded there, and never here

    serve(*args)
