"""Recorded sessions, as the page lists, plays and saves them. Nothing but sessions is read, by names from the list."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from improv import midifile, pastnotes, sessionfolder
from improv.notes import Note
from improv.sessionfile import Reader


def listed(folder: Path) -> list[dict[str, Any]]:
    """The sessions that can be read, the latest first."""
    return [
        {
            **{"name": one.path.stem, "began": None if one.began is None else one.began.timestamp()},
            **{"seconds": one.seconds, "heard": one.heard or 0, "played": one.played or 0, "size": one.size},
        }
        for one in sessionfolder.entries(folder)
        if one.seconds is not None
    ]


def named(folder: Path, name: str) -> Path | None:
    """The file of a session in the list; None if none is called so."""
    return next((one.path for one in sessionfolder.entries(folder) if one.path.stem == name), None)


def latest(folder: Path) -> Path | None:
    """The session that is played now, or was last."""
    return next((one.path for one in sessionfolder.entries(folder)), None)


def notes(path: Path) -> list[dict[str, Any]]:
    """What was played: by, onset (seconds from the beginning), duration, pitch, velocity. Raises UserError."""
    player, improv = pastnotes.played(Reader(path)).notes()
    found = [*_said("player", player), *_said("improv", improv)]
    begin = min((note["onset"] for note in found), default=0.0)
    for note in found:
        note["onset"] -= begin
    return sorted(found, key=lambda note: note["onset"])


def midi(path: Path) -> bytes:
    """The session as a standard MIDI file. Raises UserError."""
    both = pastnotes.played(Reader(path))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "session.mid"
        midifile.write(target, both.player, both.improv)
        return target.read_bytes()


def _said(by: str, played: Sequence[Note]) -> list[dict[str, Any]]:
    return [
        {
            **{"by": by, "onset": note.onset, "duration": note.duration or 0.0},
            **{"pitch": note.pitch, "velocity": note.velocity},
        }
        for note in played
    ]
