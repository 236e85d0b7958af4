"""What is shown on the page of a session as it goes on: looked at a few times a second, told where it has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from improv import improviser
from improv.engine import Core, Timing
from improv.events import Heard as Input
from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.monitor import showing
from improv.monitor.dials import shown
from improv.monitor.overheard import Overheard
from improv.monitor.page import Page
from improv.plan import Command, PlannedNote
from improv.settings import Settings

#: Seconds between two looks at the plan, and at the rest.
PLAN_EVERY, LOOK_EVERY = 0.05, 0.1


class Mirror:
    """Shows `core` and `timing` on the page; `began`: when the session did, absolute seconds."""

    def __init__(
        self, page: Page, core: Improviser, model: Overheard, timing: Timing, began: float, *, recording: bool
    ) -> None:
        self._page, self._core, self._model, self._timing = page, core, model, timing
        self._began, self._recording = began, recording
        self._plan: Callable[[], list[PlannedNote]] | None = None
        self._plan_at = self._look_at = float("-inf")
        self._steps = self._notes = -1
        self._settings: Settings = core.settings

    def heard(self, event: NoteOn | NoteOff) -> None:
        """A key of the player's."""
        on = isinstance(event, NoteOn)
        self._page.tell(showing.key(event.at, on, event.pitch, event.velocity if isinstance(event, NoteOn) else 0))

    def planned(self, notes: Callable[[], list[PlannedNote]]) -> None:
        """The plan has changed; `notes` says what is left of it."""
        self._plan = notes

    def look(self, now: float) -> None:
        """Tell what has changed, if it is time."""
        if self._plan is not None and now >= self._plan_at:
            self._page.tell(showing.plan(now, self._plan()))
            self._plan, self._plan_at = None, now + PLAN_EVERY
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        said = self._core.status()
        if said.heard + said.played != self._notes:
            self._notes = said.heard + said.played
            self._page.tell(showing.context(self._core.heard_lately()))
        if self._model.steps != self._steps:
            self._steps = self._model.steps
            if (thought := showing.thinking(self._model)) is not None:
                self._page.tell(thought)
        if self._core.settings != self._settings:
            self._settings = self._core.settings
            self._page.tell({"type": "settings", "settings": shown(self._settings)})
        self._page.tell(showing.status(now, self._core, self._timing, self._began, self._recording))


class Shown:
    """A core whose hearing is shown on the page; a core itself."""

    def __init__(self, core: Core, mirror: Mirror) -> None:
        self._core = core
        self._mirror = mirror

    def hear(self, event: Input) -> None:
        """Take in what the player, or a clock, did."""
        self._core.hear(event)
        if isinstance(event, NoteOn | NoteOff):
            self._mirror.heard(event)

    def turn(self, now: float) -> Sequence[Command]:
        """Give the core its turn."""
        return self._core.turn(now)

    def wake_at(self) -> float | None:
        """When the core wants its next turn."""
        return self._core.wake_at()

    def status(self) -> improviser.Status:
        """What the core is doing."""
        return self._core.status()
