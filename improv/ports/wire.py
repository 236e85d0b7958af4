"""python-rtmidi, and nothing else imports it: it belongs into the port process alone.

Every object here must be closed before the process ends: what was just sent is lost otherwise.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

import rtmidi

from improv.midi import is_broken
from improv.ports.cycles import made_to_run
from improv.ports.names import OWN, is_own
from improv.ports.reports import IN, OUT, Direction

_NUMBER = {
    "alsa": rtmidi.API_LINUX_ALSA,
    "jack": rtmidi.API_UNIX_JACK,
    "coremidi": rtmidi.API_MACOSX_CORE,
    "windows": rtmidi.API_WINDOWS_MM,
}
#: RtMidi's JACK output waits for ever for room in a ring of 16 KiB: a message that never fits must not get there.
_JACK_LONGEST = 16_000
#: How many messages RtMidi keeps for an input until they are asked for, which is every few milliseconds: three seconds
#: of a flood, after which a port process counts as hung.
_QUEUE = 16_384


class Unavailable(Exception):
    """This MIDI system does not open here; the message says why."""


class Taken(Exception):
    """The port is there but does not open: another program has it."""


def compiled() -> tuple[str, ...]:
    """The MIDI systems this python-rtmidi was built with, by improv's names, in its order."""
    names = {number: name for name, number in _NUMBER.items()}
    return tuple(names[number] for number in rtmidi.get_compiled_api() if number in names)


class Client:
    """One direction of one MIDI system, with at most one port open. Unavailable if the system does not open."""

    _run: ClassVar[set[int]] = set()  # the threads by which JACK runs this process's clients

    def __init__(self, api: str, direction: Direction) -> None:
        self._api = api
        self._direction = direction
        self._aside: deque[bytes] = deque()  # what came while nobody looked
        self._dozing = False
        self._let_go: list[Any] = []
        self._midi: Any
        #: The thread of this process by which JACK runs the client; None elsewhere, and where it is not known.
        self.thread: int | None = None
        try:
            if api == "jack":
                self._midi, self.thread = made_to_run(self._made, lambda midi: midi.delete(), self._run)
                self._run.update(() if self.thread is None else (self.thread,))
            else:
                self._midi = self._made()
        except (rtmidi.RtMidiError, RuntimeError) as error:
            raise Unavailable(_line(error)) from None

    def _made(self) -> Any:
        # Client names differ by direction, or JACK would call the second one "improv-01".
        if self._direction == OUT:
            return rtmidi.MidiOut(_NUMBER[self._api], OWN[OUT])
        midi = rtmidi.MidiIn(_NUMBER[self._api], OWN[IN], _QUEUE)
        midi.ignore_types(sysex=False, timing=False, active_sense=False)  # thru passes all on
        return midi

    def names(self) -> list[str]:
        """The full names of the ports there are in this direction, improv's own left out."""
        return [name for name in self._midi.get_ports() if not is_own(name)]

    def own_names(self) -> list[str]:
        """The full names of the ports of improv's own, of every improv that runs."""
        return [name for name in self._midi.get_ports() if is_own(name)]

    def open(self, name: str) -> str:
        """Open the port of this full name; returns the name. Taken if it does not open."""
        try:
            self._midi.open_port(self._midi.get_ports().index(name), OWN[self._direction])
        except (rtmidi.RtMidiError, RuntimeError, ValueError) as error:
            raise Taken(_line(error)) from None
        return name

    def open_virtual(self) -> str:
        """Open a port of improv's own; returns its name. Taken if that fails."""
        try:
            self._midi.open_virtual_port(OWN[self._direction])
        except (rtmidi.RtMidiError, RuntimeError, NotImplementedError) as error:
            raise Taken(_line(error)) from None
        return OWN[self._direction]

    def receive(self) -> list[bytes]:
        """The messages that came in since the last call, in order, each whole."""
        messages = self._put_by()
        while not self._dozing and (message := self._midi.get_message()):
            messages += self._put_by()  # what the callback was given last came before
            messages.append(bytes(message[0]))
        return messages

    def _put_by(self) -> list[bytes]:
        """What was put aside."""
        return [self._aside.popleft() for _ in range(len(self._aside))]

    def doze(self, wake: Callable[[], None]) -> None:
        """Until `attend`, the MIDI system's own thread puts messages aside as they come, and calls `wake`.

        It does no more than that, for it has to wait for the interpreter's lock. A message that comes in the very
        moment in which this is called is put aside by the next call only.
        """
        self.attend()
        self._aside += self.receive()
        self._midi.set_callback(self._put_aside, wake)
        self._dozing = True

    def attend(self) -> None:
        """From now on messages wait until they are asked for."""
        if self._dozing:
            # python-rtmidi frees what it calls, and the system's thread may be waiting for the interpreter's lock with
            # that in its hand: so it lives until the next time.
            self._let_go = gc.get_referents(self._midi)
            self._midi.cancel_callback()
            self._dozing = False

    def _put_aside(self, message: tuple[list[int], float], wake: Callable[[], None]) -> None:
        self._aside.append(bytes(message[0]))
        wake()

    def send(self, data: bytes) -> None:
        """Send one message. What is no message (a piece of one, or a broken one), or too long for JACK, is passed
        over."""
        if is_broken(data) or (self._api == "jack" and len(data) > _JACK_LONGEST):
            return
        try:
            self._midi.send_message(data)
        except ValueError:
            return

    def close(self) -> None:
        """Send what is still in the pipes and close."""
        if self._dozing:  # closing waits for the system's thread, which may be waiting for the interpreter's lock
            self.attend()
            time.sleep(0.002)
        self._midi.close_port()
        self._midi.delete()


def _line(error: Exception) -> str:
    """What RtMidi said, as one line without the name of its function."""
    said = " ".join(str(error).split()).rpartition("::")[2]
    return said.removeprefix("initialize: ").rstrip(".") or type(error).__name__
