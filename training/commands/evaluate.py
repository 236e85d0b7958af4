"""`improv-train evaluate`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from training.needs import need
from training.progress import Complaints, progress

SHORT = "bits per note on other music"
LONG = """Score music the model has not seen: bits per note by field (less is better) and how often its
likeliest pitch is the one played. Needs no TensorFlow. Figures of different models compare as long as
the music and --part are the same."""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("model", type=Path, metavar="MODEL.onnx", help="what 'improv-train export' wrote")
    add("music", nargs="+", type=Path, metavar="MIDI_DIR", help="folder with MIDI files; several are scored one by one")
    part = (
        "unsplit: parts are not told and cost nothing; label: the files' parts are told and cost (default: %(default)s)"
    )
    add("--part", choices=["unsplit", "label"], default="unsplit", help=part)
    add("--memory", action="store_true", help="score also with the memory that learns the player as it listens")
    add("--json", action="store_true", help="print JSON instead of a table")


def run(options: argparse.Namespace) -> None:
    """Score music with an exported model."""
    need("symusic", "rich")
    from improv.model import load
    from training.evaluate import Score, evaluate, table

    model = load(options.model)
    complaints = Complaints()
    total, reports = Score(), {}
    for music in options.music:
        with progress("scoring") as tell:
            score = evaluate(
                model,
                [music],
                label=options.part == "label",
                memory=options.memory,
                complain=complaints,
                progress=tell,
            )
        reports[str(music)] = score.report()
        total.add(score)
    complaints.sum_up()
    if options.json:
        print(json.dumps(total.report() | ({"sets": reports} if len(reports) > 1 else {})))
    else:
        print(table(reports | ({"all": total.report()} if len(reports) > 1 else {})))
