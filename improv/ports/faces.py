"""What the loop asks of the ports: improv.ports.plugs, or a stand-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from improv.ports.reports import Plugged, There, Unplugged


class Input(Protocol):
    """A port that is heard."""

    def receive(self) -> list[bytes]:
        """The messages that came in since the last call."""
        ...

    def doze(self, wake: Callable[[], None]) -> None:
        """Until `attend`, put messages aside as they come, and call `wake` from another thread."""
        ...

    def attend(self) -> None:
        """From now on messages wait until they are asked for."""
        ...


class Output(Protocol):
    """A port that is played on."""

    def send(self, data: bytes) -> None:
        """Send one message."""
        ...


class Board(Protocol):
    """The cables: improv.ports.plugs, or a stand-in."""

    @property
    def inputs(self) -> Sequence[Input]:
        """The ports that are heard, by number."""
        ...

    @property
    def output(self) -> Output:
        """The port that is played on."""
        ...

    @property
    def look_at(self) -> float:
        """When `look` is to be called again."""
        ...

    @property
    def there(self) -> There:
        """The ports there were at the last look."""
        ...

    def look(self, now: float) -> tuple[Sequence[tuple[object, Plugged | Unplugged]], bool]:
        """What came or went, with its port; whether the list of ports is another."""
        ...
