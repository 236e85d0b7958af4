"""The command line of `improv-train`; what each command does stands in `training/commands/`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from improv.cli import Parser
from improv.errors import UserError
from training.commands import article, audition, compare, dials, duet, evaluate, export, finetune, fit, ingest

WHAT = """Make the models improv plays with, in four steps:

  improv-train ingest MIDI_DIR -o corpus.npz         read music into one file
  improv-train fit corpus.npz -o runs/mine --minutes 30    train a network on it
  improv-train export runs/mine/best.keras -o models/mine.onnx --name mine --data "..." --licence "..."
  improv-train evaluate models/mine.onnx OTHER_MIDI_DIR    judge what it expects of other music
  improv-train audition models/mine.onnx OTHER_MIDI_DIR    judge what it plays there itself
  improv-train duet models/mine.onnx OTHER_MIDI_DIR    judge how it plays along

then play with it: improv --model models/mine.onnx

Quicker, and good with less music: improv-train finetune default MIDI_DIR adapts the model that comes with improv."""

#: In the order in which --help lists them.
COMMANDS = {
    "ingest": ingest,
    "fit": fit,
    "finetune": finetune,
    "export": export,
    "evaluate": evaluate,
    "audition": audition,
    "dials": dials,
    "duet": duet,
    "compare": compare,
    "article": article,
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser("improv-train", description=WHAT, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.SHORT, description=module.LONG)
        command.set_defaults(run=module.run)
        module.options(command)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `improv-train`; returns the exit code: 0, 2 for what the user can mend, 130 when interrupted."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except UserError as error:
        print(f"improv-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        resumed = "; the same command goes on from here" if options.command in ("fit", "compare") else ""
        print(f"improv-train: interrupted{resumed}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
