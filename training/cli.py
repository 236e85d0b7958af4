"""The commands of `improv-train`."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from improv.errors import UserError
from training.options import parser
from training.progress import Complaints, progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `improv-train`; returns the exit code: 0, 2 for what the user can mend, 130 when interrupted."""
    options = parser(COMMANDS).parse_args(arguments)
    try:
        options.run(options)
    except UserError as error:
        print(f"improv-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        resumed = "; the same command goes on from here" if options.command == "fit" else ""
        print(f"improv-train: interrupted{resumed}", file=sys.stderr)
        return 130
    return 0


def run_ingest(options: argparse.Namespace) -> None:
    """Read music into a corpus."""
    _need("symusic", "rich", "matplotlib")
    from training.compositions import read_compositions
    from training.corpus import ingest, summary
    from training.pictures import write_summary

    named = {split: getattr(options, split) for split in ("validation", "test") if getattr(options, split)}
    complaints = Complaints()
    with progress("reading") as tell:
        corpus = ingest(
            options.music,
            workers=options.workers,
            table=read_compositions(options.compositions) if options.compositions else None,
            named=named,
            share=options.share,
            complain=complaints,
            progress=tell,
        )
    _writing(options.output, corpus.save)
    _writing(options.output, lambda path: write_summary(corpus, path))
    complaints.sum_up()
    facts = summary(corpus)
    parts = ", ".join(f"{count:,} {part}" for part, count in facts["by_part"].items() if count)
    print(
        f"files {facts['files']:,}, compositions {facts['compositions']:,}, notes {facts['notes']:,} ({parts}), "
        f"hours {facts['hours']:.1f}"
    )
    if facts["merged"]:
        dropped, kept = corpus.merged[0]
        others = f" and {facts['merged'] - 1} others" if facts["merged"] > 1 else ""
        print(f"left out as repeats of a performance: {dropped} (of {kept}){others}")
    for split, counts in facts["by_split"].items():
        figures = ", ".join(f"{what} {counts[what]:,}" for what in ("compositions", "files", "notes"))
        print(f"  {split}: {figures}")
    beside = options.output.with_suffix(".md")
    print(f"written to {options.output}; what is in it: {beside}; next: improv-train fit {options.output}")


def run_fit(options: argparse.Namespace) -> None:
    """Train a network."""
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    _need("keras", backend, "rich", "matplotlib")
    _import_quietly(backend)
    from training.building import Settings
    from training.fit import fit

    values = {name: getattr(options, name) for name in Settings.__dataclass_fields__ if hasattr(options, name)}
    if options.steps is None and options.minutes is None:
        values["minutes"] = 30.0
    best = fit(options.corpus, options.output, Settings(**values), fresh=options.fresh, quiet=options.quiet)
    facts = json.loads(best.with_suffix(".json").read_text())
    print(f"{facts['reached']['validation_total']:.3f} bits a note on validation, {facts['parameters']:,} parameters")
    print(f"written to {best}; curves in {options.output / 'curves.png'}; next: improv-train export {best} --help")


def run_finetune(options: argparse.Namespace) -> None:
    """Adapt a trained network to recordings."""
    _need("keras", "tensorflow", "tf2onnx", "symusic", "rich", "matplotlib")
    start, music = _start_and_music(options)
    from training.corpus import ingest

    complaints = Complaints()
    with progress("reading") as tell:
        corpus = ingest(music, complain=complaints, progress=tell)
    complaints.sum_up()
    os.environ["KERAS_BACKEND"] = "tensorflow"  # the ONNX file is part of what is asked, see run_export
    _import_quietly("tensorflow")
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


def _start_and_music(options: argparse.Namespace) -> tuple[Path, list[Path]]:
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


def run_export(options: argparse.Namespace) -> None:
    """Write a network as ONNX."""
    _need("keras", "tensorflow", "tf2onnx")
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever it was trained on: only TensorFlow knows the way to ONNX
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


def run_article(options: argparse.Namespace) -> None:
    """Do what the tutorial does."""
    _need("keras", "tensorflow", "music21", "rich", "matplotlib")
    from training.article_tokens import read_folder

    complaints = Complaints()
    with progress("reading") as tell:
        pieces = read_folder(options.music, workers=options.workers, complain=complaints, progress=tell)
    complaints.sum_up()
    _import_quietly("tensorflow")
    from training.article_report import tutorial

    values = {name: getattr(options, name) for name in ("epochs", "generate", "least", "seed", "with_faults")}
    _writing(options.output, lambda folder: tutorial(list(pieces.values()), folder, **values))
    print(f"written to {options.output}")


def _writing(path: Path, write: Callable[[Path], None]) -> None:
    try:
        write(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error})") from error


def _need(*modules: str) -> None:
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        how = 'pip install "improv-midi[train]" (in a checkout: pip install ".[train]")'
        raise UserError(f"{missing[0]} is not installed; training needs: {how}")


def _import_quietly(module: str) -> None:
    """Import with the process' stderr shut: TensorFlow's C++ greets with notices that no setting keeps away."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            # Keras looks for TensorFlow sooner or later, whatever its backend.
            for name in (module, "tensorflow", "keras"):
                if importlib.util.find_spec(name) is not None:
                    importlib.import_module(name)
        finally:
            os.dup2(kept, 2)
            os.close(kept)


COMMANDS = {
    "ingest": run_ingest,
    "fit": run_fit,
    "finetune": run_finetune,
    "export": run_export,
    "evaluate": run_evaluate,
    "article": run_article,
}

if __name__ == "__main__":
    sys.exit(main())
