"""`improv-train audition`."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from improv.errors import UserError
from training.needs import need, writing
from training.options import positive, positive_number
from training.progress import Complaints, progress

SHORT = "judge what a model plays, beside what people play"
LONG = """Let a model go on from the middle of pieces it has not seen, as the daemon would play, and compare with what
the player did: likeness, copying, loops, minutes of playing on, whether a classifier tells them apart. Writes tables
(audition.md, audition.json), MIDI files, a contact sheet of piano rolls and, with --blind, a page on which a person
rates pairs without knowing who played. Straw men stand in every table: a measure that prefers one is no gate."""

FIELD_NAMES = ("part", "ioi", "pitch", "velocity", "duration")


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("model", metavar="MODEL", help="an .onnx file, or 'default' for the model that comes with improv")
    add("music", nargs="+", type=Path, metavar="MIDI_DIR", help="folder with pieces the model has not seen")
    add("-o", "--output", type=Path, default=Path("runs/audition"), metavar="OUT", help="folder (default: %(default)s)")
    add("--corpus", type=Path, metavar="CORPUS.npz", help="what the model was trained on, to find what it copies")
    add("--prompts", type=positive, default=16, metavar="N", help="of each folder (default: %(default)s)")
    add("--seconds", type=positive_number, default=20.0, help="of each continuation (default: %(default)g)")
    add("--free-prompts", type=whole, default=20, metavar="N", help="prompts to play on from (default: %(default)s)")
    add("--free-minutes", type=positive_number, default=5.0, help="for how long (default: %(default)g)")
    weights = "the memory's weights to play at, from 0 to 1 and with commas (default: 0, the daemon's own and 1)"
    add("--memory-weight", type=shares, metavar="X,Y", help=weights)
    drafts = "answer each prompt too, with the best of so many drafts, as in 1,4,8: what choosing gains (default: none)"
    add("--drafts", type=counts, default=(), metavar="N,M", help=drafts)
    own = "{}: one number for all fields, or some by name, as in ioi=0.9,pitch=1 (default: the daemon's)"
    add("--temperature", metavar="X", help=own.format("boldness"))
    add("--top-p", metavar="X", help=own.format("share of the likeliest values drawn from"))
    add("--blind", action="store_true", help="write the page for a person to rate, and its key")
    add("--workers", type=positive, help="processes that play (default: one a core)")
    add("--seed", type=int, default=0, help="same seed, same prompts and same chance (default: %(default)s)")


def whole(text: str) -> int:
    """A whole number from 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number from 0")
    return value


def shares(text: str) -> tuple[float, ...]:
    """Numbers from 0 to 1, with commas between them; each once."""
    values = tuple(dict.fromkeys(float(one) for one in text.split(",")))
    if not all(0 <= value <= 1 for value in values):
        raise argparse.ArgumentTypeError(f"{text}: expected numbers from 0 to 1, as in 0,0.5")
    return values


def counts(text: str) -> tuple[int, ...]:
    """Whole numbers from 1 to 32, with commas between them; each once."""
    values = tuple(dict.fromkeys(int(one) for one in text.split(",")))
    if not all(1 <= value <= 32 for value in values):
        raise argparse.ArgumentTypeError(f"{text}: expected whole numbers from 1 to 32, as in 1,4,8")
    return values


def run(options: argparse.Namespace) -> None:
    """Judge what a model plays."""
    need("symusic", "rich", "matplotlib")
    from improv.resources import default_model
    from training.audition.files import write
    from training.audition.prompts import read_pieces
    from training.audition.run import audition

    plan, trained = plan_of(options), None
    model = default_model() if options.model == "default" else Path(options.model)
    if options.corpus:
        from training.corpus import Corpus

        corpus = Corpus.load(options.corpus)
        trained = [corpus.piece(index) for index in corpus.pieces("train")]
    # What cannot be written is known before minutes are spent on it.
    writing(options.output, lambda folder: folder.mkdir(parents=True, exist_ok=True))
    complaints = Complaints()
    pieces = read_pieces(options.music, complaints)
    complaints.sum_up()
    with progress("playing") as tell:
        found = audition(model, pieces, plan, trained, tell)
    title = f"Audition of {model.name}"
    writing(options.output, lambda folder: write(folder, found, plan, title, options.blind))
    from training.audition.table import gate_lines

    print("\n".join(gate_lines(found.gates)))
    print(f"written to {options.output}: audition.md, contact-sheet.png, midi/" + ", blind.html" * options.blind)


def plan_of(options: argparse.Namespace) -> Any:
    """The options as an audition's plan. Raises UserError."""
    from improv.settings import Settings
    from training.audition.run import Plan

    usual = Settings()
    settings = replace(
        usual,
        temperature=each_field(
            "--temperature", options.temperature, usual.temperature, 0.1, 3.0, lambda own, x: own * x
        ),
        top_p=each_field("--top-p", options.top_p, usual.top_p, 0.05, 1.0, min),
    )
    return Plan(
        prompts=options.prompts,
        seconds=options.seconds,
        free_prompts=options.free_prompts,
        free_seconds=60 * options.free_minutes,
        weights=options.memory_weight or tuple(dict.fromkeys((0.0, usual.memory_weight, 1.0))),
        drafts=options.drafts,
        settings=settings,
        seed=options.seed,
        workers=options.workers or os.cpu_count() or 1,
    )


def each_field(option: str, text: str | None, usual: Any, low: float, high: float, together: Any) -> Any:
    """A value a field from what was given: one number changes all (`together` of the usual and the number), names with
    numbers set those. Raises UserError naming the option."""
    if text is None:
        return usual
    accepted = f"a number from {low:g} to {high:g}, or such numbers by name: {', '.join(FIELD_NAMES)}"
    values = list(usual)
    try:
        for item in text.split(","):
            name, equals, number = item.rpartition("=")
            value = float(number)
            if not low <= value <= high or bool(equals) != bool(name):
                raise ValueError(item)
            if equals:
                values[FIELD_NAMES.index(name.strip())] = value
            elif "," in text:
                raise ValueError(item)
            else:
                values = [together(own, value) for own in usual]
    except ValueError as error:
        raise UserError(f"{option} {text}: expected {accepted}") from error
    return tuple(values)
