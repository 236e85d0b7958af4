"""A knob, pad, pedal or key is bound by moving it: `improv learn NAME`; and what is bound is kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from improv import clock, config
from improv.controlnames import CONTROLS
from improv.controls import Binding, Controls, Lesson
from improv.engine import Link
from improv.errors import UserError
from improv.events import ClockEvent
from improv.midi import Parser
from improv.ports.reports import Heard, Lost
from improv.settingup import present, save
from improv.settled import controls, port_settings

#: Seconds a person gets to move it.
PATIENCE = 30.0


def learn(name: str, named: Path | None, options: config.Values) -> int:
    """Wait until a control moves on the ports the settings name, bind it to `name` and save that. Raises UserError."""
    from improv.ports.link import open_ports

    known(name)
    settled = config.settle(named, options)
    with contextlib.closing(open_ports(port_settings(settled))) as link:
        print(f"Move the control for {name} ({CONTROLS[name][0].lower()}{CONTROLS[name][1:]}).", flush=True)
        found = moved(link, controls(settled), name, clock.now)
    if found is None:
        raise UserError(f"nothing moved on {', '.join(link.opened.inputs)}; 'improv ports' lists the ports there are")
    print(f"{name} is {found} now. Saved to {keep(name, found, named)}.")
    return 0


def known(name: str) -> None:
    """UserError if nothing of this name can be bound."""
    if name not in CONTROLS:
        raise UserError(f"{name}: no such control; there are {', '.join(CONTROLS)}")


def moved(link: Link, bound: Controls, name: str, now: Callable[[], float]) -> Binding | None:
    """The first control that moves on a link's inputs, bound to `name`; None if none does in PATIENCE seconds.
    UserError if it is bound already, or the ports are lost."""
    outcome: list[Binding | UserError] = []
    bound.learn(Lesson(name, outcome.append))
    parsers: dict[int, Parser] = {}
    deadline = now() + PATIENCE
    while not outcome and (left := deadline - now()) > 0:
        for report in link.wait(left):
            if isinstance(report, Lost):
                raise UserError(report.message)
            if isinstance(report, Heard):
                for event in parsers.setdefault(report.port, Parser()).feed(report.data, report.at):
                    if not isinstance(event, ClockEvent):
                        bound.hear(event, report.port)
    for found in outcome:
        if isinstance(found, UserError):
            raise found
        return found
    return None


def keep(name: str, binding: Binding | None, named: Path | None) -> Path:
    """Save that `name` is bound so, or not at all, in the settings file that the next start will read (`named`, if one
    is); that file. Raises UserError."""
    target, old = present(named)
    save(target, old, {f"controls.{name}": "" if binding is None else str(binding)})
    return target
