"""How well turns are taken: `python -m tests.bench.turns FOLDER [--files N] [--set NAME=VALUE ...]`

Every performance in the folder is streamed uncut to the listener and the turn-taking, as if played live; answers
count but do not sound. A false turn is an answer after which the player begins a note within a second. A true end is
the end of a file, or a pause of more than three seconds in which nothing sounds; its delay runs from the last moment
anything sounds to the answer.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import numpy as np

from improv import midifile
from improv.errors import UserError
from improv.events import Event
from improv.listener import Listener, notes_in
from improv.notes import Note
from improv.panel import Panel
from improv.settings import Settings
from improv.turntaking import TurnTaking

#: A silence this long is a true end, seconds.
TRUE_PAUSE = 3.0
#: How long the simulated clock goes on after the last event.
RUN_ON = 8.0


@dataclass
class Tally:
    minutes: float = 0.0
    answers: int = 0
    false_turns: int = 0
    ends: int = 0
    delays: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        delays = np.array(self.delays or [np.nan])
        found = len(self.delays) / max(self.ends, 1)
        return (
            f"{self.minutes:.0f} min, {self.answers} answers, {self.false_turns / max(self.minutes, 1e-9):.2f} false "
            f"turns/min; {self.ends} true ends, {found:.0%} answered, delay median {np.median(delays):.2f} s, "
            f"p90 {np.quantile(delays, 0.9):.2f} s"
        )


def answers(events: list[Event], settings: Settings) -> tuple[list[float], int]:
    """When improv would have begun to answer, and how many of the answers were false turns."""
    listener, turns = Listener(), TurnTaking(Panel(settings))
    begun: list[float] = []
    for index, event in enumerate(events):
        for _, note in listener.hear(event):
            if note.duration is None:
                turns.heard(note.onset)
        following = events[index + 1].at if index + 1 < len(events) else event.at + RUN_ON
        due = turns.due(listener.quiet_since(settings.hold_limit))
        if due is not None and due < following:
            turns.answered(max(due, event.at))
            begun.append(max(due, event.at))
    return begun, turns.false_turns


def true_ends(notes: list[Note]) -> Iterable[tuple[float, float]]:
    """(last moment of sound, next onset) of every long silence, the one after the end included."""
    quiet_from = float("-inf")
    for index, note in enumerate(notes):
        quiet_from = max(quiet_from, note.onset + (8.0 if note.duration is None else note.duration))
        following = notes[index + 1].onset if index + 1 < len(notes) else float("inf")
        if following - quiet_from > TRUE_PAUSE:
            yield quiet_from, following


def measure(events: list[Event], settings: Settings, tally: Tally) -> None:
    begun, false_turns = answers(events, settings)
    notes = notes_in(events)
    tally.minutes += (events[-1].at - events[0].at) / 60
    tally.answers += len(begun)
    tally.false_turns += false_turns
    moments = np.array(begun)
    before = notes[0].onset
    for quiet_from, following in true_ends(notes):
        tally.ends += 1
        # An answer to a held chord (hold_limit) may begin while it still sounds: its delay is negative.
        fitting = moments[(moments > max(before, quiet_from - 4.0)) & (moments < following)]
        if len(fitting):
            tally.delays.append(float(fitting[-1] - quiet_from))
        before = following


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=40, help="at most so many, evenly picked (default 40)")
    parser.add_argument("--part", choices=("all", "lead"), default="all")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a field of Settings")
    said = parser.parse_args()
    known = {field.name for field in fields(Settings)}
    changes = {name: float(value) for name, value in (item.split("=") for item in said.set) if name in known}
    settings = replace(Settings(), **changes)
    paths = sorted(said.folder.rglob("*.mid"))
    tally = Tally()
    for path in paths[:: max(1, len(paths) // said.files)][: said.files]:
        try:
            measure(midifile.read(path, said.part), settings, tally)
        except UserError as error:
            print(error)
    print(tally)


if __name__ == "__main__":
    main()
