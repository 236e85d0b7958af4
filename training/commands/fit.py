"""`improv-train fit`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from training.needs import import_quietly, need
from training.networks import NAMES
from training.options import fraction, positive, positive_number

#: What `training` adds.
SAME = (
    *("channels", "skip", "hidden", "pointwise", "tail", "dials", "dropout"),
    *("precision", "crop", "batch", "learning_rate", "clock", "seed"),
)

SHORT = "a corpus to a network"
LONG = """Train a network on a corpus. Give a budget (--minutes or --steps). The same command again goes on
where it was stopped or killed. The folder receives best.keras (lowest validation loss), history.csv and
curves.png. On two CPU cores 30 minutes are enough for a first result; a GPU is used if Keras finds one."""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("corpus", type=Path, help="what 'improv-train ingest' wrote")
    add("-o", "--output", type=Path, default=Path("runs/latest"), help="folder of the run (default: %(default)s)")
    add("--minutes", type=positive_number, help="stop after this long (default: 30, unless --steps is given)")
    add("--steps", type=positive, help="stop after this many batches")
    add("--fresh", action="store_true", help="start anew instead of going on with what is in the folder")
    kinds = "the kind (default: %(default)s); sizes are a wavenet's, and the others are made as large as that one"
    add("--network", choices=NAMES, default="wavenet", help=kinds)
    add("--start", default="", metavar="MODEL.keras", help="begin with this network, which may lack dials and tail")
    add("--schedule", choices=["cosine", "linear"], default="cosine", help="how it falls (default: %(default)s)")
    add("--validate-every", type=positive, default=200, help="in steps (default: %(default)s)")
    add("--checkpoint-every", type=float, default=60.0, help="in seconds (default: %(default)s)")
    add(
        "--patience",
        type=positive,
        default=10,
        help="validations without progress until it stops (default: %(default)s)",
    )
    add("--quiet", action="store_true", help="no progress bar")
    training(command)


def training(command: argparse.ArgumentParser) -> None:
    """Add what is to be the same where networks are compared: sizes, and how they are trained."""
    add = command.add_argument
    add("--channels", type=positive, default=128, help="width of the residual stream (default: %(default)s)")
    add("--skip", type=positive, default=256, help="width of the skip connections (default: %(default)s)")
    add("--hidden", type=positive, default=256, help="width of the layer before the heads (default: %(default)s)")
    add("--pointwise", type=int, default=1, help="kernel-1 layers after each dilated one (default: %(default)s)")
    add("--tail", type=int, default=0, help="kernel-1 layers more after the last (default: %(default)s)")
    add("--dials", type=int, default=96, help="width of the layer that reads the dials, 0: none (default: %(default)s)")
    add("--dropout", type=fraction, default=0.1, help="0 to 1 (default: %(default)s)")
    add(
        "--precision",
        choices=["float32", "bfloat16"],
        default="float32",
        help="of matrix products; bfloat16 is faster on processors and cards that have it (default: %(default)s)",
    )
    add("--crop", type=positive, default=256, help="notes to predict in each item of a batch (default: %(default)s)")
    add("--batch", type=positive, default=32, help="items in a batch (default: %(default)s)")
    add("--learning-rate", type=positive_number, default=2e-3, help="at its peak (default: %(default)s)")
    clock = "count minutes by the clock on the wall, or the processor's, all cores together: fair on a busy machine"
    add("--clock", choices=["wall", "cpu"], default="wall", help=clock + " (default: %(default)s)")
    add("--seed", type=int, default=0, help="same seed, same random numbers (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    """Train a network."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    need("keras", backend, "rich", "matplotlib")
    import_quietly(backend)
    from training.building import Settings
    from training.fit import fit

    values = {name: getattr(options, name) for name in Settings.__dataclass_fields__ if hasattr(options, name)}
    if options.steps is None and options.minutes is None:
        values["minutes"] = 30.0
    settings = Settings(**values, grow=bool(options.start))
    best = fit(options.corpus, options.output, settings, fresh=options.fresh, quiet=options.quiet)
    facts = json.loads(best.with_suffix(".json").read_text())
    print(f"{facts['reached']['validation_total']:.3f} bits a note on validation, {facts['parameters']:,} parameters")
    print(f"written to {best}; curves in {options.output / 'curves.png'}; next: improv-train export {best} --help")
