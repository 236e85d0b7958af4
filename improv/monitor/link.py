"""The engine's link where there is a page: to the ports, or to who looks at them, and to the page beside them.

What the page's player does comes in as events; what both play, plan and think is shown. Where there are no ports the
page is the instrument: what it is told of improv's notes, its synth plays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from improv import clock
from improv.monitor.cables import Cables
from improv.monitor.mirror import Mirror
from improv.monitor.page import Page
from improv.monitor.remote import Input
from improv.monitor.showing import strokes
from improv.monitor.witness import Stroke, Witness
from improv.plan import Command, Silence
from improv.ports.link import Beside
from improv.ports.reports import Report, Said, Sent

#: Seconds before they begin and end that improv's notes go to the page: its synth sounds them at the very moment.
AHEAD = 0.03


class Ports(Protocol):
    """The link to real ports, or to who looks at them."""

    def send(self, command: Command) -> None:
        """Hand a command over."""
        ...

    def wait(self, timeout: float | None, beside: Beside = None) -> list[Report]:
        """What was reported, after at most `timeout` seconds, sooner where there is something to read `beside`."""
        ...


class PageLink:
    """`alone` where no ports are played on, so that nobody else reports what began. `asked` makes events of what the
    page's player does; `cables` knows the ports."""

    def __init__(
        self,
        page: Page,
        ports: Ports,
        cables: Cables,
        asked: Callable[[], Sequence[Input]],
        mirror: Mirror,
        *,
        alone: bool,
    ) -> None:
        self._page = page
        self._ports = ports
        self._cables = cables
        self._asked = asked
        self._mirror = mirror
        self._alone = alone
        self._witness = Witness()

    def send(self, command: Command) -> None:
        """Hand a command over."""
        self._ports.send(command)
        now = clock.now()
        self._witness.obey(command, now)
        if isinstance(command, Silence):
            self._page.tell({"type": "silence", "at": now})
        self._mirror.planned(self._witness.planned)

    def wait(self, timeout: float | None) -> list[Report]:
        """What the ports reported and what the page said, as soon as there is anything."""
        reports = self._rest(timeout)
        if any([self._cables.hear(report) for report in reports]):
            self._page.tell({"type": "ports", "ports": self._cables.message()})
        begun = self._witness.go_on(clock.now() + AHEAD)
        if begun:
            self._page.tell(strokes(begun))
            self._mirror.planned(self._witness.planned)
        if self._alone:
            reports += _sent(begun)
        if events := tuple(self._asked()):
            reports.append(Said(events))
        self._mirror.look(clock.now())
        return reports

    def _rest(self, timeout: float | None) -> list[Report]:
        due = self._witness.due_at()
        left = [
            seconds for seconds in (timeout, None if due is None else due - AHEAD - clock.now()) if seconds is not None
        ]
        return self._ports.wait(max(0.0, min(left)) if left else None, self._page.connection)


def _sent(begun: Sequence[Stroke]) -> list[Report]:
    """As the port process would report it: late is what the page was told too late to sound it in time."""
    now = clock.now()
    return [
        Sent(one.deadline, max(0.0, now - one.deadline), one.note.pitch, one.note.velocity, one.note.channel)
        for one in begun
        if one.on
    ]
