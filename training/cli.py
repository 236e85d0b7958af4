"""The commands of `improv-train`: ingest, fit, export, evaluate."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from improv.errors import UserError

WHAT = """Make the models improv plays with, in four steps:

  improv-train ingest MIDI_DIR -o corpus.npz         read music into one file
  improv-train fit corpus.npz -o runs/mine --minutes 30    train a network on it
  improv-train export runs/mine/best.keras -o models/mine.onnx --name mine --data "..." --licence "..."
  improv-train evaluate models/mine.onnx OTHER_MIDI_DIR    judge it on other music

then play with it: improv --model models/mine.onnx"""

INGEST = """Read all MIDI files in folders (and the folders in them) into one corpus file: seconds instead of
ticks, notes as long as they sound (sustain pedal included), who plays the melody as far as track names
tell. Whole compositions are kept apart for validation and test; movements of one work stay together."""

FIT = """Train a network on a corpus. Give a budget (--minutes or --steps). The same command again goes on
where it was stopped or killed. The folder receives best.keras (lowest validation loss), history.csv and
curves.png. On two CPU cores 30 minutes are enough for a first result; a GPU is used if Keras finds one."""

EXPORT = """Turn a trained network (best.keras) into the one ONNX file that improv plays from. Name, data and
licence are written into the file: say whose music the network learned from and under what licence."""

EVALUATE = """Score music the model has not seen: bits per note by field (less is better) and how often its
likeliest pitch is the one played. Needs no TensorFlow. Figures of different models compare as long as
the music and --part are the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `improv-train`; returns the exit code: 0, 2 for what the user can mend, 130 when interrupted."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except UserError as error:
        print(f"improv-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("improv-train: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        "improv-train", description=WHAT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _ingest_options(_command(commands, "ingest", "music files to a corpus", INGEST, run_ingest))
    _fit_options(_command(commands, "fit", "a corpus to a network", FIT, run_fit))
    _export_options(_command(commands, "export", "a network to the file improv plays from", EXPORT, run_export))
    _evaluate_options(_command(commands, "evaluate", "bits per note on other music", EVALUATE, run_evaluate))
    return top


def _command(
    commands: Any, name: str, short: str, long: str, run: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=short, description=long)
    command.set_defaults(run=run)
    return command


def _ingest_options(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("music", nargs="+", type=Path, metavar="DIR", help="folder with MIDI files (or a single file)")
    add("-o", "--output", type=Path, default=Path("corpus.npz"), help="the corpus to write (default: %(default)s)")
    add("--workers", type=_positive, help="processes that read (default: one a core)")
    add("--compositions", type=Path, metavar="CSV", help="table with columns file,composition (default: by file name)")
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
    add("--json", action="store_true", help="print JSON instead of a table")


def run_ingest(options: argparse.Namespace) -> None:
    """Read music into a corpus."""
    _need("symusic", "rich")
    from training.corpus import ingest, read_compositions, summary

    named = {split: getattr(options, split) for split in ("validation", "test") if getattr(options, split)}
    complaints = Complaints()
    with _progress("reading") as progress:
        corpus = ingest(
            options.music,
            workers=options.workers,
            table=read_compositions(options.compositions) if options.compositions else None,
            named=named,
            share=options.share,
            complain=complaints,
            progress=progress,
        )
    _writing(options.output, corpus.save)
    complaints.sum_up()
    facts = summary(corpus)
    parts = ", ".join(f"{count:,} {part}" for part, count in facts["by_part"].items() if count)
    print(
        f"{facts['files']:,} files, {facts['compositions']:,} compositions, {facts['notes']:,} notes ({parts}), "
        f"{facts['hours']:.1f} hours"
    )
    for split, counts in facts["by_split"].items():
        print(
            f"  {split:10} {counts['compositions']:6,} compositions {counts['files']:6,} files {counts['notes']:10,} notes"
        )
    print(f"written to {options.output}; next: improv-train fit {options.output}")


def run_fit(options: argparse.Namespace) -> None:
    """Train a network."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    _need("keras", backend, "rich", "matplotlib")
    _import_quietly(backend)
    from training.fit import Settings, fit

    values = {name: getattr(options, name) for name in Settings.__dataclass_fields__ if hasattr(options, name)}
    if options.steps is None and options.minutes is None:
        values["minutes"] = 30.0
    best = fit(options.corpus, options.output, Settings(**values), fresh=options.fresh, quiet=options.quiet)
    facts = json.loads(best.with_suffix(".json").read_text())
    print(f"{facts['reached']['validation_total']:.3f} bits a note on validation, {facts['parameters']:,} parameters")
    print(f"written to {best}; curves in {options.output / 'curves.png'}; next: improv-train export {best} --help")


def run_export(options: argparse.Namespace) -> None:
    """Write a network as ONNX."""
    _need("keras", "tensorflow", "tf2onnx")
    _import_quietly("tensorflow")
    from training.checkpoint import load_card, load_network
    from training.export import About, export

    card = load_card(options.model)
    network = load_network(options.model)
    mean, spread = card["velocity"]
    about = About(
        name=options.name or options.output.stem,
        data=options.data,
        licence=options.licence,
        attribution=options.attribution,
        velocity=(mean, spread),
    )
    _writing(options.output, lambda path: export(network, path, about))
    size = options.output.stat().st_size / 2**20
    print(f"written to {options.output} ({size:.1f} MiB); next: improv --model {options.output}")


def run_evaluate(options: argparse.Namespace) -> None:
    """Score music with an exported model."""
    _need("symusic", "rich")
    from improv.model import load
    from training.evaluate import Score, evaluate, table

    model = load(options.model)
    complaints = Complaints()
    total, reports = Score(), {}
    for music in options.music:
        with _progress("scoring") as progress:
            score = evaluate(model, [music], label=options.part == "label", complain=complaints, progress=progress)
        reports[str(music)] = score.report()
        total.add(score)
    complaints.sum_up()
    if options.json:
        print(json.dumps(total.report() | ({"sets": reports} if len(reports) > 1 else {})))
    else:
        print(table(reports | ({"all": total.report()} if len(reports) > 1 else {})))


class Complaints:
    """Names each file passed over on stderr, and counts them."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, line: str) -> None:
        """One file passed over."""
        self._count += 1
        print(f"improv-train: {line}", file=sys.stderr)

    def sum_up(self) -> None:
        """Say how many there were, if there were several."""
        if self._count > 1:
            print(f"improv-train: {self._count} files passed over", file=sys.stderr)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar with the time left, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _writing(path: Path, write: Callable[[Path], None]) -> None:
    try:
        write(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error


def _need(*modules: str) -> None:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        raise UserError(f'{missing[0]} is not installed; training needs: pip install "improv-midi[train]"')


def _import_quietly(module: str) -> None:
    """Import with the process' stderr shut: TensorFlow's C++ greets with notices that no setting keeps away."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            importlib.import_module(module)
            importlib.import_module("keras")
        finally:
            os.dup2(kept, 2)
            os.close(kept)


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


if __name__ == "__main__":
    sys.exit(main())
