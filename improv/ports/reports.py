"""What the port process and the engine say to each other, as values (the engine's commands are improv.plan's)."""

from __future__ import annotations

from dataclasses import dataclass

from improv.events import Heard as Event
from improv.events import ProgramChange

Direction = str  # "in" (improv hears it) or "out" (improv plays on it)
IN: Direction = "in"
OUT: Direction = "out"
#: The accepted values of an `api` setting.
APIS = ("auto", "alsa", "jack", "coremidi", "windows")


@dataclass(frozen=True, slots=True)
class PortSettings:
    """Which ports to open and how.

    `inputs` and `output` are names as a user types them; a direction without one gets a port of improv's own ("improv
    in", "improv out"), and `virtual` gives both directions such a port whatever is named. `looped` opens an input of
    improv's own and an output that plays into it, and nothing else. Without `listens` no input is opened. `clock` is
    the name of the port whose clock is followed, if it has to be one port. `thru` passes the player's bytes on. A
    note-on later than `late_limit` seconds is dropped whole, of those later than `late_soft` every other; no note
    sounds longer than `longest` seconds. With `waits`, ports that are not there are opened as they come, and a MIDI
    system that is not there is waited for.
    """

    inputs: tuple[str, ...] = ()
    output: str | None = None
    api: str = "auto"
    virtual: bool = False
    looped: bool = False
    listens: bool = True
    clock: str | None = None
    thru: bool = False
    late_limit: float = 0.25
    late_soft: float = 0.03
    longest: float = 60.0
    waits: bool = False


@dataclass(frozen=True, slots=True)
class PortInfo:
    """A port of the system: its full name, its direction ("in": improv can hear it), its API."""

    name: str
    direction: Direction
    api: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What was opened: the full names as the system has them. `clock` is the port whose clock is followed, if one was
    named; unless it is one of the inputs, it stands after them in their numbering. `absent` are those that are not
    there yet, called as the user does. `namesakes`: ports that were taken, and others that the same name could mean."""

    api: str
    inputs: tuple[str, ...]
    output: str
    clock: str | None = None
    absent: tuple[str, ...] = ()
    namesakes: tuple[tuple[str, str], ...] = ()

    @property
    def clock_number(self) -> int | None:
        """The number of the input whose clock is followed, if one was named."""
        if self.clock is None:
            return None
        return self.inputs.index(self.clock) if self.clock in self.inputs else len(self.inputs)


#: What is opened where the page is the instrument.
ALONE = Opened("page", ("the page",), "its synth")


@dataclass(frozen=True, slots=True)
class Heard:
    """Bytes came in `at` (absolute seconds) on input number `port` of `Opened`."""

    at: float
    port: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A planned note's note-on left, `lateness` seconds after its `deadline` (absolute seconds)."""

    deadline: float
    lateness: float
    pitch: int
    velocity: int
    channel: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A planned note was too late to begin and was left out."""

    deadline: float
    pitch: int
    velocity: int
    channel: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The ports are gone, and why, in one line. Said once; nothing follows but a new `open_ports`."""

    message: str


@dataclass(frozen=True, slots=True)
class Unplugged:
    """A port that was open has gone; playing goes on with what is left."""

    name: str
    direction: Direction

    def __str__(self) -> str:
        return f"{self.name} is unplugged; playing goes on"


@dataclass(frozen=True, slots=True)
class Plugged:
    """A port has come, and is open."""

    name: str
    direction: Direction

    def __str__(self) -> str:
        return f"{self.name} is plugged in"


@dataclass(frozen=True, slots=True)
class Gone:
    """The MIDI system, or the port process, has gone, and why; a new port process is on its way."""

    reason: str

    def __str__(self) -> str:
        return f"{self.reason}; playing goes on as soon as it is back"


@dataclass(frozen=True, slots=True)
class Back:
    """A new port process has taken over."""

    opened: Opened

    def __str__(self) -> str:
        return f"{self.opened.api} is back"


@dataclass(frozen=True, slots=True)
class Said:
    """Not from a port: events of a player who plays elsewhere, on the page."""

    events: tuple[Event | ProgramChange, ...]


@dataclass(frozen=True, slots=True)
class There:
    """The ports there are, improv's own left out: said at first, and whenever they are others."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


Cable = Unplugged | Plugged | Gone | Back
Report = Heard | Sent | Dropped | Lost | Cable | There | Said


@dataclass(frozen=True, slots=True)
class Quench:
    """From the engine: these keys may still sound from a port process that is gone, on these channels: end them."""

    keys: tuple[tuple[int, int], ...]  # channel, pitch
    channels: tuple[int, ...]
