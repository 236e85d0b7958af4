"""`improv setup`: its wiring, and where what was found is saved."""

from __future__ import annotations

import sys
from pathlib import Path

from improv import clock, config
from improv.errors import UserError


def set_up(named: Path | None, options: config.Values) -> int:
    """Find keyboard and synth with the person at the terminal, and save the settings. Raises UserError."""
    from improv import setup as talk
    from improv.ports.link import list_ports, open_ports

    target, old = present(named)
    settled = config.Config({**config.defaults(), **config.parse(target, old), **options})
    api = settled.text("ports.api")
    world = talk.World(lambda: list_ports(api), open_ports, clock.now, print, _ask, sys.platform != "win32")
    found = talk.converse(world, api, settled.whole("ports.channel_out"))
    changes: config.Values = {
        **options,
        "ports.in": (found.keyboard,),
        "ports.out": found.output,
        "ports.channel_out": found.channel,
        "ports.virtual": False,
    }
    save(target, old, changes)
    print(f"Saved to {target}. Now type: improv" + (f" --config {target}" if named else ""))
    return 0


def present(named: Path | None) -> tuple[Path, str]:
    """The settings file that the next start will read, and what it says."""
    target = named or config.find(None) or config.user_file()
    return target, config.text_of(target) if target.exists() else ""


def save(target: Path, old: str, changes: config.Values) -> None:
    """Write a settings file that said `old`, with these changes. Raises UserError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(config.changed(old or config.render(), changes), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); name another file with --config") from error


def _ask(question: str) -> str:
    try:
        return input(f"{question} ")
    except EOFError:
        raise UserError(
            "setup needs a person at the terminal; 'improv ports' lists the ports, config.toml names them"
        ) from None
