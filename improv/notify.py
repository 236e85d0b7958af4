"""Telling the service manager how it goes: ready, alive, stopping (systemd's sd_notify, a datagram to a socket)."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Says what `environment` asks to be told: NOTIFY_SOCKET where to, WATCHDOG_USEC how often. Else it is silent."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        wanted = environment.get("WATCHDOG_USEC", "")
        # Twice as often as asked: one may come late.
        self._every = int(wanted) / 2e6 if wanted.isdecimal() and int(wanted) else None
        self._alive_at = float("-inf")

    def ready(self, status: str) -> None:
        """Playing has begun; `status` says how, in one line."""
        self._say(f"READY=1\nSTATUS={status}")

    def alive(self, now: float) -> None:
        """All is well at `now` (seconds); may be called as often as one likes."""
        if self._every is not None and now - self._alive_at >= self._every:
            self._alive_at = now
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._say("STOPPING=1")

    def _say(self, text: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.setblocking(False)
            end.sendto(text.encode(), self._address)
