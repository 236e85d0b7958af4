"""`improv calibrate`: its options, its wiring, and where what was found is saved."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from improv import config

OPTIONS = ("--in", "--out", "--api", "--virtual", "--channel-out", "--sync", "--clock")


def add(commands: Any, add_command: Callable[..., argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The command's parser."""
    about = "Tap along twice, and improv knows how late your synth or DAW sounds and how late your keys come."
    calibrate: argparse.ArgumentParser = add_command(commands, "calibrate", about)
    config.add_options(calibrate, OPTIONS)
    return calibrate


def calibrate(named: Path | None, options: config.Values) -> int:
    """Find both offsets on the ports the settings name, with the person there, and save them. Raises UserError."""
    from improv import calibration, clock
    from improv.ports.link import open_ports
    from improv.reception import Reception
    from improv.settingup import present, save
    from improv.settled import hearing, port_settings

    settled = config.settle(named, options)
    target, old = present(named)
    with contextlib.closing(open_ports(port_settings(settled))) as link:
        opened = link.opened
        print(f"Hearing {' + '.join(opened.inputs)}; clicks go to {opened.output}.", flush=True)
        reception = Reception(opened.clock_number, len(opened.inputs), hearing(settled))
        world = calibration.World(link, reception, clock.now, _say, _flash)
        channel = settled.whole("ports.channel_out") - 1
        found = calibration.calibrate(world, channel, settled.text("time.sync") == "clock")
    save(target, old, {"time.offset_ms": found.offset_ms, "time.input_offset_ms": found.input_offset_ms})
    print(
        f"improv's notes are heard {found.offset_ms:g} ms late and are sent as much earlier now; yours come "
        f"{found.input_offset_ms:g} ms after you mean them, and are placed there. Saved to {target}."
    )
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


def _flash(on: bool) -> None:
    """A bar that comes and goes on the terminal's last line."""
    print("\r" + ("#" * 40 if on else " " * 40), end="" if on else "\r", file=sys.stdout, flush=True)
