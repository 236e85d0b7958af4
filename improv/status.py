"""The one calm line that says what improv is doing."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from typing import Protocol

from improv.keynames import Key

#: Seconds between two rewritings of the line: a few times a second is calm.
CALM = 0.25


class Screen(Protocol):
    """Where the line goes: a text stream."""

    def write(self, text: str, /) -> object:
        """Write text."""
        ...

    def flush(self) -> object:
        """Show what was written."""
        ...

    def isatty(self) -> bool:
        """Whether a person is looking, on a terminal whose last line can be rewritten."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """What there is to say: who is playing, notes heard and played so far, reaction p99 in seconds if known; what the
    clock does, if one is followed, and its tempo in quarter notes a minute, if it runs; the key it leans to; the share
    of its notes that were there when due, and how old what they were made from was by then, in seconds (median)."""

    answering: bool = False
    heard: int = 0
    played: int = 0
    reaction: float | None = None
    time: str = ""
    tempo: float | None = None
    key: Key | None = None
    ready: float | None = None
    age: float | None = None

    def __str__(self) -> str:
        who = "answering" if self.answering else "listening"
        reaction = "" if self.reaction is None else f"   reaction p99 {self.reaction * 1000:.0f} ms"
        time = f"   {self.time}" if self.time else ""
        tempo = "" if self.tempo is None else f" {self.tempo:.0f} BPM"
        key = "" if self.key is None else f"   {self.key}"
        ready = "" if self.ready is None else f"   in time {math.floor(100 * self.ready)} %"
        age = "" if self.age is None else f", thought {self.age:.1f} s ahead"
        return f"{who}{time}{tempo}{key}   heard {self.heard}   played {self.played}{reaction}{ready}{age}"


class StatusLine:
    """Shows a Status: rewritten in place on a terminal, elsewhere a new line when the player or improv takes over, or
    the clock comes or goes.

    `detail` is quiet (nothing), normal, or verbose (a line for every change of turns on a terminal too).
    """

    def __init__(self, screen: Screen, detail: str = "normal") -> None:
        self._screen = screen
        self._quiet = detail == "quiet"
        self._rewrites = screen.isatty()
        self._keeps = detail == "verbose" or not self._rewrites
        self._shown: Status | None = None
        self._wanted: Status | None = None
        self._width = 0
        self._ready_at = float("-inf")

    def show(self, status: Status, now: float) -> None:
        """Take note of `status` and show it as soon as calm allows; `now` in absolute seconds."""
        if self._quiet or status == self._wanted == self._shown:
            return
        shown = self._shown
        turned = shown is None or (status.answering, status.time) != (shown.answering, shown.time)
        self._wanted = status
        if self._keeps and turned:
            self.say(str(status))
            self._shown = status
        elif self._rewrites and now >= self._ready_at:
            self._rewrite(str(status))
            self._shown, self._ready_at = status, now + CALM

    def wake_at(self) -> float | None:
        """When `show` should be called again because something waits to be shown, or None."""
        waits = self._rewrites and not self._quiet and self._wanted != self._shown
        return self._ready_at if waits else None

    def say(self, line: str) -> None:
        """Print a line that stays, above the status line if there is one; nothing when quiet."""
        if self._quiet:
            return
        self._rewrite("")
        self._screen.write(f"\r{line}\n" if self._rewrites else f"{line}\n")
        self._screen.flush()
        self._ready_at = float("-inf")

    def close(self) -> None:
        """Leave the cursor on a line of its own."""
        if self._width:
            self._screen.write("\n")
            self._screen.flush()
            self._width = 0

    def _rewrite(self, text: str) -> None:
        """Put `text` in the place of the terminal's last line, with blanks over what was longer."""
        if not self._rewrites or not (text or self._width):
            return
        text = text[: shutil.get_terminal_size().columns - 1]
        self._screen.write("\r" + text.ljust(self._width))
        self._screen.flush()
        self._width = len(text)
