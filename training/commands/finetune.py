"""`improv-train finetune`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from improv.errors import UserError
from training.needs import import_quietly, need
from training.options import OWN_VOICE, fraction, positive, positive_number
from training.progress import Complaints, progress

SHORT = "a trained network to your own recordings"
LONG = """Adapt a trained network to your own playing: minutes on a laptop, where a new one takes hours and far
more music. Whole recordings are held out (of a single one, its end); training stops when they are predicted
no better, and what is written is the best seen, at worst the network as it was. Prints bits a note on the
held-out music before and after. The folder receives best.onnx, ready to play: improv --model OUT/best.onnx"""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    where = "a .keras file with its .json beside it, or 'default' for the one that comes with improv (the default)"
    add("model", nargs="?", metavar="MODEL.keras", help=where)
    add(
        "music",
        nargs="+",
        metavar="MIDI_DIR",
        help="folder with recordings or improv's sessions; several are taken together",
    )
    add("-o", "--output", type=Path, metavar="OUT", help="folder to write to (default: runs/ and the music's name)")
    add("--minutes", type=positive_number, help="train no longer than this (default: 10, unless --steps is given)")
    add("--steps", type=positive, help="train no more than so many batches")
    add("--learning-rate", type=positive_number, default=3e-4, help="at its peak (default: %(default)s)")
    add("--batch", type=positive, default=16, help="items in a batch (default: %(default)s)")
    add("--crop", type=positive, default=256, help="notes to predict in each item of a batch (default: %(default)s)")
    add("--validate-every", type=positive, default=20, help="in steps (default: %(default)s)")
    add(
        "--patience",
        type=positive,
        default=5,
        help="validations without progress until it stops (default: %(default)s)",
    )
    add("--share", type=fraction, default=0.15, help="share of the notes to hold out (default: %(default)s)")
    add("--own-voice", action="store_true", help=OWN_VOICE)
    add("--licence", default="", help="the licence of the adapted weights (default: as the start's)")
    add("--seed", type=int, default=0, help="same seed, same random numbers (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")


def run(options: argparse.Namespace) -> None:
    """Adapt a trained network to recordings."""
    need("keras", "tensorflow", "tf2onnx", "symusic", "rich", "matplotlib")
    start, music = start_and_music(options)
    from training.corpus import ingest

    complaints = Complaints()
    with progress("reading") as tell:
        corpus = ingest(music, own=options.own_voice, complain=complaints, progress=tell)
    complaints.sum_up()
    os.environ["KERAS_BACKEND"] = "tensorflow"  # the ONNX file is part of what is asked, see export
    import_quietly("tensorflow")
    from training.building import Settings
    from training.finetune import finetune, hold_out, table

    corpus = hold_out(corpus, options.share)
    values = {name: getattr(options, name) for name in Settings.__dataclass_fields__ if hasattr(options, name)}
    if options.steps is None and options.minutes is None:
        values["minutes"] = 10.0
    name = music[0].resolve().stem
    folder = options.output or Path("runs") / name
    about = f"{name} ({len(set(corpus.names.tolist()))} recordings)"
    adapted = finetune(
        start, corpus, folder, Settings(**values), music=about, licence=options.licence, quiet=options.quiet
    )
    for line in adapted.warnings:
        print(f"improv-train: warning: {line}", file=sys.stderr)
    held = [corpus.piece(index) for index in corpus.pieces("validation")]
    print(f"bits a note on what was held out of {name} ({sum(map(len, held)):,} notes in {len(held)} pieces):")
    print(table(adapted))
    print(f"written to {folder}; next: improv --model {adapted.model}")


def start_and_music(options: argparse.Namespace) -> tuple[Path, list[Path]]:
    """Which network to start from, and the music: the network may be left out."""
    from improv.resources import default_model

    start, music = options.model, [Path(path) for path in options.music]
    if music[0].suffix == ".keras" or (start is None and options.music == ["default"]):
        raise UserError(f"finetune {music[0]}: name a folder of recordings after it")
    if start is not None and start != "default" and Path(start).suffix != ".keras":
        if not Path(start).exists():
            raise UserError(f"{start}: no such file or folder; expected a .keras file, 'default', or recordings")
        start, music = None, [Path(start), *music]
    return (default_model().with_suffix(".keras") if start in (None, "default") else Path(start)), music
