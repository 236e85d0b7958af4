"""Port processes that misbehave, for test_link: what runs in the process that the link starts."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection
from typing import Any

from improv.ports.packing import unpacked
from improv.ports.process import Failed, Refused, Trying
from improv.ports.reports import Dropped, Heard, Lost, Opened, PortSettings, There

OPENED = Opened("jack", ("keys",), "synth")
DROPPED = Dropped(0.5, 60, 64, 1)


def crashes_on_alsa(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """As if ALSA's library took the process with it."""
    if not failed:
        connection.send(Trying("alsa"))
        os.kill(os.getpid(), signal.SIGKILL)
    connection.send(Trying("jack"))
    connection.send(Refused("; ".join(f"{api} {how}" for api, how in failed)))


def hangs_on_alsa(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """As if ALSA's library waited for ever."""
    if not failed:
        connection.send(Trying("alsa"))
        time.sleep(600)
    connection.send(Refused("; ".join(f"{api} {how}" for api, how in failed)))


def always_crashes(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """Never gets as far as touching a MIDI system."""
    os.kill(os.getpid(), signal.SIGKILL)


def opens_and_dies(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """Reports once and is gone."""
    connection.send(OPENED)
    connection.send((DROPPED,))


def opens_and_loses(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """Its MIDI system goes away."""
    connection.send(OPENED)
    connection.send(Lost("gone"))


def opens_and_hangs(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """As if JACK's library spun for ever, deaf to everything."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    connection.send(OPENED)
    time.sleep(600)


def answers(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """Says back what it is told, until the engine is gone."""
    connection.send(OPENED)
    while True:
        try:
            connection.send(unpacked(connection.recv_bytes()))
        except EOFError:
            return


def tells_what_it_is_told(connection: Connection[Any, Any], _: PortSettings, failed: Failed) -> None:
    """Reports each command as if it had been heard."""
    connection.send(OPENED)
    while True:
        try:
            connection.send((Heard(0.0, 9, repr(unpacked(connection.recv_bytes())).encode()),))
        except EOFError:
            return


def sees_and_dies(connection: Connection[Any, Any], setting: str, failed: Failed) -> None:
    """Sees a port come, then is gone; a second one leaves out what the first did not survive."""
    if not failed:
        connection.send(Trying("alsa"))
        os.kill(os.getpid(), signal.SIGKILL)
    connection.send(Trying("jack"))
    connection.send(There())
    connection.send(There(("keys",), (setting,)))


def sees_nothing(connection: Connection[Any, Any], setting: str, failed: Failed) -> None:
    """There is no MIDI system at all."""
    connection.send(Refused("none"))
