"""Knobs, pads, pedals and keys that turn settings and make gestures, instead of playing.

1. What is bound is not music: it never reaches the ears. A binding is a controller, a note or a program change, on one
   channel or on any.
2. A setting takes its value from the controller's (or how hard the key is struck), 0-127 over its range. A gesture
   begins where that passes the middle upwards and ends where it falls back.
3. A value that changes nothing says nothing; a mode is one of as many equal parts of the range, and so is what is to
   become of the key: off, the one that is played, or that held from now on.
4. What is bound while it is played is still heard to come up as the music that it was: no note sticks. Nor does a
   gesture whose control is bound to something else while it is down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from improv.errors import UserError
from improv.events import SUSTAIN, ControlChange, Event, Gesture, Move, NoteOff, NoteOn, ProgramChange, Turned
from improv.keynames import HOLD
from improv.modes import MODES
from improv.settings import Settings, narrowed, tempered

#: From this value on a pedal, switch or pad is down.
DOWN = 64
KINDS = ("cc", "note", "program")
KEYS = ("off", "auto", HOLD)
#: Seconds in which a control that was just bound to a gesture makes none: it is still being moved.
STILL_MOVING = 0.5


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


@dataclass(frozen=True, slots=True)
class Lesson:
    """The next control that moves is to be bound to `name`; `told` is told which that was, or why it cannot be."""

    name: str
    told: Callable[[Binding | UserError], None]


def _doubling(value: int) -> float:
    """1 in the middle, from half to twice."""
    return float(2.0 ** ((value - 64) / 64))


def _part(choices: Sequence[str], value: int) -> str:
    """The one whose part of the range 0-127 a value is in."""
    return choices[value * len(choices) // 128]


#: What each setting becomes at a value of 0-127: its field of Settings, and how.
TURNS: dict[str, tuple[str, Callable[[int], object]]] = {
    "mode": ("mode", lambda value: _part([*MODES], value)),
    "temperature": ("temperature", lambda value: tempered(_doubling(value))),
    "top_p": ("top_p", lambda value: narrowed(0.3 + 0.7 * value / 127)),
    "density": ("density", lambda value: 0.0 if value == 0 else 0.25 * 2.0 ** (value / 21)),
    "register": ("register", lambda value: 0.0 if value == 0 else float(min(max(value, 24), 108))),
    "loudness": ("loudness", _doubling),
    "listens_to_itself": ("listens_to_itself", lambda value: value / 127),
    "memory_weight": ("memory_weight", lambda value: value / 127),
    "key": ("key", lambda value: _part(KEYS, value)),
    "key_strength": ("key_strength", lambda value: value / 127),
}
#: What a program chooses by its number, and a note one after the other; a key that has a name is one that is held.
CHOICES = {"mode": tuple(MODES), "key": KEYS}


class Controls:
    """Hears what came in, before all others do. `bound` are the bindings by the names of settings and gestures."""

    def __init__(self, bound: Mapping[str, Binding] | None = None, mode: str = "answer", key: str = "off") -> None:
        """It begins in `mode` and `key`: a note that is bound to one of them chooses what comes after."""
        self._bound = dict(bound or {})
        self._values: dict[str, object] = {"mode": mode, "key": key}
        self._bound_at: dict[str, float] = {}
        self._playing: set[tuple[Hashable, int, int | None]] = set()  # source, channel and pitch, or None for the pedal
        self._lesson: Lesson | None = None

    @property
    def bound(self) -> dict[str, Binding]:
        """What is bound, by name."""
        return dict(self._bound)

    @property
    def learning(self) -> str | None:
        """What the next control that moves will be bound to; None where nobody learns."""
        return None if self._lesson is None else self._lesson.name

    def learn(self, lesson: Lesson | None) -> None:
        """The next control that moves is bound as the lesson says, which is told; None: nothing is learned any more."""
        self._lesson = lesson

    def bind(self, name: str, binding: Binding | None, at: float) -> list[Turned | Gesture]:
        """From now on `name` is bound so, or not at all; what ends thereby. UserError if another name is bound so."""
        others = {other: one for other, one in self._bound.items() if other != name}
        if binding is not None:
            bindings({other: str(one) for other, one in (*others.items(), (name, binding))})
            others[name] = binding
            self._bound_at[name] = at
        self._bound = others
        held = name not in TURNS and self._values.pop(name, False)
        return [Gesture(at, Move(name), False)] if held else []

    def hear(self, event: Event | ProgramChange, source: Hashable = 0) -> list[Turned | Gesture] | None:
        """What this event, of an input or player `source`, turns or asks for; None if it is not bound."""
        if self._lesson is not None and (found := binding_of(event)) is not None:
            return self._learned(self._lesson, found, event.at)
        name = next((name for name, binding in self._bound.items() if _fits(binding, event)), None)
        if name is None or self._comes_up(event, source):
            self._heard_as_music(event, source)
            return None
        value = _value(event)
        if name in TURNS:
            return [] if isinstance(event, NoteOff) else self._turn(name, event, value)
        if event.at - self._bound_at.get(name, float("-inf")) < STILL_MOVING:
            return []
        down = value >= DOWN or isinstance(event, NoteOn | ProgramChange)
        before, self._values[name] = self._values.get(name, False), down
        once = isinstance(event, ProgramChange)
        return [] if down == before and not once else [Gesture(event.at, Move(name), down)]

    def turned(self, event: Turned) -> None:
        """Something else has turned this."""
        if event.name in TURNS:
            self._values[event.name] = event.value

    def settle(self, settings: Settings) -> None:
        """These settings hold now: what is turned goes on from them."""
        self._values |= {name: getattr(settings, field) for name, (field, _) in TURNS.items()}

    def _learned(self, lesson: Lesson, found: Binding, at: float) -> list[Turned | Gesture]:
        self._lesson = None
        try:
            ended = self.bind(lesson.name, found, at)
        except UserError as error:
            lesson.told(error)
            return []
        lesson.told(found)
        return ended

    def _comes_up(self, event: Event | ProgramChange, source: Hashable) -> bool:
        """Whether a key or pedal comes up that went down as music."""
        up = isinstance(event, NoteOff) or (_is_pedal(event) and _value(event) < DOWN)
        return up and _key(event, source) in self._playing

    def _heard_as_music(self, event: Event | ProgramChange, source: Hashable) -> None:
        if isinstance(event, NoteOn | NoteOff) or _is_pedal(event):
            down = isinstance(event, NoteOn) or _value(event) >= DOWN
            (self._playing.add if down else self._playing.discard)(_key(event, source))

    def _turn(self, name: str, event: Event | ProgramChange, value: int) -> list[Turned | Gesture]:
        field, at = TURNS[name]
        wanted = at(value)
        if (choices := CHOICES.get(name)) is not None and isinstance(event, ProgramChange):
            wanted = choices[min(value, len(choices) - 1)]
        elif choices is not None and isinstance(event, NoteOn):
            present = str(self._values[name])
            wanted = choices[(choices.index(present) + 1) % len(choices)] if present in choices else choices[0]
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


def _is_pedal(event: Event | ProgramChange) -> bool:
    return isinstance(event, ControlChange) and event.control == SUSTAIN


def _key(event: Event | ProgramChange, source: Hashable) -> tuple[Hashable, int, int | None]:
    """What holds a note or the sustain pedal down."""
    return source, event.channel, event.pitch if isinstance(event, NoteOn | NoteOff) else None


def _value(event: Event | ProgramChange) -> int:
    match event:
        case NoteOn(velocity=value) | ControlChange(value=value) | ProgramChange(program=value):
            return value
    return 0
