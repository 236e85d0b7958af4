"""The commands about recorded sessions: `improv sessions`, `export` and `replay`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from improv import app, config, jamfile, midifile, pastnotes, replay, sessionfolder
from improv.errors import UserError
from improv.improviser import Improviser
from improv.recall import Remembrance
from improv.recording import fingerprint, machine, where
from improv.sessionfile import Reader, Record, Stumble
from improv.signals import stop_signals


def sessions(settled: config.Config, as_json: bool) -> int:
    """Print the recorded sessions, the latest last; as JSON, a list of {path, began, seconds, heard, played, size}."""
    folder = where(settled)
    found = sessionfolder.entries(folder)[::-1]
    if as_json:
        print(json.dumps([_as_dict(entry) for entry in found], indent=2))
        return 0
    if not found:
        print(f"no session is recorded yet in {folder}")
    for entry in found:
        print(_listed(entry))
    return 0


def _as_dict(entry: sessionfolder.Entry) -> dict[str, Any]:
    began = None if entry.began is None else entry.began.isoformat()
    return {**dataclasses.asdict(entry), "path": str(entry.path), "began": began}


def _listed(entry: sessionfolder.Entry) -> str:
    if entry.seconds is None:
        return f"{entry.path.stem:<20} damaged: it says not what it is"
    minutes, seconds = divmod(round(entry.seconds), 60)
    length = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    counts = f"heard {entry.heard:>6}   played {entry.played:>6}"
    return f"{entry.path.stem:<20} {length:>9}   {counts}   {entry.size / 1e6:8.1f} MB"


def open_session(settled: config.Config, wanted: str | None) -> Reader:
    """The session a user means; None is the latest. Raises UserError."""
    return Reader(sessionfolder.choose(where(settled), wanted))


def again(settled: config.Config, session: str | None, output: Path | None, recompute: bool) -> int:
    """Play a recorded session on a port, or (`recompute`) compute it again; then 1 if it came out otherwise.

    With `output` it is written there as a MIDI file instead. Raises UserError.
    """
    reader = open_session(settled, session)
    if recompute:
        return _recompute(settled, reader, output)
    if output is not None:
        return export(reader, output)
    from improv.ports.link import open_ports

    both = pastnotes.played(reader)
    with stop_signals() as stopping, contextlib.closing(open_ports(app.only_out(settled))) as link:
        return app.exit_code(jamfile.play_on(link, both.player, both.improv, stopping))


def export(session: Reader, output: Path | None) -> int:
    """Write a session as a MIDI file of two tracks. Raises UserError."""
    target = Path(f"{session.path.stem}.mid") if output is None else output
    both = pastnotes.played(session)
    midifile.write(target, both.player, both.improv)
    print(f"Written to {target}: track 1 is the player, track 2 improv.")
    return 0


def _recompute(settled: config.Config, session: Reader, output: Path | None) -> int:
    """Compute a session again and say how far it comes out the same: 0 if wholly, else 1. Raises UserError.

    What was computed is written to `output`, if there is one, as far as it came out the same.
    """
    model = app.model_file(settled)
    was, found = session.head.model.get("sha256"), fingerprint(model)
    if was != found["sha256"]:
        name = session.head.model.get("file")
        raise UserError(f"{model}: not the model the session was played with ({name}); name that with --model")
    network, kept = app.load_to_play(settled), replay.remembered(session.head)
    remembrance = None if kept is None else Remembrance(network.encoding, kept)
    rng = np.random.default_rng(session.head.seed)
    core = Improviser(network, replay.settings(session.head), rng, remembrance)

    def fail_again(record: Record) -> None:
        if isinstance(record, Stumble):
            network.failing.add(record.step)

    result = replay.recompute(session, core, fail_again)
    if output is not None:
        midifile.write(output, result.played.player, result.played.improv)
    if result.difference is not None:
        print(f"The same for {result.turns} turns and {result.notes} notes; then {result.difference}.")
        now = machine(settled.text("model.provider"))
        then = session.head.machine.items()
        differs = [f"{key} {was} then, {now.get(key)} now" for key, was in then if was != now.get(key)]
        print(f"What computes is not the same: {'; '.join(differs)}." if differs else "What computes is the same.")
        return 1
    print(f"The same again, to the bit: {result.turns} turns, {result.notes} notes.")
    if result.ended_early:
        print("Records are missing after that: the disk was full for too long.")
    return int(result.ended_early)
