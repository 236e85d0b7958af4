"""How many reactions take a step of the model: `python -m tests.bench.prepared [MODE ...] [--file FILE] [--turn MS]`.

A session under a simulated clock, in which every turn takes as long as the other (--turn): so what is counted is the
same on every machine. Played is the scale of `tests.bench.reaction`, each key with a harmony of its own, or the lead of
a MIDI file. Of the keys that improv reacts to: how many are met with what was prepared, without asking the model, and
of the others by how many runs, and what it was about them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from improv import midifile, providers
from improv.encoding import Rows
from improv.events import Event, NoteOff, NoteOn
from improv.improviser import Improviser
from improv.resources import default_model
from improv.settings import Settings
from improv.step import Controls, Floats, Step, StepModel

#: The scale's keys, seconds from one to the next, and of these how long a key is held.
SCALE, KEYS, EVERY, HELD = (60, 62, 64, 65, 67, 69, 71, 72), 150, 0.12, 0.7
MODES = ("harmonize", "accompany")
#: Keys before those that are counted: improv comes in with the third.
BEFORE = 4
#: A key farther than so many semitones from the last is far, and one sooner after the last than so many seconds soon.
FAR, SOON = 12, 0.05


class Counted:
    """A model whose runs are counted."""

    def __init__(self, model: StepModel) -> None:
        self._model = model
        self.encoding, self.velocity, self.start = model.encoding, model.velocity, model.start
        self.runs = 0

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        self.runs += 1
        return self._model.step(rows, dials, state, how)


def scale(keys: int = KEYS) -> list[Event]:
    """What `tests.bench.reaction` plays."""
    rng = np.random.default_rng(0)
    starts = 0.5 + EVERY * np.arange(keys) + rng.uniform(0.0, EVERY / 4, keys)
    events: list[Event] = []
    for index, at in enumerate(starts.tolist()):
        pitch = SCALE[index % len(SCALE)]
        events += [NoteOn(at, 0, pitch, 80), NoteOff(at + HELD * EVERY, 0, pitch)]
    return sorted(events, key=lambda event: event.at)


def reactions(model: StepModel, mode: str, events: list[Event], turn: float) -> list[tuple[NoteOn, int]]:
    """Each key, and how many runs of the model its turn took; a turn takes `turn` seconds."""
    counted, now, found = Counted(model), 0.0, []
    core = Improviser(counted, replace(Settings(), mode=mode, harmonic_rhythm=0.0), np.random.default_rng(0))
    left = events[::-1]
    while left:
        wake = core.wake_at()
        now = max(now, min(left[-1].at, left[-1].at if wake is None else wake))
        keys = []
        while left and left[-1].at <= now:
            core.hear(event := left.pop())
            keys += [event] if isinstance(event, NoteOn) else []
        before = counted.runs
        core.turn(now)
        found += [(key, counted.runs - before) for key in keys]
        now += turn
    return found


def told(found: list[tuple[NoteOn, int]]) -> str:
    """How many were prepared, and why the others were not."""
    runs = Counter(count for _, count in found)
    lines = [f"{len(found)} keys, {runs[0]} without a run of the model ({runs[0] / max(1, len(found)):.1%})"]
    lines += [f"  {count} run{'s' * (count > 1)}: {runs[count]}" for count in sorted(runs) if count]
    why: Counter[str] = Counter()
    for (last, _), (key, count) in pairwise(found):
        away, waited = abs(key.pitch - last.pitch), key.at - last.at
        cause = "soon after" if waited < SOON else "far away" if away > FAR else "the same key" if not away else "else"
        why[cause] += count > 0
    return "\n".join([*lines, *(f"  of these {cause}: {count}" for cause, count in why.items() if count)])


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modes", nargs="*", default=MODES)
    parser.add_argument("--file", type=Path, help="play this file's lead (default: the scale)")
    parser.add_argument("--turn", type=float, default=0.4, metavar="MS", help="how long a turn takes")
    said = parser.parse_args()
    events = midifile.read(said.file, "lead") if said.file else scale()
    model = providers.load_to_play(default_model())
    for mode in said.modes:
        found = reactions(model, mode, [event for event in events if isinstance(event, Event)], said.turn / 1000)
        print(f"{mode}: {told(found[BEFORE:])}", flush=True)


if __name__ == "__main__":
    main()
