"""`improv setup`: find the keyboard by playing it and the synth by hearing it, and say what may be wrong.

The talk is with a person, so everything it does in the world is handed in: ports, clock, question, answer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from improv.engine import Link
from improv.errors import UserError
from improv.events import NoteOn
from improv.midi import Parser
from improv.plan import PlannedNote, Play
from improv.ports.reports import IN, OUT, Heard, Lost, PortInfo, PortSettings

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
CHORD = (60, 64, 67, 72)
#: Seconds the chord sounds, and the seconds a person gets to walk to the keyboard and play a key.
CHORD_LENGTH = 1.5
PATIENCE = 30.0

NOTHING_HEARD = """\
Heard nothing. The usual causes:
  - the keyboard is off, or its cable carries charge but no data
  - another program has the port (on Windows only one program can have it): close it
  - the keyboard sends nothing over USB until its settings say so (Local/MIDI out)"""
NOT_HEARD = """\
The usual causes:
  - the DAW's track is not armed, or does not monitor its input
  - the track listens to another MIDI channel: improv plays on channel {channel}
  - the port is taken by another program, or the wrong one of several
  - the bus is off: on macOS, Audio MIDI Setup, IAC Driver, "Device is online";
    on Windows, loopMIDI must be running
  - the track has no instrument, or its volume is down"""
OWN_PORT = 'an own port, "improv out", that your DAW or synth connects to'


class SetupLink(Link, Protocol):
    """A link that can be closed, to open another."""

    def close(self) -> None:
        """End it with nothing sounding."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """What setup needs of the world: ports to list and open, a clock, and a person to talk with.

    `ask` prints a question and returns the line typed; `own_ports` is whether the platform can open own ports.
    """

    list_ports: Callable[[], Sequence[PortInfo]]
    open_ports: Callable[[PortSettings], SetupLink]
    now: Callable[[], float]
    say: Callable[[str], None]
    ask: Callable[[str], str]
    own_ports: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: the keyboard's port, the synth's (empty: an own port), and the channel it hears (1-16)."""

    keyboard: str
    output: str
    channel: int


def pitch_name(pitch: int) -> str:
    """The name of a MIDI pitch, 0-127; 60 is C4."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def converse(world: World, api: str, channel: int) -> Found:
    """Find keyboard and synth. Raises UserError if there is nothing to find, or the person gives up."""
    ports = world.list_ports()
    inputs = list(dict.fromkeys(port.name for port in ports if port.direction == IN))
    outputs = list(dict.fromkeys(port.name for port in ports if port.direction == OUT))
    if not inputs:
        raise UserError("no MIDI input port; connect the keyboard and switch it on, then run 'improv setup' again")
    if not outputs and not world.own_ports:
        raise UserError("no MIDI output port; start your synth or a loopback such as loopMIDI, then try again")
    keyboard = _find_keyboard(world, api, inputs, outputs)
    output, channel = _find_output(world, api, keyboard, outputs, channel)
    return Found(keyboard, output, channel)


def _find_keyboard(world: World, api: str, inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """Ask for a key until one is heard; the full name of the port it came from."""
    free = _free(world, api, inputs, outputs)
    while True:
        world.say("Listening on: " + ", ".join(free) + "\nPlay a key on your keyboard.")
        with contextlib.closing(world.open_ports(_settings(world, api, free, outputs))) as link:
            heard = _await_key(world, link)
        if heard is not None:
            port, pitch = heard
            world.say(f"Heard {pitch_name(pitch)} on {free[port]}.")
            return free[port]
        world.say(NOTHING_HEARD)
        if not _yes(world, "Try again?"):
            raise UserError("no keyboard found; 'improv ports' lists what there is")


def _free(world: World, api: str, inputs: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """The inputs that open; those that do not (taken by another program) are named and left out."""
    free, complaint = [], ""
    for name in inputs:
        try:
            world.open_ports(_settings(world, api, [name], outputs)).close()
            free.append(name)
        except UserError as error:
            complaint = str(error)
            world.say(f"Left out: {error}")
    if not free:
        raise UserError(complaint)
    return free


def _settings(world: World, api: str, inputs: Sequence[str], outputs: Sequence[str]) -> PortSettings:
    """For listening only; where own ports cannot be had, some output has to be opened along with the inputs."""
    return PortSettings(tuple(inputs), None if world.own_ports else outputs[0], api)


def _await_key(world: World, link: Link) -> tuple[int, int] | None:
    """Port number and pitch of the first key that goes down, or None after PATIENCE seconds."""
    parsers: dict[int, Parser] = {}
    deadline = world.now() + PATIENCE
    while (left := deadline - world.now()) > 0:
        for report in link.wait(left):
            if isinstance(report, Lost):
                raise UserError(report.message)
            if isinstance(report, Heard):
                events = parsers.setdefault(report.port, Parser()).feed(report.data, report.at)
                for event in events:
                    if isinstance(event, NoteOn):
                        return report.port, event.pitch
    return None


def _find_output(world: World, api: str, keyboard: str, outputs: Sequence[str], channel: int) -> tuple[str, int]:
    """Play a chord where the person says until it is heard; the port's name (empty: an own one) and the channel."""
    choices = [*outputs, *([""] if world.own_ports else [])]
    while True:
        output = _choose(world, choices)
        try:
            link = world.open_ports(PortSettings((keyboard,), output or None, api))
        except UserError as error:
            world.say(f"That one does not open: {error}")
            continue
        with contextlib.closing(link):
            if not output:
                world.ask('Connect "improv out" to your synth now, then press Enter.')
            heard_on = _until_heard(world, link, channel)
        if heard_on is not None:
            return output, heard_on


def _until_heard(world: World, link: Link, channel: int) -> int | None:
    """Play the chord until it is heard; on which channel, or None if the person wants another port."""
    while True:
        _play_chord(world, link, channel)
        if _yes(world, f"That was a chord on channel {channel}. Did you hear it?"):
            return channel
        world.say(NOT_HEARD.format(channel=channel))
        reply = world.ask("Enter: again; 1-16: on that channel; p: another port; q: end unsaved.").strip().lower()
        if reply == "q":
            raise UserError("setup ended, nothing saved")
        if reply == "p":
            return None
        if reply.isdecimal() and 1 <= int(reply) <= 16:
            channel = int(reply)


def _choose(world: World, outputs: Sequence[str]) -> str:
    """The output the person picks from a numbered list."""
    world.say("Where should improv play?")
    for number, name in enumerate(outputs, 1):
        world.say(f"  {number}  {name or OWN_PORT}")
    while True:
        reply = world.ask("Number [1]:").strip() or "1"
        if reply.isdecimal() and 1 <= int(reply) <= len(outputs):
            return outputs[int(reply) - 1]
        world.say(f"A number from 1 to {len(outputs)}, please.")


def _play_chord(world: World, link: Link, channel: int) -> None:
    """Play the chord and stay until it has ended."""
    onset = world.now() + 0.05
    link.send(Play(tuple(PlannedNote(onset, pitch, 80, CHORD_LENGTH, channel - 1) for pitch in CHORD)))
    while (left := onset + CHORD_LENGTH + 0.1 - world.now()) > 0:
        for report in link.wait(left):
            if isinstance(report, Lost):
                raise UserError(report.message)


def _yes(world: World, question: str) -> bool:
    """A yes or no, asked until it is one; Enter is yes."""
    while True:
        reply = world.ask(f"{question} [Y/n]").strip().lower()
        if reply in ("", "y", "yes"):
            return True
        if reply in ("n", "no"):
            return False
