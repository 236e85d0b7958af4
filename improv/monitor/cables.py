"""Cables, as the page shows them: the ports that are played on, which are unplugged, and which there are. Pure."""

from __future__ import annotations

from improv.errors import UserError
from improv.monitor.hub import Message
from improv.ports.names import OWN, find
from improv.ports.reports import IN, OUT, Back, Direction, Opened, Plugged, Report, There, Unplugged

#: So many ports are shown in each direction at most.
MOST = 64


class Cables:
    """`opened` None: no port is played on. `there`: the ports there were, as far as that is known."""

    def __init__(self, opened: Opened | None, there: There) -> None:
        self._api = "" if opened is None else opened.api
        self._inputs = [] if opened is None else [name for name in opened.inputs if name != OWN[IN]]
        self._outputs = [] if opened is None or opened.output == OWN[OUT] else [opened.output]
        self._absent = [] if opened is None else [*opened.absent]
        #: The ports there are.
        self.there = there

    def hear(self, report: Report) -> bool:
        """Whether this is news of the cables."""
        match report:
            case There():
                self.there = report
            case Unplugged(name, _):
                self._absent.append(name)
            case Plugged(name, direction):
                self._back(name, direction)
            case Back(opened):
                self._absent = [*opened.absent]
            case _:
                return False
        return True

    def message(self) -> Message:
        """All of it, as the page is told: `ports`."""
        return {
            **{"inputs": self._inputs[:MOST], "output": self._outputs[0] if self._outputs else ""},
            "unplugged": list(dict.fromkeys(self._absent))[:MOST],
            "available_inputs": [*self.there.inputs[:MOST]],
            "available_outputs": [*self.there.outputs[:MOST]],
        }

    def _back(self, name: str, direction: Direction) -> None:
        """A port has come that is called so now; it may have had other numbers before, or only what the user calls
        it."""
        wanted = self._inputs if direction == IN else self._outputs
        known = next((one for one in self._absent if one in wanted and self._means(one, name, direction)), None)
        if known is not None:
            self._absent = [one for one in self._absent if one != known]
            wanted[wanted.index(known)] = name

    def _means(self, known: str, name: str, direction: Direction) -> bool:
        try:
            return find(known, [name], self._api, direction) == name
        except UserError:
            return False
