"""What improv says when it begins to play. Pure."""

from __future__ import annotations

from improv.ports.names import same_bus
from improv.ports.reports import Opened
from improv.settings import Settings


def greeting(opened: Opened, settings: Settings, *, thru: bool) -> list[str]:
    """What is heard and played on, what is still missing, and what is odd; a line each."""
    clock = f"clock from {opened.clock}; " if opened.clock else ""
    said = [
        f"hearing {' + '.join(opened.inputs)}; {clock}playing on {opened.output}, {_channels(settings)}; Ctrl-C ends",
    ]
    for bus in (name for name in opened.inputs if same_bus(name, opened.output, opened.api)):
        going_round = "; with --thru your own may go round for ever" if thru else ""
        said.append(f"{bus} is both heard and played on: what improv hears of itself is left out{going_round}")
    for taken, other in opened.namesakes:
        said.append(f"{taken} is taken; {other} is called so too: name that in full if it is the one you mean")
    if opened.absent:
        said.append(f"waiting for {' and '.join(opened.absent)}")
    return said


def _channels(settings: Settings) -> str:
    """The channels that improv plays on, counted from 1, as a line says them."""
    own = {
        "lead": settings.channel_lead,
        "accompaniment": settings.channel_accompaniment,
        "left hand": settings.channel_left,
    }
    said = [f"{part} {channel + 1}" for part, channel in own.items() if channel is not None]
    return f"channel {settings.channel_out + 1}" + (f" ({', '.join(said)})" if said else "")
