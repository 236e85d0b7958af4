"""Knobs, pads, pedals and keys that turn settings and make gestures, instead of playing.

1. What is bound is not music: it never reaches the ears. A binding is a controller, a note or a program change, on one
   channel or on any.
2. A setting takes its value from the controller's (or how hard the key is struck), 0-127 over its range. A gesture
   begins where that passes the middle upwards and ends where it falls back.
3. A value that changes nothing says nothing; a mode is one of as many equal parts of the range.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from improv.errors import UserError
from improv.events import ControlChange, Event, Gesture, Move, NoteOff, NoteOn, ProgramChange, Turned
from improv.modes import MODES
from improv.settings import narrowed, tempered

#: From this value on a pedal, switch or pad is down.
DOWN = 64
KINDS = ("cc", "note", "program")


@dataclass(frozen=True, slots=True)
class Binding:
    """What moves: its kind, its number (0-127; None for any program change), its channel (0-15, None for any)."""

    kind: str
    number: int | None
    channel: int | None = None

    def __str__(self) -> str:
        number = "" if self.number is None else f" {self.number}"
        return f"{self.kind}{number}" + ("" if self.channel is None else f" channel {self.channel + 1}")


def read_binding(raw: object) -> Binding | None:
    """A binding as people write it, "cc 20", "note 36 channel 10", "program"; None for "". Raises ValueError."""
    if raw == "":
        return None
    said = re.fullmatch(r"(cc|note|program)(?: (\d+))?(?: channel (\d+))?", raw) if isinstance(raw, str) else None
    if said is None or (said[2] is None) != (said[1] == "program"):
        raise ValueError(raw)
    number = None if said[2] is None else int(said[2])
    channel = None if said[3] is None else int(said[3]) - 1
    if (number or 0) > 127 or not 0 <= (channel or 0) <= 15:
        raise ValueError(raw)
    return Binding(said[1], number, channel)


def _doubling(value: int) -> float:
    """1 in the middle, from half to twice."""
    return float(2.0 ** ((value - 64) / 64))


def _mode(value: int) -> str:
    return [*MODES][min(value * len(MODES) // 128, len(MODES) - 1)]


#: What each setting becomes at a value of 0-127: its field of Settings, and how.
TURNS: dict[str, tuple[str, Callable[[int], object]]] = {
    "mode": ("mode", _mode),
    "temperature": ("temperature", lambda value: tempered(_doubling(value))),
    "top_p": ("top_p", lambda value: narrowed(0.3 + 0.7 * value / 127)),
    "density": ("density", lambda value: 0.0 if value == 0 else 0.25 * 2.0 ** (value / 21)),
    "register": ("register", lambda value: 0.0 if value == 0 else float(min(max(value, 24), 108))),
    "loudness": ("loudness", _doubling),
    "listens_to_itself": ("listens_to_itself", lambda value: value / 127),
    "memory_weight": ("memory_weight", lambda value: value / 127),
    "key_strength": ("key_strength", lambda value: value / 127),
}


class Controls:
    """Hears what came in, before all others do. `bound` are the bindings by the names of settings and gestures."""

    def __init__(self, bound: Mapping[str, Binding] | None = None, mode: str = "") -> None:
        """It begins in `mode`: a note that is bound to that chooses the one after."""
        self._bound = dict(bound or {})
        self._values: dict[str, object] = {"mode": mode}

    def hear(self, event: Event | ProgramChange) -> list[Turned | Gesture] | None:
        """What this event turns or asks for; None if it is not bound."""
        name = next((name for name, binding in self._bound.items() if _fits(binding, event)), None)
        if name is None:
            return None
        value = _value(event)
        if name in TURNS:
            return [] if isinstance(event, NoteOff) else self._turn(name, event, value)
        down = value >= DOWN or isinstance(event, NoteOn | ProgramChange)
        before, self._values[name] = self._values.get(name, False), down
        once = isinstance(event, ProgramChange)
        return [] if down == before and not once else [Gesture(event.at, Move(name), down)]

    def _turn(self, name: str, event: Event | ProgramChange, value: int) -> list[Turned | Gesture]:
        field, at = TURNS[name]
        wanted = at(value)
        if name == "mode" and isinstance(event, ProgramChange):
            wanted = [*MODES][min(value, len(MODES) - 1)]
        elif name == "mode" and isinstance(event, NoteOn):
            wanted = [*MODES][([*MODES].index(str(self._values["mode"])) + 1) % len(MODES)]
        before, self._values[name] = self._values.get(name), wanted
        return [] if wanted == before else [Turned(event.at, field, wanted)]


def bindings(said: Mapping[str, str]) -> dict[str, Binding]:
    """The bindings of what is bound, by name. UserError if one control is bound twice."""
    found = {name: binding for name, text in said.items() if (binding := read_binding(text)) is not None}
    names = [*found]
    for index, name in enumerate(names):
        for other in names[:index]:
            if _meet(found[name], found[other]):
                raise UserError(
                    f"controls.{other} and controls.{name} are both bound to {found[name]}: give each its own"
                )
    return found


def _meet(one: Binding, other: Binding) -> bool:
    """Whether one event could be both."""
    channels = {one.channel, other.channel}
    same = one.number == other.number or None in (one.number, other.number)
    return one.kind == other.kind and same and (len(channels) == 1 or None in channels)


def binding_of(event: Event | ProgramChange) -> Binding | None:
    """How what was moved is written down, on any channel; None for a key or pedal that comes up."""
    match event:
        case NoteOn(pitch=pitch):
            return Binding("note", pitch)
        case ControlChange(control=control, value=value):
            return Binding("cc", control) if value else None
        case ProgramChange():
            return Binding("program", None)
    return None


def _fits(binding: Binding, event: Event | ProgramChange) -> bool:
    match event:
        case NoteOn(pitch=pitch) | NoteOff(pitch=pitch):
            what: tuple[str, int | None] = ("note", pitch)
        case ControlChange(control=control):
            what = ("cc", control)
        case ProgramChange():
            what = ("program", None)
    return (binding.kind, binding.number) == what and binding.channel in (None, event.channel)


def _value(event: Event | ProgramChange) -> int:
    match event:
        case NoteOn(velocity=value) | ControlChange(value=value) | ProgramChange(program=value):
            return value
    return 0
