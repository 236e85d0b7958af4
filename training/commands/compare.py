"""`improv-train compare`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from training.commands.fit import SAME, training
from training.needs import need, writing
from training.options import positive, positive_number
from training.progress import progress

SHORT = "WaveNet, LSTM and the tutorial's network, side by side"
LONG = """Train a network of each kind, as many parameters in each, for as long each, and score them on the held-out
compositions of each set in the corpus, alone and with the session memory, beside the memory alone and a unigram. The
folder receives each network's run, compare.md, compare.png and compare.json. The same command again goes on where it
was stopped."""

MINUTES = {"wall": "minutes", "cpu": "minutes of processor time, all cores together"}


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("corpus", type=Path, help="what 'improv-train ingest' wrote; its test split is what is scored")
    add("-o", "--output", type=Path, default=Path("runs/compare"), help="folder of the runs (default: %(default)s)")
    add("--minutes", type=positive_number, default=10.0, help="of training for each network (default: %(default)g)")
    add("--workers", type=positive, help="processes that score (default: one a core)")
    training(command)


def run(options: argparse.Namespace) -> None:
    """Compare networks."""
    need("keras", "tensorflow", "tf2onnx", "rich", "matplotlib")
    from training.comparison.report import Comparison, text, write
    from training.comparison.rivals import measure
    from training.comparison.runs import Plan, train
    from training.corpus import Corpus

    corpus = Corpus.load(options.corpus)
    same = {name.replace("_", "-"): str(getattr(options, name)) for name in SAME if name != "crop"}
    plan = Plan(options.minutes, options.crop, same)
    trained = train(options.corpus, options.output, plan, print)
    with progress("scoring") as tell:
        models = {kind: one.model for kind, one in trained.items()}
        scores = measure(corpus, models, options.workers or os.cpu_count() or 1, tell)
    found = Comparison(command(options), MINUTES[options.clock], trained, scores)
    writing(options.output, lambda folder: write(folder, found))
    print(text(found))
    print(f"written to {options.output}: compare.md, compare.png, compare.json")


def command(options: argparse.Namespace) -> str:
    """The command line that gives these options, with folders left out."""
    usual = argparse.ArgumentParser()
    training(usual)
    words = ["improv-train", "compare", options.corpus.name, "--minutes", f"{options.minutes:g}"]
    for name in SAME:
        if (value := getattr(options, name)) != usual.get_default(name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return " ".join(words)
