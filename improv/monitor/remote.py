"""What is done on the page, as events for the core and as choices for what has to begin anew. Pure but for the page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from improv.errors import UserError
from improv.events import SUSTAIN, ControlChange, Gesture, Heard, Move, NoteOff, NoteOn, ProgramChange, Turned
from improv.monitor.binder import Binder
from improv.monitor.dials import DIALS, turned
from improv.monitor.page import Page
from improv.reloading import waits
from improv.settingkinds import Value
from improv.settings import Settings

Input = Heard | ProgramChange
#: What a tap is answered while it has no effect.
FOLLOWS = "the tempo is that of the MIDI clock that improv follows; for one that you tap, set Time to send"
#: How the model that comes with improv is called on the page.
OWN_MODEL = "default"
_PATHS = {"inputs": "ports.in", "output": "ports.out", "model": "model.file", "recording": "record.on"}


class Remote:
    """Hears the page. `choices` are settings, by their place in the file, as the page wants them; `again` is true where
    that takes a new beginning."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.choices: dict[str, Value] = {}
        self.again = False
        #: Whether to follow a clock takes a port that is not open.
        self.clock_is_elsewhere = False
        self._before: dict[str, Value] = {}
        self._keys: defaultdict[int, set[int]] = defaultdict(set)  # by pitch, the pages that hold it
        self._pedals: set[int] = set()

    def events(self, settings: Settings, models: Mapping[str, Path], binder: Binder) -> list[Input]:
        """What was done since this was last asked; `settings` as they are, `models` by their names on the page."""
        events: list[Input] = []
        for message in self.page.said():
            try:
                events += self._heed(message, settings, models, binder)
            except UserError as error:
                self.say(str(error), float(message["at"]), "error")
        return events

    def say(self, text: str, at: float, kind: str = "news") -> None:
        """Tell whoever looks at the page."""
        self.page.tell({"type": "said", "text": text[:400], "at": at, "kind": kind})

    def take_back(self) -> bool:
        """Do without what was chosen last, which cannot be; whether there is anything to do without."""
        undone = self.choices != self._before
        self.choices, self.again = dict(self._before), False
        return undone

    def took(self) -> None:
        """What was chosen could be."""
        self._before = dict(self.choices)

    def last(self, settled: Mapping[str, Value]) -> None:
        """What was settled elsewhere lasts as what was chosen here."""
        self.choices |= settled
        self._before |= settled

    def _heed(
        self, message: Mapping[str, Any], settings: Settings, models: Mapping[str, Path], binder: Binder
    ) -> list[Input]:
        at = float(message["at"])
        match message["type"]:
            case "note":
                return self._note(at, int(message["page"]), bool(message["on"]), message)
            case "pedal":
                return self._pedal(at, int(message["page"]), down=bool(message["down"]))
            case "control":
                return [ControlChange(at, 0, int(message["control"]), int(message["value"]))]
            case "program":
                return [ProgramChange(at, 0, int(message["program"]))]
            case "gesture":
                if message["move"] == Move.TAP and message["down"] and settings.sync == "clock":
                    self.say(FOLLOWS, at)
                return [Gesture(at, Move(message["move"]), bool(message["down"]))]
            case "set":
                return self._set(at, str(message["name"]), message["value"], settings)
            case "learn":
                binder.learn(message["name"], at)
            case "unbind":
                return [*binder.unbind(str(message["name"]), at)]
            case "choose":
                self._choose(message, models)
        return []

    def _note(self, at: float, page: int, on: bool, message: Mapping[str, Any]) -> list[Input]:
        pitch = int(message["pitch"])
        holders = self._keys[pitch]
        if on:
            holders.add(page)
            return [NoteOn(at, 0, pitch, int(message["velocity"]))]
        if page not in holders:
            return []
        holders.discard(page)
        return [] if holders else [NoteOff(at, 0, pitch)]

    def _pedal(self, at: float, page: int, *, down: bool) -> list[Input]:
        before = bool(self._pedals)
        (self._pedals.add if down else self._pedals.discard)(page)
        now = bool(self._pedals)
        return [ControlChange(at, 0, SUSTAIN, 127 if now else 0)] if now != before else []

    def _set(self, at: float, name: str, value: object, settings: Settings) -> list[Input]:
        wanted = turned(name, value, settings)  # a UserError, before anything has changed
        path = DIALS[name].path
        self.choices[path] = value  # type: ignore[assignment]
        if waits(path) or (path == "time.sync" and value == "clock" and self.clock_is_elsewhere):
            self.again = True
            return []
        self._before[path] = value  # type: ignore[assignment]
        return [Turned(at, name, wanted)]

    def _choose(self, message: Mapping[str, Any], models: Mapping[str, Path]) -> None:
        for name, path in _PATHS.items():
            if name in message:
                wanted: Any = message[name]
                if name == "model" and wanted not in models:
                    raise UserError(f"{wanted}: no such model; there are {', '.join(models)}")
                if name == "model":
                    wanted = "" if wanted == OWN_MODEL else str(models[wanted])
                self.choices[path] = tuple(wanted) if name == "inputs" else wanted
                self.again = True
