"""How many notes a second training takes in: `python -m tests.bench.training CORPUS.npz [--backends tensorflow jax]`

By Keras backend (each in a process of its own; one that is not installed is named), precision and batch size, for a
network of the shape that `--channels`, `--skip` and `--hidden` give. The first steps, in which graphs are made, do not
count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from improv.clock import now

WARM = 3


def measured(said: argparse.Namespace) -> None:
    """Print a line for each batch size, in the backend that this process has."""
    from improv.encoding import Encoding
    from training.augmentation import Augmentation
    from training.building import Settings, build, compile_network
    from training.corpus import Corpus
    from training.dataset import Crops
    from training.objective import targets

    corpus = Corpus.load(said.corpus)
    for batch in said.batches:
        settings = Settings(
            channels=said.channels, skip=said.skip, hidden=said.hidden, batch=batch, precision=said.precision
        )
        network = build(settings, Encoding())
        compile_network(network, settings)
        crops = Crops(
            corpus, network.config.encoding, crop=settings.crop, batch=batch, seed=0, augmentation=Augmentation()
        )
        took = []
        for index in range(WARM + said.steps):
            made = crops.batch(index)
            wanted = targets(network.config.encoding, made)
            begin = now()
            network.train_on_batch(made.inputs, wanted)
            took.append(now() - begin)
        step = median(took[WARM:])
        notes = batch * settings.crop
        print(f"{said.backend:<12} {said.precision:<9} {batch:>5} {step:>9.2f} {notes / step:>12,.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="what 'improv-train ingest' wrote")
    parser.add_argument("--backends", nargs="+", default=["tensorflow", "jax"], metavar="NAME")
    parser.add_argument("--batches", nargs="+", type=int, default=[8, 16, 32], metavar="N")
    parser.add_argument("--steps", type=int, default=7, help="of which the median is taken (default %(default)s)")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--channels", type=int, default=192)
    parser.add_argument("--skip", type=int, default=384)
    parser.add_argument("--hidden", type=int, default=384)
    parser.add_argument("--backend", help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.backend:
        measured(said)
        return
    print(f"{'backend':<12} {'precision':<9} {'batch':>5} {'s a step':>9} {'notes a s':>12}", flush=True)
    for backend in said.backends:
        if find_spec(backend) is None:
            print(f"{backend:<12} not installed here")
            continue
        command = [sys.executable, "-m", "tests.bench.training", *sys.argv[1:], "--backend", backend]
        quiet = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run(command, env={**os.environ, **quiet}, check=False)


if __name__ == "__main__":
    main()
