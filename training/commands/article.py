"""`improv-train article`."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.needs import import_quietly, need, writing
from training.options import positive
from training.progress import Complaints, progress

SHORT = "the tutorial this began from, end to end"
LONG = """Do what the well-known tutorial on music with WaveNet and LSTM does: notes and chords as music21's words,
windows of 32 of the frequent ones, both networks trained and compared, and what each goes on to play, as MIDI.
The networks cannot be played live. docs/tutorial.md says what is wrong with it all; --faults measures it."""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("music", type=Path, metavar="MIDI_DIR", help="folder with MIDI files of piano music")
    add("-o", "--output", type=Path, default=Path("runs/article"), metavar="OUT", help="folder (default: %(default)s)")
    add("--epochs", type=positive, default=10, help="of training, for each network (default: %(default)s)")
    add("--generate", type=positive, default=10, metavar="N", help="words each goes on by (default: %(default)s)")
    add("--least", type=positive, default=50, metavar="N", help="times a word must be played (default: %(default)s)")
    add("--faults", dest="with_faults", action="store_true", help="measure what the tutorial's faults cost (slow)")
    add("--workers", type=positive, help="processes that read (default: one a core)")
    add("--seed", type=int, default=0, help="same seed, same random numbers (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    """Do what the tutorial does."""
    need("keras", "tensorflow", "music21", "rich", "matplotlib")
    from training.article_tokens import read_folder

    complaints = Complaints()
    with progress("reading") as tell:
        pieces = read_folder(options.music, workers=options.workers, complain=complaints, progress=tell)
    complaints.sum_up()
    import_quietly("tensorflow")
    from training.article_report import tutorial

    values = {name: getattr(options, name) for name in ("epochs", "generate", "least", "seed", "with_faults")}
    writing(options.output, lambda folder: tutorial(list(pieces.values()), folder, **values))
    print(f"written to {options.output}")
