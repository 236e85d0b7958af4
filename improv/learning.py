"""`improv learn NAME`: a knob, pad, pedal or key is bound by moving it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from improv import clock, config
from improv.controlnames import CONTROLS
from improv.controls import Binding, binding_of, bindings
from improv.engine import Link
from improv.errors import UserError
from improv.events import ClockEvent
from improv.midi import Parser
from improv.ports.reports import Heard, Lost
from improv.settingup import present, save
from improv.settled import port_settings

#: Seconds a person gets to move it.
PATIENCE = 30.0


def learn(name: str, named: Path | None, options: config.Values) -> int:
    """Wait until a control moves on the ports the settings name, bind it to `name` and save that. Raises UserError."""
    from improv.ports.link import open_ports

    if name not in CONTROLS:
        raise UserError(f"{name}: no such control; there are {', '.join(CONTROLS)}")
    settled = config.settle(named, options)
    with contextlib.closing(open_ports(port_settings(settled))) as link:
        print(f"Move the control for {name} ({CONTROLS[name][0].lower()}{CONTROLS[name][1:]}).", flush=True)
        found = moved(link, clock.now)
    if found is None:
        raise UserError(f"nothing moved on {', '.join(link.opened.inputs)}; 'improv ports' lists the ports there are")
    values = {other: settled.text(f"controls.{other}") for other in CONTROLS}
    bindings({**values, name: str(found)})  # one bound twice is refused
    target, old = present(named)
    save(target, old, {f"controls.{name}": str(found)})
    print(f"{name} is {found} now. Saved to {target}.")
    return 0


def moved(link: Link, now: Callable[[], float]) -> Binding | None:
    """The first control that moves on a link's inputs; None if none does in PATIENCE seconds."""
    parsers: dict[int, Parser] = {}
    deadline = now() + PATIENCE
    while (left := deadline - now()) > 0:
        for report in link.wait(left):
            if isinstance(report, Lost):
                raise UserError(report.message)
            if isinstance(report, Heard):
                for event in parsers.setdefault(report.port, Parser()).feed(report.data, report.at):
                    if not isinstance(event, ClockEvent) and (found := binding_of(event)) is not None:
                        return found
    return None
