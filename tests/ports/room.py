"""Ports and cables that do as they are told, for the port process's loop."""

from __future__ import annotations

from collections.abc import Callable

from improv.ports.reports import Plugged, There, Unplugged


class Port:
    """Input and output at once."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.comes_in: list[bytes] = []
        self.told: list[str] = []

    def receive(self) -> list[bytes]:
        messages, self.comes_in = self.comes_in, []
        return messages

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    def doze(self, wake: Callable[[], None]) -> None:
        self.told.append("doze")

    def attend(self) -> None:
        self.told.append("attend")


class Board:
    """Cables that do as they are told."""

    def __init__(self, *inputs: Port, output: Port) -> None:
        self.inputs, self.output = inputs, output
        self.happens: list[tuple[object, Plugged | Unplugged]] = []
        self.changed = False
        self.look_at = float("inf")
        self.there = There(("keys",), ("synth",))

    def look(self, now: float) -> tuple[list[tuple[object, Plugged | Unplugged]], bool]:
        said = self.happens, self.changed
        self.happens, self.changed = [], False
        return said
