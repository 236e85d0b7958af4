"""Which MIDI system to use: what a setting allows, in the order to try. Pure.

Nothing here opens anything. Each system is tried inside a port process, which says beforehand which one it is
about to touch: one that raises is passed over there and then; one that crashes or hangs takes only that process
with it, and the engine starts another that leaves it out (improv.ports.link). So isolation costs no extra process
while all goes well.
"""

from __future__ import annotations

from collections.abc import Sequence

from improv.errors import UserError
from improv.ports.reports import APIS

TITLES = {"alsa": "ALSA", "jack": "JACK", "coremidi": "CoreMIDI", "windows": "Windows MIDI"}
#: Windows has no ports that a program makes for itself; loopMIDI does that there.
CAN_BE_VIRTUAL = ("alsa", "jack", "coremidi")


def candidates(setting: str, compiled: Sequence[str]) -> tuple[str, ...]:
    """The systems to try for an `api` setting, in order. UserError if it is none, or not compiled in."""
    if setting not in APIS:
        raise UserError(f'api "{setting}" is unknown; it is one of {", ".join(APIS)}')
    if setting == "auto":
        return tuple(api for api in compiled if api in APIS)
    if setting not in compiled:
        raise UserError(f'api "{setting}" is not in this python-rtmidi; it has {", ".join(compiled) or "none"}')
    return (setting,)


def none_opened(reasons: Sequence[tuple[str, str]]) -> str:
    """The line that says that no MIDI system could be used; `reasons` are pairs of API and what went wrong."""
    tried = "; ".join(f"{TITLES.get(api, api)}: {reason}" for api, reason in reasons)
    return f"no MIDI system opens here ({tried or 'python-rtmidi has none'}); improv jam needs none"
