"""The settings that can be turned on the page: what they may be is read from the table of settings. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from improv.controlnames import CONTROLS
from improv.errors import UserError
from improv.keynames import TONICS
from improv.modes import MODES
from improv.settingkinds import Choice, Meter, Number
from improv.settingnames import KeyOr
from improv.settings import Settings, narrowed, tempered
from improv.settingtable import BY_PATH

METERS = ("2/4", "3/4", "4/4", "5/4", "7/8", "6/8", "9/8", "12/8")


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Dial:
    """A setting by its place in the file, its name on the page, and how its value there becomes the core's and back."""

    path: str
    label: str
    into: Callable[[Any], object] = _itself
    out_of: Callable[[Any], Any] = _itself


#: By the field of improv.settings.Settings that each turns.
DIALS = {
    "mode": Dial("answer.mode", "Mode"),
    "role": Dial("accompany.role", "It plays the"),
    "temperature": Dial("sampling.temperature", "Boldness", tempered, lambda held: held[0]),
    "top_p": Dial("sampling.top_p", "Breadth", narrowed, lambda held: held[0]),
    "density": Dial("playing.density", "Notes a second"),
    "register": Dial("playing.register", "Register"),
    "loudness": Dial("playing.loudness", "Loudness"),
    "listens_to_itself": Dial("playing.listens_to_itself", "Listens to itself"),
    "memory_weight": Dial("model.memory_weight", "Memory"),
    "key": Dial("harmony.key", "Key"),
    "key_strength": Dial("harmony.key_strength", "Hold to the key"),
    "shy": Dial("harmony.shy", "Shyness"),
    "low": Dial("harmony.low", "Lowest note"),
    "high": Dial("harmony.high", "Highest note"),
    "polyphony": Dial("harmony.polyphony", "Notes at once"),
    "voices": Dial("harmonize.voices", "Voices added"),
    "pedal": Dial("ports.pedal", "Pedal"),
    "sync": Dial("time.sync", "Time"),
    "tempo": Dial("time.tempo", "Tempo"),
    "meter": Dial("time.meter", "Metre", Meter.read, lambda held: f"{held[0]}/{held[1]}"),
    "grid": Dial("time.grid", "Grid"),
    "grid_strength": Dial("time.grid_strength", "Hold to the grid"),
    "swing": Dial("time.swing", "Swing"),
    "trade": Dial("time.trade", "Trade bars"),
    "take_by": Dial("controls.take_by", "Take"),
}


def described() -> list[dict[str, Any]]:
    """Each dial as the page is told of it: `controls` of its first message."""
    return [_described(name, dial) for name, dial in DIALS.items()]


def learnable() -> list[dict[str, str]]:
    """What a knob, pad, pedal or key can be bound to, as the page is told of it: `learnable` of its first message."""
    labels = {name: dial.label for name, dial in DIALS.items()}
    return [
        {"name": name, "label": labels.get(name, name.capitalize()), "says": says} for name, says in CONTROLS.items()
    ]


def shown(settings: Settings) -> dict[str, Any]:
    """The value of each dial."""
    return {name: dial.out_of(getattr(settings, name)) for name, dial in DIALS.items()}


def turned(name: str, value: object, present: Settings) -> object:
    """What the field `name` of Settings becomes at this value on the page. UserError, in one line, where that cannot
    be."""
    dial = DIALS.get(name)
    if dial is None:
        raise UserError(f"{name}: no such control; there are {', '.join(DIALS)}")
    key = BY_PATH[dial.path]
    whole = isinstance(key.kind, Number) and key.kind.whole
    raw = int(value) if whole and isinstance(value, float) and value.is_integer() else value
    try:
        checked = key.kind.check(raw)
    except ValueError:
        raise UserError(f"{name} = {value!r}: accepted is {key.kind.accepted}") from None
    if (name == "low" and checked > present.high) or (name == "high" and checked < present.low):  # type: ignore[operator]
        raise UserError(f"{name} = {value!r}: the lowest note is to be no higher than the highest")
    return dial.into(checked)


def _described(name: str, dial: Dial) -> dict[str, Any]:
    key = BY_PATH[dial.path]
    found: dict[str, Any] = {"name": name, "label": dial.label, "says": key.meaning}
    found |= {"kind": "choice", "low": 0, "high": 0, "step": 0, "choices": []}
    match key.kind:
        case Number(low, high, _, whole):
            found |= {"kind": "slider", "low": low, "high": high, "step": 1 if whole else 0.01}
        case Choice():
            found["choices"] = [*MODES] if name == "mode" else [*key.kind.choices]
        case KeyOr():
            found["choices"] = [*_keys()]
        case Meter():
            found["choices"] = [*METERS]
    return found


def _keys() -> Iterator[str]:
    yield from ("auto", "off")
    for scale in ("major", "minor"):
        yield from (f"{tonic} {scale}" for tonic in TONICS)
