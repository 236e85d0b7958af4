"""Where the time of a reaction goes: `python -m tests.bench.reaction [MODE ...] [--keys N] [--every SECONDS]`.

A keyboard on a JACK server of its own, a port process and the engine's loop, as they play live; the harmonies change
with every key. Prints a distribution for each stage on the way from a key to what it caused, in milliseconds. "Driver"
is what RtMidi's own times between two messages say, laid so that the quickest of all callbacks came at once.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from improv import live, providers
from improv.clock import now
from improv.engine import Timing, run
from improv.events import Heard as Input
from improv.events import NoteOn
from improv.improviser import Improviser
from improv.plan import Command
from improv.ports import link as link_module
from improv.ports import wire
from improv.ports.lifeline import Lifeline
from improv.ports.loop import Loop
from improv.ports.process import Failed
from improv.ports.process import serve as own_serve
from improv.ports.reports import Heard, PortSettings, Report
from improv.resources import default_model
from improv.settings import Settings
from improv.status import StatusLine
from tests.bench import reaction
from tests.live.jack import Musician, own_server

#: The stages, each with the moment that ends it.
STAGES = {
    "driver to callback": "callback",
    "to the port process's loop": "told",
    "to the engine": "came",
    "heard": "turn",
    "the core's turn": "turned",
    "handed over": "asked",
    "to the port": "out",
}
MODES = ("harmonize", "accompany")
#: Where the port process is told to leave what it noted down; keys before those that are measured.
STAMPS, BEFORE = "IMPROV_BENCH_STAMPS", 4


class Stamps:
    """Moments by name, in order."""

    def __init__(self) -> None:
        self.moments: dict[str, list[float]] = {}

    def put(self, name: str, moment: float | None = None) -> None:
        self.moments.setdefault(name, []).append(now() if moment is None else moment)


def serve(connection: Connection[Any, Any], settings: PortSettings, failed: Failed) -> None:
    """A port process that notes down when it does what."""
    stamps, put_aside, heard = Stamps(), wire.Client._put_aside, Loop._heard

    def callback(self: wire.Client, message: tuple[list[int], float], wake: Any) -> None:
        if message[0][0] & 0xF0 == 0x90:
            stamps.put("callback")
        stamps.put("delta", message[1])
        stamps.put("began", float(message[0][0] & 0xF0 == 0x90))
        put_aside(self, message, wake)

    def told(self: Loop, *what: Any) -> None:
        data = next(one for one in what if isinstance(one, bytes))
        if data[0] & 0xF0 == 0x90:
            stamps.put("told")
        heard(self, *what)

    send = wire.Client.send

    def out(self: wire.Client, data: bytes) -> None:
        send(self, data)
        if data[0] & 0xF0 == 0x90:
            stamps.put("out")

    wire.Client._put_aside, Loop._heard, wire.Client.send = callback, told, out  # type: ignore[method-assign]
    own_serve(connection, settings, failed)
    Path(os.environ[STAMPS]).write_bytes(pickle.dumps(stamps.moments))


class Watched:
    """A link, and a core, that note down when what passes."""

    def __init__(self, link: Lifeline, core: Improviser, stamps: Stamps) -> None:
        self._link, self._core, self._stamps = link, core, stamps
        self._keys = 0

    def wait(self, timeout: float | None) -> list[Report]:
        reports = self._link.wait(timeout)
        keys = sum(isinstance(one, Heard) and one.data[0] & 0xF0 == 0x90 for one in reports)
        for _ in range(keys):
            self._stamps.put("came")
        return reports

    def send(self, command: Command) -> None:
        self._link.send(command)

    def hear(self, event: Input) -> None:
        self._keys += isinstance(event, NoteOn)
        self._core.hear(event)

    def turn(self, moment: float) -> Sequence[Command]:
        self._stamps.moments.setdefault("asked", [])
        keys, self._keys = self._keys, 0
        commands = self._core.turn(moment)
        for _ in range(keys):
            self._stamps.put("turn", moment)
            self._stamps.put("turned")
        return commands

    def wake_at(self) -> float | None:
        return self._core.wake_at()

    def status(self) -> Any:
        return self._core.status()


class Told(Timing):
    """Also notes down when all that came of a key was handed over."""

    def __init__(self, stamps: Stamps) -> None:
        super().__init__()
        self._stamps = stamps

    def turned(self, struck: float | None, moment: float) -> None:
        super().turned(struck, moment)
        if struck is not None:
            self._stamps.put("asked", moment)


def measure(mode: str, keys: int, every: float) -> dict[str, np.ndarray]:
    """Seconds of each stage, an array with a value for each key."""
    rng, settings = np.random.default_rng(0), replace(Settings(), mode=mode, harmonic_rhythm=0.0)
    core = Improviser(providers.load_to_play(default_model()), settings, np.random.default_rng(0))
    live.go_first()
    ours = Stamps()
    with tempfile.TemporaryDirectory() as folder, Musician(keyboard="Test Keys", synth="Test Synth") as musician:
        path = Path(folder) / "stamps"
        os.environ[STAMPS] = str(path)
        link_module.process.serve = reaction.serve  # type: ignore[attr-defined]  # by its name: it is pickled
        link = Lifeline(PortSettings(inputs=("Test Keys",), output="Test Synth", api="jack"))
        pitches = [60, 62, 64, 65, 67, 69, 71, 72]
        starts = 0.5 + every * np.arange(keys) + rng.uniform(0.0, every / 4, keys)
        score = [(float(at), bytes((0x90, pitches[i % 8], 80))) for i, at in enumerate(starts)]
        score += [(float(at) + every * 0.7, bytes((0x80, pitches[i % 8], 0))) for i, at in enumerate(starts)]
        musician.play(sorted(score))
        end = now() + keys * every + 1.5
        watched = Watched(link, core, ours)
        run(watched, watched, Told(ours), StatusLine(sys.stdout, "quiet"), lambda: now() > end)
        link.close()
        theirs: dict[str, list[float]] = pickle.loads(path.read_bytes())
    driver = np.cumsum(theirs["delta"])[np.array(theirs["began"], bool)]
    callback = np.array(theirs["callback"])
    moments = {"driver": driver + (callback - driver).min(), "callback": callback, "told": np.array(theirs["told"])}
    moments |= {name: np.array(ours.moments[name]) for name in ("came", "turn", "turned", "asked")}
    outs = np.array(theirs.get("out", [np.inf]))
    found = np.searchsorted(outs, moments["turn"])
    moments["out"] = np.where(found < len(outs), outs[np.minimum(found, len(outs) - 1)], np.nan)
    names = list(moments)
    taken = {stage: moments[name] - moments[names[names.index(name) - 1]] for stage, name in STAGES.items()}
    last = "out" if mode == "harmonize" else "asked"
    if mode != "harmonize":
        del taken["to the port"]
    taken["all"] = moments[last] - moments["driver"]
    return {stage: seconds[BEFORE:] for stage, seconds in taken.items()}


def main() -> None:
    """Measure on a JACK server of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", default=MODES)
    parser.add_argument("--keys", type=int, default=150)
    parser.add_argument("--every", type=float, default=0.12, help="seconds from key to key")
    said = parser.parse_args()
    with own_server("reaction"):
        for mode in said.modes:
            print(f"{mode:28} {'10 %':>8} {'median':>8} {'90 %':>8} {'99 %':>8}   ms")
            for stage, seconds in measure(mode, said.keys, said.every).items():
                told = 1000 * np.nanquantile(seconds, (0.1, 0.5, 0.9, 0.99))
                print(f"  {stage:26} " + " ".join(f"{one:8.2f}" for one in told))
    print(f"load of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
