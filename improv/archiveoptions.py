"""The options of the commands about recorded sessions."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv import config

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Any]


def add(
    commands: Commands, add_command: Callable[[Commands, str, str], argparse.ArgumentParser]
) -> list[argparse.ArgumentParser]:
    """Add the commands; `add_command` adds one, of a name and with a description."""
    sessions = add_command(commands, "sessions", "List the recorded sessions, the latest last.")
    sessions.add_argument(
        "--json", action="store_true", help="print a JSON list of {path, began, seconds, heard, played, size}"
    )
    export = add_command(
        commands, "export", "Write a recorded session as a standard MIDI file with two tracks: player and improv."
    )
    replay = add_command(
        commands,
        "replay",
        "Play a recorded session on a port, or write what would be played to a file: the same on any machine. With "
        "--recompute core and model play it again from what they heard, which gives the same on the same machine; "
        "elsewhere the first note that differs is named.",
    )
    for command in (export, replay):
        command.add_argument(
            "session", metavar="SESSION", nargs="?", help="its name, the beginning of that, or a file (default: latest)"
        )
        command.add_argument("-o", "--output", metavar="OUT.mid", type=Path, help="the MIDI file to write")
    replay.add_argument("--recompute", action="store_true", help="compute it again instead of playing it")
    config.add_options(replay, ("--model", "--out", "--api"))
    return [sessions, export, replay]
