"""Opening the ports that the settings name, on the first MIDI system that has them. Runs in the port process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from improv.errors import UserError
from improv.ports import apis, wire
from improv.ports.names import find
from improv.ports.plugs import Board, Plug
from improv.ports.reports import IN, OUT, Direction, Opened, PortInfo, PortSettings


class NoSystem(UserError):
    """No MIDI system opens here."""


Announce = Callable[[str], None]  # told the name of the MIDI system that is about to be touched


@dataclass(frozen=True, slots=True)
class Ports:
    """Open ports, and how they are called; one for the clock alone is the last of the inputs."""

    board: Board
    opened: Opened

    def close(self) -> None:
        """Close all, the output last to hold its tongue."""
        for port in (*self.board.inputs, self.board.output):
            port.close()


def open_first(settings: PortSettings, failed: Sequence[tuple[str, str]], announce: Announce) -> Ports:
    """Open the ports on the first system that has them all.

    `failed` names systems that crashed or hung before, and how. If no system has them all, the first that opens is
    used where the settings say that ports may be waited for. Else UserError, with the candidates of each that opened;
    NoSystem if none opens.
    """
    problems = list(failed)
    errors: list[UserError] = []
    opening: list[str] = []  # systems that open, but lack a port
    for api in _untried(settings.api, problems):
        announce(api)
        try:
            return _open(settings, api, lenient=False)
        except wire.Unavailable as error:
            problems.append((api, str(error)))
        except UserError as error:
            opening.append(api)
            errors.append(error)
    if settings.waits and opening:
        announce(opening[0])
        return _open(settings, opening[0], lenient=True)
    if errors:
        raise errors[0] if len(errors) == 1 else UserError("; ".join(str(error) for error in errors))
    raise NoSystem(apis.none_opened(problems))


class Lookout:
    """Sees the ports of every system that opens (or of the one that is set), and opens none."""

    def __init__(self, setting: str, failed: Sequence[tuple[str, str]]) -> None:
        self._left_out = failed
        self._closed = _untried(setting, failed)
        self._clients: list[tuple[str, Direction, wire.Client]] = []

    @property
    def sees(self) -> bool:
        """Whether a system is open."""
        return bool(self._clients)

    def open(self, announce: Announce = lambda api: None) -> list[tuple[str, str]]:
        """Try the systems that are not open; those that do not open, and why."""
        problems = [*self._left_out]
        for api in [*self._closed]:
            announce(api)
            try:
                self._clients += [(api, direction, wire.Client(api, direction)) for direction in (IN, OUT)]
                self._closed.remove(api)
            except wire.Unavailable as error:
                problems.append((api, str(error)))
        return problems

    def look(self) -> list[PortInfo]:
        """The ports there are now."""
        return [PortInfo(name, direction, api) for api, direction, client in self._clients for name in client.names()]

    def close(self) -> None:
        """See no more."""
        for _, _, client in self._clients:
            client.close()


def list_all(setting: str, failed: Sequence[tuple[str, str]], announce: Announce) -> list[PortInfo]:
    """The ports of every system that opens. UserError if none does."""
    lookout = Lookout(setting, failed)
    problems = lookout.open(announce)
    if not lookout.sees:
        raise UserError(apis.none_opened(problems))
    ports = lookout.look()
    lookout.close()
    return ports


def _untried(setting: str, failed: Sequence[tuple[str, str]]) -> list[str]:
    gone = {api for api, _ in failed}
    return [api for api in apis.candidates(setting, wire.compiled()) if api not in gone]


def _open(settings: PortSettings, api: str, *, lenient: bool) -> Ports:
    """Open all ports on one system; `lenient` leaves those that are not there for later."""
    if settings.looped:
        return _open_loop(api)
    wanted: tuple[str | None, ...] = (None,) if settings.virtual else settings.inputs or (None,)
    plugs: list[Plug] = []

    def plug(name: str | None, direction: Direction) -> Plug:
        one = Plug(lambda: wire.Client(api, direction), name, api, direction)
        plugs.append(one)
        _open_one(one, name, api, lenient=lenient)
        return one

    try:
        inputs = [plug(name, IN) for name in (wanted if settings.listens else ())]
        clock = _clock(settings.clock, inputs, api, plug) if settings.listens and settings.clock else None
        output = plug(None if settings.virtual else settings.output, OUT)
    except (UserError, wire.Unavailable):
        for one in plugs:
            one.close()
        raise
    heard = inputs if clock is None or clock in inputs else [*inputs, clock]
    absent = tuple(port.name for port in (*heard, output) if not port.there)
    names = tuple(port.name for port in inputs)
    namesakes = tuple((port.name, other) for port in (*heard, output) for other in port.namesakes)
    opened = Opened(api, names, output.name, None if clock is None else clock.name, absent, namesakes)
    return Ports(Board(heard, output), opened)


def _open_loop(api: str) -> Ports:
    """An input of improv's own, and an output that plays into it."""
    played = Plug(lambda: wire.Client(api, OUT), None, api, OUT)
    heard = Plug(lambda: wire.Client(api, IN), None, api, IN)
    try:
        before = {*played.client.own_names()}
        _open_one(heard, None, api, lenient=False)
        found = [name for name in played.client.own_names() if name not in before]
        if len(found) != 1:
            raise UserError(f"{apis.TITLES[api]} does not show the port of improv's own that was opened")
        played.join(found[0])
    except (UserError, wire.Unavailable, wire.Taken):
        for one in (heard, played):
            one.close()
        raise
    return Ports(Board([heard], played), Opened(api, (heard.name,), played.name))


def _clock(wanted: str, inputs: Sequence[Plug], api: str, plug: Callable[[str, Direction], Plug]) -> Plug:
    """The port that the clock comes from: one of the inputs, or one more."""
    full = wanted
    if inputs:
        with contextlib.suppress(UserError):
            full = find(wanted, inputs[0].client.names(), api, IN)
    return {one.name: one for one in inputs}.get(full) or plug(wanted, IN)


def _open_one(plug: Plug, name: str | None, api: str, *, lenient: bool) -> None:
    """Open the port that `name` means, or improv's own where it is None."""
    names: list[str] = []
    try:
        if name is None and api not in apis.CAN_BE_VIRTUAL:
            option = {IN: "--in", OUT: "--out"}[plug.direction]
            raise UserError(f"{apis.TITLES[api]} has no ports of improv's own: name one with {option} (improv ports)")
        names = [] if name is None else plug.client.names()
        plug.open(names)
    except wire.Taken as error:
        what = "improv's own port" if name is None else f'the {plug.direction}put port "{plug.name}"'
        raise UserError(f"{what} does not open ({error}): is another program holding it?") from None
    except UserError:
        if not lenient or name is None:
            raise
