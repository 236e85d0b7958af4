"""`improv-train dials`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from improv.errors import UserError
from training.needs import need
from training.options import positive, positive_number
from training.progress import Complaints, progress

SHORT = "whether a model does what its dials ask for"
LONG = """Turn each dial (density, register, loudness) to five settings, all else equal, let the model go on from the
middle of pieces it has not seen, and say what came: notes a second, mean pitch, mean velocity. And say what a dial
costs: bits a note when the model is told what the music will be like, and when it is told something else."""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("model", type=Path, metavar="MODEL.onnx", help="what 'improv-train export' wrote")
    add("music", nargs="+", type=Path, metavar="MIDI_DIR", help="folder with pieces the model has not seen")
    add("--prompts", type=positive, default=8, metavar="N", help="of each folder (default: %(default)s)")
    add("--seconds", type=positive_number, default=20.0, help="of each continuation (default: %(default)g)")
    add("--workers", type=positive, help="processes that play (default: one a core)")
    add("--seed", type=int, default=0, help="same seed, same prompts and same chance (default: %(default)s)")
    add("--json", action="store_true", help="print JSON instead of text")


def run(options: argparse.Namespace) -> None:
    """Turn a model's dials."""
    need("symusic", "rich")
    from improv.model import load
    from training.asking import cost, report, text, turn
    from training.audition.prompts import choose, read_pieces

    model = load(options.model)
    if not model.reads_dials:
        raise UserError(f"{options.model}: its network reads no dials; train one with --dials above 0")
    complaints = Complaints()
    pieces = read_pieces(options.music, complaints)
    complaints.sum_up()
    prompts = choose(pieces, options.prompts, options.seconds, options.seed)
    workers = options.workers or os.cpu_count() or 1
    with progress("playing") as tell:
        turned = turn(options.model, prompts, options.seconds, seed=options.seed, workers=workers, progress=tell)
    with progress("scoring") as tell:
        costs = cost(model, [piece.notes for piece in pieces], tell)
    found = report(turned, costs)
    print(json.dumps(found) if options.json else text(found))
