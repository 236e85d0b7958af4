"""The settings as they are now. Whoever plays asks at every note, so what is turned holds from the very next one."""

from __future__ import annotations

from improv.settings import Settings


class Panel:
    """Holds one `Settings` value at a time; handed to all who play, kept by none of them in parts."""

    __slots__ = ("settings",)

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
