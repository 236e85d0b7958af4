"""The port process: holds the ports for an engine, and silences what sounds when the engine is gone.

The engine starts it (improv.ports.starting) and talks to it over a pipe. It stands by until it is told what to be; then
it says `Trying` before it touches a MIDI system, then `Opened` or `Refused`; from then on it obeys commands and
reports. It ends when the engine's end of the pipe closes, however that comes about, or on SIGTERM. Ctrl-C and a closed
terminal do not concern it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, TypeVar

from improv import priority
from improv.errors import UserError
from improv.ports.apis import TITLES
from improv.ports.attention import CLOSELY
from improv.ports.cycles import LeftOut
from improv.ports.loop import Loop
from improv.ports.pipe import Pipe
from improv.ports.reports import IN, OUT, Lost, PortInfo, PortSettings, There
from improv.ports.waiting import ServerGone, Waiter, open_sockets

if TYPE_CHECKING:
    from improv.ports.opening import Lookout, Ports

#: Seconds between two attempts to find a MIDI system that is waited for.
LOOK_FOR_SYSTEM = 0.1
#: Seconds that silencing and closing may take at most.
ENDING = 6.0
#: Seconds between two looks at the ports there are, where nothing else is looked after.
LOOK_AROUND = 0.5
#: After so many looks the MIDI systems that did not open are tried again.
LOOKS = 8
Failed = Sequence[tuple[str, str]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trying:
    """A MIDI system is about to be touched: if nothing more is heard, it was this one."""

    api: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The ports cannot be opened; one line for the user."""

    message: str


def stand_by(connection: Connection[Any, Any]) -> None:
    """The first half of a process's life: load what will be needed, wait for (target, what, failed), be that."""
    _leave_terminal()
    with contextlib.suppress(Exception):  # what is wrong with rtmidi is said to whom asks for it
        _opening()
    try:
        target, what, failed = connection.recv()
    except (EOFError, OSError):
        return  # nobody needs it any more
    target(connection, what, failed)


def serve(connection: Connection[Any, Any], settings: PortSettings, failed: Failed) -> None:
    """The life of a port process. `failed`: systems that an earlier one did not survive, and how."""
    pipe = Pipe(connection)
    waiter = Waiter(connection)
    before = open_sockets()
    first = priority.go_first(priority.PORTS)  # to open is urgent too where another process has died
    ports = _answering(pipe, lambda: _open(pipe, settings, failed))
    if ports is None:
        return
    if ports.opened.api == "jack":  # it has no call that tells of the server's death, but its sockets do
        waiter.watch(before)
    _ask_for_a_fine_timer()
    # A callback of the MIDI system's, which waits for the interpreter's lock, is not to wait long.
    sys.setswitchinterval(0.0001)
    lossy = ports.opened.api == "jack" and not priority.others_first()
    thru = len(ports.opened.inputs) if settings.thru else 0
    limits = {"late_limit": settings.late_limit, "late_soft": settings.late_soft, "longest": settings.longest}
    loop = Loop(
        pipe, waiter, ports.board, thru=thru, closely=CLOSELY if lossy and not first else 0.0, lossy=lossy, **limits
    )
    signal.signal(signal.SIGTERM, lambda *_: loop.end())
    _be_told_of_the_end()
    pipe.send(ports.opened)
    gc.collect()
    gc.freeze()  # what is here stays: no collection needs to look at it
    _run(loop, pipe, ports)


def list_ports(connection: Connection[Any, Any], setting: str, failed: Failed) -> None:
    """The life of a process that lists the ports and is thrown away."""
    pipe = Pipe(connection)
    found = _answering(pipe, lambda: _opening().list_all(setting, failed, lambda api: pipe.send(Trying(api))))
    if found is not None:
        pipe.send(found)
        _hand_over(pipe)


