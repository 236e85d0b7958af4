"""Opening the ports that the settings name, on the first MIDI system that has them. Runs in the port process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from improv.errors import UserError
from improv.ports import apis, wire
from improv.ports.names import find
from improv.ports.reports import IN, OUT, Direction, Opened, PortInfo, PortSettings

Announce = Callable[[str], None]  # told the name of the MIDI system that is about to be touched


@dataclass(frozen=True, slots=True)
class Ports:
    """Open ports, and how they are called; one for the clock alone is the last of the inputs."""

    inputs: tuple[wire.Client, ...]
    output: wire.Client
    opened: Opened

    def close(self) -> None:
        """Close all, the output last to hold its tongue."""
        for port in self.inputs:
            port.close()
        self.output.close()


def open_first(settings: PortSettings, failed: Sequence[tuple[str, str]], announce: Announce) -> Ports:
    """Open the ports on the first system that has them all.

    `failed` names systems that crashed or hung before, and how. UserError if no system has the ports, with
    the candidates of the first that opened, or if none opens.
    """
    problems = list(failed)
    errors: list[UserError] = []
    for api in _untried(settings.api, problems):
        announce(api)
        try:
            return _open(settings, api)
        except wire.Unavailable as error:
            problems.append((api, str(error)))
        except UserError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else UserError("; ".join(str(error) for error in errors))
    raise UserError(apis.none_opened(problems))


def list_all(setting: str, failed: Sequence[tuple[str, str]], announce: Announce) -> list[PortInfo]:
    """The ports of every system that opens. UserError if none does."""
    problems = list(failed)
    ports: list[PortInfo] = []
    opened = 0
    for api in _untried(setting, problems):
        announce(api)
        try:
            for direction in (IN, OUT):
                client = wire.Client(api, direction)
                ports += [PortInfo(name, direction, api) for name in client.names()]
                client.close()
            opened += 1
        except wire.Unavailable as error:
            problems.append((api, str(error)))
    if not opened:
        raise UserError(apis.none_opened(problems))
    return ports


def _untried(setting: str, failed: Sequence[tuple[str, str]]) -> list[str]:
    gone = {api for api, _ in failed}
    return [api for api in apis.candidates(setting, wire.compiled()) if api not in gone]


def _open(settings: PortSettings, api: str) -> Ports:
    wanted: tuple[str | None, ...] = (None,) if settings.virtual else settings.inputs or (None,)
    if not settings.listens:
        wanted = ()
    clients: list[wire.Client] = []
    try:
        names = []
        for name in wanted:
            clients.append(wire.Client(api, IN))
            names.append(_open_one(clients[-1], name, api, IN))
        clock = _open_clock(settings.clock, names, clients, api) if settings.listens and settings.clock else None
        clients.append(wire.Client(api, OUT))
        output = _open_one(clients[-1], None if settings.virtual else settings.output, api, OUT)
    except (UserError, wire.Unavailable):
        for client in clients:
            client.close()
        raise
    return Ports(tuple(clients[:-1]), clients[-1], Opened(api, tuple(names), output, clock))


def _open_clock(wanted: str, names: list[str], clients: list[wire.Client], api: str) -> str:
    """Open the port that the clock comes from, unless it is among `names`, which are open; its full name."""
    client = wire.Client(api, IN)
    clients.append(client)
    full = find(wanted, client.names(), api, IN)
    if full in names:
        client.close()
        clients.remove(client)
        return full
    return _open_one(client, full, api, IN)


def _open_one(client: wire.Client, name: str | None, api: str, direction: Direction) -> str:
    """Open the port that `name` means, or improv's own where it is None."""
    try:
        if name is not None:
            full = find(name, client.names(), api, direction)
            return client.open(full)
        if api not in apis.CAN_BE_VIRTUAL:
            option = {IN: "--in", OUT: "--out"}[direction]
            raise UserError(f"{apis.TITLES[api]} has no ports of improv's own: name one with {option} (improv ports)")
        return client.open_virtual()
    except wire.Taken as error:
        what = "improv's own port" if name is None else f'the {direction}put port "{full}"'
        raise UserError(f"{what} does not open ({error}): is another program holding it?") from None
