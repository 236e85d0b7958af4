"""What improv says when it begins to play. Pure."""

from __future__ import annotations

from improv.ports.names import same_bus
from improv.ports.reports import Opened


def greeting(opened: Opened, channel: int, *, thru: bool) -> list[str]:
    """What is heard and played on (`channel` counted from 1), what is still missing, and what is odd; a line each."""
    clock = f"clock from {opened.clock}; " if opened.clock else ""
    said = [
        f"hearing {' + '.join(opened.inputs)}; {clock}playing on {opened.output}, channel {channel}; Ctrl-C ends",
    ]
    for bus in (name for name in opened.inputs if same_bus(name, opened.output, opened.api)):
        going_round = "; with --thru your own may go round for ever" if thru else ""
        said.append(f"{bus} is both heard and played on: what improv hears of itself is left out{going_round}")
    if opened.absent:
        said.append(f"waiting for {' and '.join(opened.absent)}")
    return said