def watch(connection: Connection[Any, Any], setting: str, failed: Failed) -> None:
    """The life of a process that says which ports there are, and says so again whenever they are others."""
    pipe, waiter, before = Pipe(connection), Waiter(connection), open_sockets()
    lookout: Lookout | None = _answering(pipe, lambda: _opening().Lookout(setting, failed))
    if lookout is None:
        return
    lookout.open(lambda api: pipe.send(Trying(api)))
    waiter.watch(before)
    told, looks = None, 0
    try:
        while not pipe.closed:
            if (there := _there(lookout.look())) != told:
                pipe.send(there)
                told = there
            if waiter.sleep(LOOK_AROUND):
                pipe.receive()  # notices an engine that is gone
            looks += 1
            if looks % LOOKS == 0:  # a MIDI system may have come meanwhile
                lookout.open()
                waiter.watch(before)
    except ServerGone:  # the dead system's ports are not to be touched; another process starts over
        os.kill(os.getpid(), signal.SIGKILL)
    _end_in_time()
    lookout.close()


def _there(ports: Sequence[PortInfo]) -> There:
    names = (dict.fromkeys(port.name for port in ports if port.direction == way) for way in (IN, OUT))
    return There(*(tuple(each) for each in names))


def _run(loop: Loop, pipe: Pipe, ports: Ports) -> None:
    """Serve, and whatever ends it, leave nothing sounding."""
    try:
        loop.run()
    except (ServerGone, LeftOut) as error:
        # Nothing can be silenced any more, and touching the dead system's ports may crash or hang.
        why = "the server has gone" if isinstance(error, ServerGone) else "the server does not run improv's ports"
        pipe.send(Lost(f"{TITLES[ports.opened.api]}: {why}"))
        _hand_over(pipe)
        os.kill(os.getpid(), signal.SIGKILL)
    except Exception as error:
        pipe.send(Lost(f"the port process failed: {type(error).__name__}: {error}"))
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end_in_time()
    try:
        loop.silence(time.sleep)
        _hand_over(pipe)
    finally:
        ports.close()


def _open(pipe: Pipe, settings: PortSettings, failed: Failed) -> Ports:
    """Open the ports; if need be, wait until there is a MIDI system. UserError if they do not open."""
    opening, refused = _opening(), False  # a busy server refuses now and then, but not twice
    while True:
        try:
            ports: Ports = opening.open_first(settings, failed, lambda api: pipe.send(Trying(api)))
            return ports
        except opening.NoSystem:
            time.sleep(LOOK_FOR_SYSTEM)
            pipe.receive()  # notices an engine that is gone
            if pipe.closed or (refused and not settings.waits):
                raise
            refused = True


def _answering(pipe: Pipe, work: Callable[[], T]) -> T | None:
    """The result of `work`; or None, and the engine is told in one line why there is none."""
    try:
        return work()
    except UserError as error:
        pipe.send(Refused(str(error)))
    except ImportError as error:
        pipe.send(Refused(f"python-rtmidi does not load ({error}): pip install --force-reinstall python-rtmidi"))
    except Exception as error:
        pipe.send(Refused(f"the ports do not open: {type(error).__name__}: {error}"))
    _hand_over(pipe)
    return None


def _opening() -> Any:
    """The module that brings rtmidi in; late, so that what its libraries write on loading reaches no terminal."""
    from improv.ports import opening

    return opening


def _hand_over(pipe: Pipe) -> None:
    """Give the engine a moment to take what it was sent last."""
    for _ in range(50):
        pipe.flush()
        if pipe.closed or not pipe.waiting:
            return
        time.sleep(0.01)


def _end_in_time() -> None:
    """Where the system can, it ends this process after ENDING seconds, whatever that waits for then: jack_client_close
    has been seen to wait for a lock of libjack's own for ever."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, ENDING)


def _ask_for_a_fine_timer() -> None:
    """On Windows: sleepers there wake every 15.6 ms, or every millisecond while a process wishes so."""
    if sys.platform == "win32":
        import ctypes

        ctypes.WinDLL("winmm").timeBeginPeriod(1)


def _be_told_of_the_end() -> None:
    """On Linux: SIGTERM as soon as the engine's thread that started this process is dead.

    The pipe closes only when all the engine's threads have come to die and its memory is given back: on a busy machine
    after 0.1 s, measured, which is heard. The signal came after 1 ms.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG of linux/prctl.h


def _leave_terminal() -> None:
    """An own session, no Ctrl-C, and no word to the terminal: libjack and ALSA write there by themselves.

    An own session also is a group of its own to Linux' scheduler: other programs' processes, however many, then weigh
    as much as this one.
    """
    with contextlib.suppress(AttributeError, OSError):
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
