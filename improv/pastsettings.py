"""The core's settings as a session's file says them: the file may be damaged, so each is held to what it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from improv.errors import UserError
from improv.keynames import HOLD
from improv.settingkinds import Number
from improv.settings import Settings
from improv.settingtable import BY_PATH, KEYS

_FIELDS = tuple(field.name for field in fields(Settings))
_CHANNEL, _CONTROL = Number(0, 15, whole=True), Number(0, 127, whole=True)


def _all(*kinds: Number) -> Callable[[object], object]:
    """A check of a tuple, field by field."""

    def check(raw: object) -> object:
        if not isinstance(raw, tuple) or len(raw) != len(kinds):
            raise ValueError(raw)
        return tuple(kind.check(one) for kind, one in zip(kinds, raw, strict=True))

    return check


def _state(raw: object) -> object:
    return None if raw is None else _all(_CONTROL, _CHANNEL)(raw)


def _channel_or_none(raw: object) -> object:
    return None if raw is None else _CHANNEL.check(raw)


def _any_text(raw: object) -> object:
    if not isinstance(raw, str):
        raise ValueError(raw)
    return raw


#: What a setting of this name may be: as in the user's table, but where the core has it in another form.
_CHECKS: dict[str, Callable[[object], object]] = {
    **{key.name: key.kind.check for key in KEYS if key.name in _FIELDS and key.section != "controls"},
    "channel_out": _CHANNEL.check,
    "key": lambda raw: raw if raw == HOLD else BY_PATH["harmony.key"].kind.check(raw),
    **dict.fromkeys(("channel_lead", "channel_accompaniment", "channel_left"), _channel_or_none),
    "left_below": Number(0, 127, whole=True).check,
    "temperature": _all(*[Number(0.0, 10.0)] * 5),
    "top_p": _all(*[Number(0.0, 1.0)] * 5),
    "meter": _all(Number(1, 32, whole=True), Number(2, 16, whole=True)),
    "state": _state,
    "take_by": _any_text,
}


def check(name: str, value: object) -> object:
    """The value that the setting `name` had. UserError if this improv has no such setting, or it cannot be that."""
    if name not in _CHECKS:
        raise UserError(f"the session was played by another improv: it has the setting {name!r}")
    try:
        return _CHECKS[name](value)
    except (TypeError, ValueError) as error:
        raise UserError(f"the session's settings are damaged: {name} = {value!r}") from error


def settings(named: Mapping[str, Any]) -> Settings:
    """All of them, by name. UserError as `check`."""
    said = Settings(**{name: check(name, value) for name, value in named.items()})  # type: ignore[arg-type]
    if said.gap_min > said.gap_max or said.low > said.high:
        raise UserError("the session's settings are damaged: a least is above its most")
    return said
