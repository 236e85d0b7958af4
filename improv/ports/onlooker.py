"""A link that plays nowhere: it only sees which ports there are, on every MIDI system, as cables come and go."""

from __future__ import annotations

import time
from multiprocessing.connection import wait as wait_for

from improv.clock import now
from improv.plan import Command
from improv.ports import process
from improv.ports.link import Beside
from improv.ports.process import Refused
from improv.ports.reports import Report, There
from improv.ports.starting import Opening

#: Seconds before one looks again where no MIDI system opened, or the one that did is gone.
LOOK_AGAIN = 3.0


class Onlooker:
    """Sees through a process of its own, which may hang or die; another takes its place. `api` as in the settings."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._failed: list[tuple[str, str]] = []
        self._opening: Opening | None = None
        self._open_at = now()

    def send(self, command: Command) -> None:
        """Nothing is played here."""

    def wait(self, timeout: float | None, beside: Beside = None) -> list[Report]:
        """The ports, where they are others; none after `timeout` seconds, or when there is something to read
        `beside`."""
        if self._opening is None and now() >= self._open_at:
            self._opening = Opening()
            self._opening.ask(process.watch, self._api, self._failed)
        longest = 0.1 if timeout is None else max(0.0, timeout)
        own = None if self._opening is None else self._opening.pipe.connection
        awaited = [one for one in (own, beside) if one is not None]
        if awaited:
            wait_for(awaited, longest)
        else:
            time.sleep(min(longest, 0.02))
        return [] if self._opening is None else self._heard(self._opening)

    def _heard(self, opening: Opening) -> list[Report]:
        answer, more = opening.look(0.0)
        if not (isinstance(answer, Refused) or opening.failed):
            return [one for one in (answer, *more) if isinstance(one, There)]
        if not opening.answered and opening.tried is not None:
            self._failed.append((opening.tried, opening.failed))  # it did not survive that system
        opening.give_up()
        self._opening, self._open_at = None, now() + LOOK_AGAIN
        return [There()]

    def close(self) -> None:
        """See no more."""
        if self._opening is not None:
            self._opening.give_up(patience=1.0)  # that plays elsewhere stumbles where a client is killed
