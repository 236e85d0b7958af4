"""The options of `improv-train`, and the words that explain them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from improv.cli import Parser

WHAT = """Make the models improv plays with, in four steps:

  improv-train ingest MIDI_DIR -o corpus.npz         read music into one file
  improv-train fit corpus.npz -o runs/mine --minutes 30    train a network on it
  improv-train export runs/mine/best.keras -o models/mine.onnx --name mine --data "..." --licence "..."
  improv-train evaluate models/mine.onnx OTHER_MIDI_DIR    judge it on other music

then play with it: improv --model models/mine.onnx

Quicker, and good with less music: improv-train finetune default MIDI_DIR adapts the model that comes with improv."""

INGEST = """Read all MIDI files and scores (MusicXML, Humdrum, ABC) in folders, and the folders in them, into one
corpus file: seconds instead of ticks, notes as long as they sound (sustain pedal included), who plays the
melody as far as track names and staves tell. Scores take music21 a second or so each, the first time; after
that they come from a cache. Of performances that repeat each other, transposed ones too, one is kept. Whole
compositions are kept apart for validation and test; movements of one work stay together, and so does a work
that several catalogues name (catalog.csv or metadata.csv in a folder, columns file or midi, composer, title).
Beside the corpus a summary (.md) and a picture of what is in it (.png) are written."""

FIT = """Train a network on a corpus. Give a budget (--minutes or --steps). The same command again goes on
where it was stopped or killed. The folder receives best.keras (lowest validation loss), history.csv and
curves.png. On two CPU cores 30 minutes are enough for a first result; a GPU is used if Keras finds one."""

FINETUNE = """Adapt a trained network to your own playing: minutes on a laptop, where a new one takes hours and far
more music. Whole recordings are held out (of a single one, its end); training stops when they are predicted
no better, and what is written is the best seen, at worst the network as it was. Prints bits a note on the
held-out music before and after. The folder receives best.onnx, ready to play: improv --model OUT/best.onnx"""

EXPORT = """Turn a trained network (best.keras) into the one ONNX file that improv plays from. Name, data and
licence are written into the file: say whose music the network learned from and under what licence."""

EVALUATE = """Score music the model has not seen: bits per note by field (less is better) and how often its
likeliest pitch is the one played. Needs no TensorFlow. Figures of different models compare as long as
the music and --part are the same."""

ARTICLE = """Do what the well-known tutorial on music with WaveNet and LSTM does: notes and chords as music21's words,
windows of 32 of the frequent ones, both networks trained and compared, and what each goes on to play, as MIDI.
The networks cannot be played live. docs/tutorial.md says what is wrong with it all; --faults measures it."""


def parser(run: Mapping[str, Callable[[argparse.Namespace], None]]) -> argparse.ArgumentParser:
    """The command line; `run` holds what each command does."""
    top = Parser("improv-train", description=WHAT, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _ingest_options(_command(commands, "ingest", "music files to a corpus", INGEST, run["ingest"]))
    _fit_options(_command(commands, "fit", "a corpus to a network", FIT, run["fit"]))
    _finetune_options(
        _command(commands, "finetune", "a trained network to your own recordings", FINETUNE, run["finetune"])
    )
    _export_options(_command(commands, "export", "a network to the file improv plays from", EXPORT, run["export"]))
    _evaluate_options(_command(commands, "evaluate", "bits per note on other music", EVALUATE, run["evaluate"]))
    _article_options(_command(commands, "article", "the tutorial this began from, end to end", ARTICLE, run["article"]))
    return top


def _command(
    commands: Any, name: str, short: str, long: str, run: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=short, description=long)
    command.set_defaults(run=run)
    return command


def _ingest_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("music", nargs="+", type=Path, metavar="DIR", help="folder with MIDI files or scores (or a single file)")
    add("-o", "--output", type=Path, default=Path("corpus.npz"), help="the corpus to write (default: %(default)s)")
    add("--workers", type=_positive, help="processes that read (default: one a core)")
    add(
        "--compositions",
        type=Path,
        metavar="CSV",
        help="table with columns file,composition, or file,composer,title (default: catalogues, file names)",
    )
    named = "keep this composition for {}; may be given several times (default: a share, chosen by name)"
    add("--validation", action="extend", nargs="+", metavar="COMPOSITION", help=named.format("validation"))
    add("--test", action="extend", nargs="+", metavar="COMPOSITION", help=named.format("test"))
    add(
        "--share", type=_fraction, default=0.05, help="share of compositions for each of the two (default: %(default)s)"
    )


def _fit_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("corpus", type=Path, help="what 'improv-train ingest' wrote")
    add("-o", "--output", type=Path, default=Path("runs/latest"), help="folder of the run (default: %(default)s)")
    add("--minutes", type=_positive_number, help="stop after this long (default: 30, unless --steps is given)")
    add("--steps", type=_positive, help="stop after this many batches")
    add("--fresh", action="store_true", help="start anew instead of going on with what is in the folder")
    add("--network", choices=["wavenet"], default="wavenet", help="the kind of network (default: %(default)s)")
    add("--channels", type=_positive, default=128, help="width of the residual stream (default: %(default)s)")
    add("--skip", type=_positive, default=256, help="width of the skip connections (default: %(default)s)")
    add("--hidden", type=_positive, default=256, help="width of the layer before the heads (default: %(default)s)")
    add("--pointwise", type=int, default=1, help="kernel-1 layers after each dilated one (default: %(default)s)")
    add("--dropout", type=_fraction, default=0.1, help="0 to 1 (default: %(default)s)")
    add(
        "--precision",
        choices=["float32", "bfloat16"],
        default="float32",
        help="of matrix products; bfloat16 is faster on processors and cards that have it (default: %(default)s)",
    )
    add("--crop", type=_positive, default=256, help="notes to predict in each item of a batch (default: %(default)s)")
    add("--batch", type=_positive, default=32, help="items in a batch (default: %(default)s)")
    add("--learning-rate", type=_positive_number, default=2e-3, help="at its peak (default: %(default)s)")
    add("--schedule", choices=["cosine", "linear"], default="cosine", help="how it falls (default: %(default)s)")
    add("--validate-every", type=_positive, default=200, help="in steps (default: %(default)s)")
    add("--checkpoint-every", type=float, default=60.0, help="in seconds (default: %(default)s)")
    add(
        "--patience",
        type=_positive,
        default=10,
        help="validations without progress until it stops (default: %(default)s)",
    )
    add("--seed", type=int, default=0, help="same seed, same random numbers (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")


def _finetune_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    where = "a .keras file with its .json beside it, or 'default' for the one that comes with improv (the default)"
    add("model", nargs="?", metavar="MODEL.keras", help=where)
    add("music", nargs="+", metavar="MIDI_DIR", help="folder with recordings; several are taken together")
    add("-o", "--output", type=Path, metavar="OUT", help="folder to write to (default: runs/ and the music's name)")
    add("--minutes", type=_positive_number, help="train no longer than this (default: 10, unless --steps is given)")
    add("--steps", type=_positive, help="train no more than so many batches")
    add("--learning-rate", type=_positive_number, default=3e-4, help="at its peak (default: %(default)s)")
    add("--batch", type=_positive, default=16, help="items in a batch (default: %(default)s)")
    add("--crop", type=_positive, default=256, help="notes to predict in each item of a batch (default: %(default)s)")
    add("--validate-every", type=_positive, default=20, help="in steps (default: %(default)s)")
    add(
        "--patience",
        type=_positive,
        default=5,
        help="validations without progress until it stops (default: %(default)s)",
    )
    add("--share", type=_fraction, default=0.15, help="share of the notes to hold out (default: %(default)s)")
    add("--licence", default="", help="the licence of the adapted weights (default: as the start's)")
    add("--seed", type=int, default=0, help="same seed, same random numbers (default: %(default)s)")
    add("--quiet", action="store_true", help="no progress bar")


def _export_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("model", type=Path, help="best.keras of a run; best.json is read from beside it")
    add("-o", "--output", type=Path, required=True, metavar="MODEL.onnx", help="the file to write")
    add("--name", help="what the model is called (default: the file's name)")
    add("--data", required=True, help="what it was trained on, in a few words")
    add("--licence", required=True, help="the licence of the trained weights, such as 'CC BY-SA 4.0'")
    add("--attribution", default="", help="who must be named, if the licence asks for it")


def _evaluate_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("model", type=Path, metavar="MODEL.onnx", help="what 'improv-train export' wrote")
    add("music", nargs="+", type=Path, metavar="MIDI_DIR", help="folder with MIDI files; several are scored one by one")
    part = (
        "unsplit: parts are not told and cost nothing; label: the files' parts are told and cost (default: %(default)s)"
    )
    add("--part", choices=["unsplit", "label"], default="unsplit", help=part)
    add("--memory", action="store_true", help="score also with the memory that learns the player as it listens")
    add("--json", action="store_true", help="print JSON instead of a table")


def _article_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("music", type=Path, metavar="MIDI_DIR", help="folder with MIDI files of piano music")
    add("-o", "--output", type=Path, default=Path("runs/article"), metavar="OUT", help="folder (default: %(default)s)")
    add("--epochs", type=_positive, default=10, help="of training, for each network (default: %(default)s)")
    add("--generate", type=_positive, default=10, metavar="N", help="words each goes on by (default: %(default)s)")
    add("--least", type=_positive, default=50, metavar="N", help="times a word must be played (default: %(default)s)")
    add("--faults", dest="with_faults", action="store_true", help="measure what the tutorial's faults cost (slow)")
    add("--workers", type=_positive, help="processes that read (default: one a core)")
    add("--seed", type=int, default=0, help="same seed, same random numbers (default: %(default)s)")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number from 1")
    return value


def _positive_number(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: expected a number above 0")
    return value


def _fraction(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a number from 0 to below 1")
    return value
