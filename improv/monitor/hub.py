"""Who looks at the page, and what each has yet to be told: nobody is waited for. Pure.

What is said goes to all. Who does not take it misses frames, for the next one says it all anew; who does not take what
must not be missed (that a note began or ended) either is let go, and its page comes back by itself.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

Message = dict[str, Any]
#: So many texts may wait for a client; beyond the first number frames are left out, beyond the second it is let go.
BUSY, LOST = 32, 1024
FRAMES = {"plan", "context", "thinking", "status"}
#: What a page that comes later is told at once, in this order.
LASTING = ("hello", "ports", "bindings", "context", "plan", "status")
#: Messages a second that a page may send, and clients at once.
RATE, CLIENTS = 500, 32


class Client:
    """One page: what waits for it, what it holds down. `wake` is called when something waits."""

    def __init__(self, number: int, wake: Callable[[], None]) -> None:
        self.number = number
        self.lost = False
        self._wake = wake
        self._waiting: deque[str] = deque()
        self._held: set[int] = set()
        self._pedal = False
        self._second, self._sent = 0, 0

    def tell(self, text: str, *, frame: bool) -> None:
        """Let it be told, unless it is behind; nothing is kept for who is lost."""
        if self.lost or (frame and len(self._waiting) >= BUSY):
            return
        self._waiting.append(text)
        if len(self._waiting) > LOST:
            self.lost = True
            self._waiting.clear()
        self._wake()

    def take(self) -> list[str]:
        """What waits, in order; it waits no longer."""
        texts = [*self._waiting]
        self._waiting.clear()
        return texts

    def speaks(self, at: float) -> bool:
        """It says something, whether or not that is a message; False where it says too much."""
        if int(at) != self._second:
            self._second, self._sent = int(at), 0
        self._sent += 1
        return self._sent <= RATE

    def heard(self, message: Message) -> None:
        """What it said was this."""
        if message["type"] == "note":
            (self._held.add if message["on"] else self._held.discard)(message["pitch"])
        elif message["type"] == "pedal":
            self._pedal = message["down"]

    def let_go(self) -> list[Message]:
        """What it would have to say for nothing to be left held."""
        released: list[Message] = [{"type": "note", "on": False, "pitch": pitch} for pitch in sorted(self._held)]
        return [*released, {"type": "pedal", "down": False}] if self._pedal else released


class Lasting:
    """What holds of what was said, for who comes later: the last message of each kind that is in LASTING."""

    def __init__(self) -> None:
        self._last: dict[str, Message] = {}

    def hear(self, message: Message) -> None:
        """This was said. A setting that has changed is one of hello's from then on."""
        kind = message["type"]
        if kind in LASTING:
            self._last[kind] = message
        elif kind == "settings" and "hello" in self._last:
            self._last["hello"] = {**self._last["hello"], "settings": message["settings"]}

    def messages(self) -> list[Message]:
        """All that holds, hello first."""
        return [self._last[kind] for kind in LASTING if kind in self._last]


class Hub:
    """All clients, and what one that comes later must know."""

    def __init__(self) -> None:
        self.clients: dict[int, Client] = {}
        self._lasting = Lasting()
        self._number = 0

    def join(self, wake: Callable[[], None], now: float) -> Client | None:
        """One more, told what there is; None where there are too many."""
        if len(self.clients) >= CLIENTS:
            return None
        self._number += 1
        client = self.clients[self._number] = Client(self._number, wake)
        for message in self._lasting.messages():
            client.tell(json.dumps({**message, "now": now} if message["type"] == "hello" else message), frame=False)
        return client

    def leave(self, client: Client) -> None:
        """One less."""
        self.clients.pop(client.number, None)

    def say(self, message: Message) -> None:
        """Tell all."""
        self._lasting.hear(message)
        text = json.dumps(message)
        for client in [*self.clients.values()]:
            client.tell(text, frame=message["type"] in FRAMES)
