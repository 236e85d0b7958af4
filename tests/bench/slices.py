"""How long a slice of thinking takes, by what it is: `python -m tests.bench.slices [--answers N] [--turns N]`.

A key that goes down waits for the slice that runs. Milliseconds of a processor, first of drafting answers to the short
phrase (improv.modes.drafts), then of the turns between the keys of `tests.bench.prepared`'s scale in harmonize and in
accompany, where what comes next is thought of; the turn that a key itself causes among them.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from improv import live, providers
from improv.bench.drafting import begun
from improv.encoding import Rows
from improv.events import NoteOn
from improv.improviser import Improviser
from improv.resources import default_model
from improv.settings import Settings
from improv.step import Controls, Floats, Step, StepModel
from tests.bench import prepared


class Slices:
    """A model whose runs are looked at, and milliseconds by what was done."""

    def __init__(self, model: StepModel) -> None:
        self._model = model
        self.encoding, self.velocity, self.start = model.encoding, model.velocity, model.start
        self._run: tuple[int, int] | None = None
        self.spent: defaultdict[str, list[float]] = defaultdict(list)

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        self._run = (rows.shape[0], rows.shape[1])
        return self._model.step(rows, dials, state, how)

    def of(self, work: Callable[[], Any], name: str = "what is decided around a note") -> None:
        self._run, began = None, time.thread_time()
        work()
        ended = time.thread_time()
        found: tuple[int, int] | None = self._run  # as the work has left it
        named = name if found is None else f"a run for {found[0]} that read {found[1]}"
        self.spent[named].append(1e3 * (ended - began))

    def __str__(self) -> str:
        lines = [(name, each) for name, each in sorted(self.spent.items())]
        lines.append(("all", [one for each in self.spent.values() for one in each]))
        told = [(name, len(each), *np.quantile(each, (0.5, 0.9, 0.99)), max(each)) for name, each in lines]
        return "\n".join("  {:32} {:6d}  {:7.3f} {:7.3f} {:7.3f} {:7.3f}".format(*one) for one in told)


def drafting(slices: Slices, answers: int) -> None:
    """Draft so many answers, from the reading on, each time of six."""
    for seed in range(-(-answers // 6)):
        making = begun(slices, Settings(), 6, seed)
        while not making.idle:
            slices.of(making.think)


def playing(slices: Slices, mode: str, turns: int) -> None:
    """The first turns of a session in which the scale is played; each takes 0.4 ms of its clock."""
    core = Improviser(slices, replace(Settings(), mode=mode, harmonic_rhythm=0.0), np.random.default_rng(0))
    left, now = prepared.scale()[::-1], 0.0
    for _ in range(turns):
        wake = core.wake_at()
        now = max(now, min(left[-1].at, left[-1].at if wake is None else wake))
        heard = [left.pop()] if left[-1].at <= now else []
        for event in heard:
            core.hear(event)
        key = any(isinstance(event, NoteOn) for event in heard)
        slices.of(lambda: core.turn(now), "a turn with a key" if key else "a turn without a run")  # noqa: B023
        now += 0.0004


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=36)
    parser.add_argument("--turns", type=int, default=3000)
    said = parser.parse_args()
    model = providers.load_to_play(default_model())
    live.go_first()
    print(f"{'':34} {'count':>6}  {'median':>7} {'90 %':>7} {'99 %':>7} {'most':>7}   ms")
    for name in ("drafting", *prepared.MODES):
        slices = Slices(model)
        if name == "drafting":
            drafting(slices, said.answers)
        else:
            playing(slices, name, said.turns)
        print(f"{name}\n{slices}", flush=True)
    print(f"load of the machine meanwhile: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
