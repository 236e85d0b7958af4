"""`improv-train duet`."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from improv.errors import UserError
from training.needs import need
from training.options import positive, positive_number
from training.progress import Complaints, progress

SHORT = "judge how improv plays along, beside a human partner"
LONG = """Let improv play with one part of pieces of two, a melody and its accompaniment, as the daemon would, and
compare with the other part as people played it: consonance, being together, doubling, voice leading, register, pulse
and loudness. Straw men stand beside both: what one of them can do as well is no feat. In the mode answer it answers
phrases, and is judged by how the answers end; in continue and solo it goes on from what was heard, beside how the same
hands went on."""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("model", type=Path, metavar="MODEL.onnx", help="what 'improv-train export' wrote")
    add("music", nargs="+", type=Path, metavar="MIDI_DIR", help="folder with pieces the model has not seen")
    add("--mode", default="accompany", help="how improv plays along (default: %(default)s)")
    add("--role", choices=("accompaniment", "lead"), default="accompaniment", help="improv's (default: %(default)s)")
    add("--pieces", type=positive, metavar="N", help="only the first N of the music (default: all)")
    add("--seconds", type=positive_number, default=120.0, help="of each piece (default: %(default)g)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="another of the core's settings, a number")
    add("--workers", type=positive, help="processes that play (default: one a core)")
    add("--seed", type=int, default=0, help="same seed, same chance (default: %(default)s)")
    add("--json", action="store_true", help="print every piece's figures as JSON instead of a table")


def run(options: argparse.Namespace) -> None:
    """Judge how improv plays along."""
    need("symusic", "rich")
    from improv.modes import MODES
    from improv.settings import Settings
    from training.duets.duets import read_duets
    from training.duets.run import found, read
    from training.duets.table import lines, verdict

    if options.mode not in MODES:
        raise UserError(f"--mode {options.mode}: accepted is one of {', '.join(MODES)}")
    known = {name: value for name, value in asdict(Settings()).items() if isinstance(value, (int, float, str))}
    asked = dict(_setting(text, known) for text in options.set)
    if "role" in known:
        asked["role"] = options.role
    settings = replace(Settings(mode=options.mode), **asked)
    if options.mode == "answer":
        return _answers(options, settings)
    if options.mode in ("continue", "solo"):
        return _goings(options, settings)
    complaints = Complaints()
    duets = read_duets(options.music, options.role == "accompaniment", options.seconds, complaints)
    complaints.sum_up()
    duets = duets[: options.pieces]
    with progress("playing") as tell:
        by_player = found(options.model, duets, settings, options.seed, options.workers or os.cpu_count() or 1, tell)
    if options.json:
        print(json.dumps({"pieces": [duet.name for duet in duets], "figures": by_player, **asdict(read(by_player))}))
    else:
        print("\n".join([f"{len(duets)} pieces, {options.mode}", "", *lines(by_player), "", *verdict(read(by_player))]))


def _answers(options: argparse.Namespace, settings: Any) -> None:
    """Judge how answers end."""
    from training.duets.answers import answered, calls, lines

    asked = _asked(options, calls, "no piece with three phrases in it")
    with progress("answering") as tell:
        found = answered(options.model, asked, settings, options.seed, options.workers or os.cpu_count() or 1, tell)
    print(json.dumps(found) if options.json else "\n".join([f"{len(asked)} phrases, answer", "", *lines(found)]))


def _goings(options: argparse.Namespace, settings: Any) -> None:
    """Judge what is played on alone."""
    from training.duets.goings import GOING, gone_on, stretches
    from training.duets.run import outside
    from training.duets.table import beyond, lines

    asked = _asked(options, stretches, "no piece that is long enough to go on from")
    with progress("playing") as tell:
        found = gone_on(options.model, asked, settings, options.seed, options.workers or os.cpu_count() or 1, tell)
    out = outside(found, GOING)
    if options.json:
        print(json.dumps({"pieces": [one.name for one in asked], "figures": found, "outside": out}))
    else:
        print("\n".join([f"{len(asked)} stretches, {options.mode}", "", *lines(found, GOING), "", beyond(out)]))


def _asked(options: argparse.Namespace, take: Callable[[Sequence[Any]], list[Any]], none: str) -> list[Any]:
    """What is asked of improv: what `take` finds in the pieces. UserError, saying what there is `none` of."""
    from training.audition.prompts import read_pieces

    complaints = Complaints()
    asked = take(read_pieces(options.music, complaints)[: options.pieces])
    complaints.sum_up()
    if not asked:
        raise UserError(f"{options.music[0]}: {none}")
    return asked


def _setting(text: str, known: dict[str, object]) -> tuple[str, object]:
    """A setting and its value. Raises UserError naming the option."""
    name, _, value = text.partition("=")
    if name not in known:
        raise UserError(f"--set {text}: no such setting; there are {', '.join(known)}")
    try:
        return name, type(known[name])(value)
    except ValueError as error:
        raise UserError(f"--set {text}: expected {name}= and a number") from error
