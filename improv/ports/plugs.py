"""Cables: which of the ports that are wanted are there. One that goes is noticed, one that comes back is opened again.

The lists of ports are asked for from clients that are open already: that costs a tenth of a millisecond, and on every
system they tell the present state as long as their server lives (its death is noticed otherwise: improv.ports.waiting).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from improv.errors import UserError
from improv.ports import cycles, wire
from improv.ports.names import find, namesakes
from improv.ports.reports import IN, OUT, Direction, Plugged, There, Unplugged

#: For so many seconds after a change the lists are looked at so often: what belongs to one device goes and comes with a
#: moment between, and one that was away for less than a look would be missed, and stay unconnected.
ASTIR, LOOK_ASTIR = 1.0, 0.01
#: Seconds between two looks at the lists, and before a port that another program holds is tried again.
LOOK_EVERY, TRY_AGAIN = 0.1, 1.0
#: Seconds between two looks at whether clients are run, each of which reads a file for each.
WATCH_EVERY = cycles.LEFT_OUT / 2


class Plug:
    """A port by the `wanted` name on a client of its own; None is a port of improv's own, which is always there.

    `name` is its full name while it is there, before that what was wanted. `make` makes a client.
    """

    def __init__(self, make: Callable[[], wire.Client], wanted: str | None, api: str, direction: Direction) -> None:
        self._make = make
        self.client = make()
        self._wake: Callable[[], None] | None = None  # while it dozes
        self.direction = direction
        self.name = wanted or ""
        self.namesakes: tuple[str, ...] = ()  # others that the wanted name could have meant as it was opened
        self.there = False
        self._wanted = wanted
        self._api = api
        self._try_at = float("-inf")

    @property
    def own(self) -> bool:
        """Whether it is a port of improv's own."""
        return self._wanted is None

    def open(self, names: Sequence[str]) -> None:
        """Open it. UserError if none of `names`, or more than one, is meant; wire.Taken if it does not open."""
        if self._wanted is None:
            self.name = self.client.open_virtual()
        else:
            self.name = find(self._wanted, names, self._api, self.direction)
            self.namesakes = namesakes(self._wanted, self.name, names, self._api)
            self.client.open(self.name)
        self.there = True

    def join(self, name: str) -> None:
        """Open it onto a port of improv's own, by its full name; wire.Taken if it does not open."""
        self.name = self.client.open(name)
        self.there = True

    def look(self, names: Sequence[str], now: float) -> Plugged | Unplugged | None:
        """Whether it has come or gone, by the `names` there are now (absolute seconds)."""
        if not self.there:
            return self._reopen(names, now)
        if self.own or self.name in names:
            return None
        self.there = False
        return Unplugged(self.name, self.direction)

    def _reopen(self, names: Sequence[str], now: float) -> Plugged | None:
        if self.own or now < self._try_at:
            return None
        for known in dict.fromkeys((self.name, self._wanted or "")):  # as it was called, then as the user calls it
            with contextlib.suppress(UserError):
                return self._renew(find(known, names, self._api, self.direction), now)
        return None

    def _renew(self, name: str, now: float) -> Plugged | None:
        """Open a port on a new client: on one that had its port closed, RtMidi hears nothing the second time."""
        self.client.close()
        self.client = self._make()
        if self._wake is not None:
            self.client.doze(self._wake)
        try:
            self.name = self.client.open(name)
        except wire.Taken:
            self._try_at = now + TRY_AGAIN
            return None
        self.there = True
        return Plugged(self.name, self.direction)

    def receive(self) -> list[bytes]:
        """The messages that came in since the last call."""
        return self.client.receive()

    def doze(self, wake: Callable[[], None]) -> None:
        """Until `attend`, messages are put aside as they come, and `wake` is called from another thread."""
        self._wake = wake
        self.client.doze(wake)

    def attend(self) -> None:
        """From now on messages wait until they are asked for."""
        self._wake = None
        self.client.attend()

    def send(self, data: bytes) -> None:
        """Send a message; it goes nowhere while the port is not there."""
        if self.there:
            self.client.send(data)

    def close(self) -> None:
        """Send what is on its way and close."""
        self.client.close()


class Board:
    """All plugs of a port process, looked at every LOOK_EVERY seconds."""

    def __init__(self, inputs: Sequence[Plug], output: Plug) -> None:
        self.inputs, self.output = tuple(inputs), output
        self._names: dict[Direction, list[str]] = {}
        self._astir_until = float("-inf")
        self._watch, self._watch_at = cycles.Watch(), float("-inf")
        #: When `look` is to be called again.
        self.look_at = float("-inf")

    @property
    def there(self) -> There:
        """The ports there were at the last look, in the directions that are used."""
        return There(tuple(self._names.get(IN, ())), tuple(self._names.get(OUT, ())))

    def look(self, now: float) -> tuple[list[tuple[Plug, Plugged | Unplugged]], bool]:
        """What came or went since the last look, and whether the list of ports is another than then; at first it is.
        LeftOut if the MIDI system does not run one of the clients any more."""
        if now < self.look_at:
            return [], False
        plugs = (*self.inputs, self.output)
        if now >= self._watch_at:
            self._watch_at = now + WATCH_EVERY
            threads = [plug.client.thread for plug in plugs if plug.client.thread is not None]
            if not self._watch.look(threads, cycles.woken(threads), now):
                raise cycles.LeftOut
        names = {plug.direction: plug.client.names() for plug in (*self.inputs[:1], self.output)}
        before, self._names = self._names, names
        happened = [(plug, news) for plug in plugs if (news := plug.look(names[plug.direction], now)) is not None]
        if before and names != before:
            self._astir_until = now + ASTIR
        self.look_at = now + (LOOK_ASTIR if now < self._astir_until else LOOK_EVERY)
        return happened, names != before
