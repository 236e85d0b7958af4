"""Settings read again while improv plays: what can change changes, what cannot is named, and what is wrong changes
nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Protocol

from improv.config import Config
from improv.errors import UserError
from improv.hands import Hearing
from improv.reception import Reception
from improv.settings import Settings

#: Sections and settings that hold from the next start: ports and processes, and what a session is made with,
_LATER = (
    *("ports", "controls", "record", "web", "terminal"),
    *("model.file", "model.provider", "model.memory", "sampling.seed"),
    *("time.clock", "solo.prompt"),
)
#: but for these.
_AT_ONCE = (
    *("ports.channel_in", "ports.split", "ports.pedal", "controls.take_by", "controls.state"),
    *(
        "ports.channel_out",
        "ports.channel_lead",
        "ports.channel_accompaniment",
        "ports.channel_left",
        "ports.left_below",
    ),
)


def waits(path: str) -> bool:
    """Whether a setting (`section.name`) holds from the next start only."""
    return path not in _AT_ONCE and (path in _LATER or path.partition(".")[0] in _LATER)


class Core(Protocol):
    """What plays: improv.improviser, or one that writes down what it does."""

    def settle(self, settings: Settings) -> None:
        """From now on these settings hold."""
        ...


@dataclass(frozen=True, slots=True)
class Derived:
    """What the parts of improv take of settled settings. All raise UserError."""

    core: Callable[[Config], Settings]
    hearing: Callable[[Config], Sequence[Hearing]]
    controls: Callable[[Config], object]
    memory: Callable[[Config], object]


class Reloading:
    """Looks at the settings again whenever that was `wanted`.

    `read` settles them anew and may raise UserError; `present` are the core's as they are, which a control may have
    turned since: only what has changed in the file changes there.
    """

    def __init__(
        self,
        wanted: Callable[[], bool],
        read: Callable[[], Config],
        derived: Derived,
        settled: Config,
        present: Callable[[], Settings],
        core: Core,
        reception: Reception,
    ) -> None:
        self._wanted = wanted
        self._read = read
        self._derived = derived
        self._begun = self._settled = settled
        self._present = present
        self._core = core
        self._reception = reception

    def news(self) -> Sequence[str]:
        """Read and settle what is to be read again, and say in a line or two what came of it."""
        if not self._wanted():
            return ()
        try:
            new = self._read()
            was, now = self._derived.core(self._settled), self._derived.core(new)
            hearing = self._derived.hearing(new)
            self._derived.controls(new)  # they hold from the next start; but what is wrong with them is said now
            if new.text("model.memory") != self._settled.text("model.memory"):
                self._derived.memory(new)
        except UserError as error:
            return (f"the settings stay as they are: {error}",)
        changed = sorted(path for path, value in new.values.items() if self._settled.values[path] != value)
        names = [field.name for field in fields(Settings) if getattr(was, field.name) != getattr(now, field.name)]
        self._core.settle(replace(self._present(), **{name: getattr(now, name) for name in names}))
        self._reception.settle(hearing, self._present())
        self._settled = new
        return (*_said(changed), *self._said_of_clock(changed))

    def _said_of_clock(self, changed: Sequence[str]) -> Sequence[str]:
        """Whose clock is followed, where one has just been asked for whose port was not opened at the start."""
        wanted, there = _clock_port(self._settled), _clock_port(self._begun)
        if wanted in ("", there) or {"time.sync", "time.clock"}.isdisjoint(changed):
            return ()
        followed = there or "the ports it listens to"
        return (f"{wanted} is opened for its clock at the next start; until then that of {followed} is followed",)


def _clock_port(settled: Config) -> str:
    """The port that a clock is to come from; "" for none of its own."""
    return settled.text("time.clock") if settled.text("time.sync") == "clock" else ""


def _said(changed: Sequence[str]) -> Sequence[str]:
    at_once = [path for path in changed if not waits(path)]
    later = [path for path in changed if waits(path)]
    lines = [f"settings read again: {', '.join(at_once) if at_once else 'nothing has changed at once'}"]
    return (*lines, f"from the next start: {', '.join(later)}") if later else lines
