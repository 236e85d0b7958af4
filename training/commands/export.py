"""`improv-train export`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from training.needs import import_quietly, need, writing

SHORT = "a network to the file improv plays from"
LONG = """Turn a trained network (best.keras) into the one ONNX file that improv plays from. Name, data and
licence are written into the file: say whose music the network learned from and under what licence."""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("model", type=Path, help="best.keras of a run; best.json is read from beside it")
    add("-o", "--output", type=Path, required=True, metavar="MODEL.onnx", help="the file to write")
    add("--name", help="what the model is called (default: the file's name)")
    add("--data", required=True, help="what it was trained on, in a few words")
    add("--licence", required=True, help="the licence of the trained weights, such as 'CC BY-SA 4.0'")
    add("--attribution", default="", help="who must be named, if the licence asks for it")


def run(options: argparse.Namespace) -> None:
    """Write a network as ONNX."""
    need("keras", "tensorflow", "tf2onnx")
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever it was trained on: only TensorFlow knows the way to ONNX
    import_quietly("tensorflow")
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
    writing(options.output, lambda path: export(network, path, about))
    size = options.output.stat().st_size / 2**20
    print(f"written to {options.output} ({size:.1f} MiB); next: improv --model {options.output}")
