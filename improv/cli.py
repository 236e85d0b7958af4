"""The command line. Everything heavy is imported only once it is needed, so that --help is instant."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from improv import archiveoptions, calibrating, config
from improv.bench import command as bench
from improv.errors import UserError
from improv.playoptions import HARMONY_OPTIONS, MODEL_OPTIONS, PLAYING_OPTIONS, add_playing

ABOUT = "improv listens to you play and answers with music of its own: MIDI in, a neural improviser's notes out."
EXAMPLES = """\
commands:
  play     play in the browser, or watch and turn from there; no MIDI device needed
  jam      play a MIDI file to improv and write down what it answers; no MIDI device needed
  calibrate find how late your synth and your keys are, by tapping along
  learn    bind a knob, pad, pedal or key by moving it
  ports    list the MIDI ports of this machine
  setup    find your keyboard and your synth, and save the settings
  bench    measure how prompt improv is on this machine, and whether that will do
  sessions list what was played: every session is recorded as it happens
  export   write a session as a MIDI file
  replay   play a session on a port, or compute it again
  (none)   play live; 'improv COMMAND --help' explains a command

examples:
  improv play                                     play in the browser, now
  improv jam                                      hear it answer a short phrase, in the terminal
  improv setup                                    once, with keyboard and synth connected
  improv                                          play, as set up
  improv --in "USB Keyboard" --out "IAC Bus"      play, from this keyboard to that port
  improv --virtual                                play, on own ports that a DAW connects to
"""
JAM_EXAMPLES = """\
examples:
  improv jam                                      a phrase that improv brings along, to improv.mid
  improv jam mine.mid -o answered.mid             your file
  improv jam mine.mid --play-part lead --seed 7   only its melody is played to improv; another answer
  improv jam --out "IAC Bus"                      and play the result on a port
"""
#: What `improv jam --json` says, seconds in seconds; a test holds it to what is printed.
JAM_JSON = (
    "{input, output, seed, player_notes, improv_notes, answers, false_turns, seconds (of music), took_seconds, "
    "times_real_time}"
)


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2 and one line."""
        self.exit(2, f"{self.prog.partition(' ')[0]}: {message}; '{self.prog} --help' explains\n")


class Version(argparse.Action):
    """Print the installed version and exit; importlib.metadata is slow, so only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print and exit, as argparse asks of an action."""
        from importlib.metadata import version

        print("improv", version("improv-midi"))
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 1 when the MIDI system was lost, 2 for what the user can mend."""
    _ready_streams()
    try:
        try:
            return _run(_parsed(sys.argv[1:] if argv is None else argv))
        finally:
            sys.stdout.flush()  # here and not at exit, where a reader that is gone could not be forgiven
    except UserError as error:
        print(f"improv: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output is gone; Python must not complain about the rest when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _ready_streams() -> None:
    """Standard streams that are there, and that take any letter."""
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us; the port process's pipe must not take its place
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w"))  # noqa: SIM115
        elif name != "stdin" and isinstance(stream, io.TextIOWrapper):
            # A port's name may hold letters that the terminal has not; that must not end a performance.
            stream.reconfigure(errors="replace")


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    """The parsed command line; a misspelt option is named before argparse takes what follows it for a command."""
    parser, commands = _parser()
    known = {option for each in (parser, *commands) for option in each._option_string_actions}
    for word in argv:
        if word.startswith("--") and word.partition("=")[0] not in known:
            parser.error(f"no option {word}")
    return parser.parse_args(argv)


def _run(said: argparse.Namespace) -> int:
    from improv import app, archive, live, settingup

    options = config.from_options(said)
    match said.command:
        case "ports":
            return app.ports(config.settle(said.config, options), as_json=said.json)
        case "calibrate":
            return calibrating.calibrate(said.config, options)
        case "learn":
            from improv.learning import learn

            return learn(said.control, said.config, options)
        case "setup":
            return settingup.set_up(said.config, options)
        case "jam":
            wish = app.JamWish(said.source, said.output, said.play_part, said.json, "ports.out" in options)
            return app.jam(config.settle(said.config, options), wish)
        case "bench":
            return bench.bench(config.settle(said.config, options), as_json=said.json, load=said.load)
        case "sessions":
            return archive.sessions(config.settle(said.config, options), as_json=said.json)
        case "export":
            settled = config.settle(said.config, options)
            return archive.export(archive.open_session(settled, said.session), said.output)
        case "replay":
            settled = config.settle(said.config, options)
            return archive.again(settled, said.session, said.output, recompute=said.recompute)
        case "play":
            return live.play(lambda: config.settle(said.config, {**options, "web.on": True}), said.config, alone=True)
        case _:
            return live.play(lambda: config.settle(said.config, options), said.config)


def _parser() -> tuple[argparse.ArgumentParser, list[argparse.ArgumentParser]]:
    """The parser of everything, and those of the commands."""
    parser = Parser(
        prog="improv",
        usage="improv [options]\n       improv {play,jam,learn,ports,setup,calibrate,bench,sessions,export,replay} ...",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and exit")
    _add_config(parser, first=True)
    add_playing(parser, "--web")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", help=argparse.SUPPRESS, prog="improv")
    play = _add_command(commands, "play", "Play in the browser; ports that are named play too. Needs no MIDI device.")
    add_playing(play)
    jam = _add_jam(commands)
    ports = _add_command(commands, "ports", "List the MIDI ports of this machine, with the MIDI system they belong to.")
    config.add_options(ports, ("--api",))
    ports.add_argument("--json", action="store_true", help="print a JSON list of {name, direction, api}")
    setup = _add_command(
        commands, "setup", "Find your keyboard and your synth by playing and listening, and save the settings."
    )
    config.add_options(setup, ("--api", "--channel-out"))
    learn = _add_command(
        commands,
        "learn",
        "Bind a knob, pad, pedal or key by moving it; [controls] in config.toml has the names.",
    )
    learn.add_argument("control", metavar="NAME", help="what it is to turn or do, such as temperature, take or mute")
    config.add_options(learn, ("--in", "--api", "--virtual"))
    others = [bench.add(commands, _add_command), *archiveoptions.add(commands, _add_command)]
    return parser, [play, jam, ports, setup, learn, calibrating.add(commands, _add_command), *others]


def _add_jam(commands: argparse._SubParsersAction[Parser]) -> argparse.ArgumentParser:
    jam = _add_command(
        commands,
        "jam",
        "Play a MIDI file to improv as if it were played live, and write a file with two tracks: player and improv. "
        "Needs no MIDI device. The same file, model and seed give the same answer.",
        JAM_EXAMPLES,
    )
    jam.add_argument(
        "source", metavar="IN.mid", type=Path, nargs="?", help="what is played to improv (default: a short phrase)"
    )
    jam.add_argument(
        "-o", "--output", metavar="OUT.mid", type=Path, default=Path("improv.mid"), help="default: improv.mid"
    )
    jam.add_argument(
        "--play-part",
        choices=("lead", "all"),
        default="all",
        help="what of the file is played to improv (default: all)",
    )
    jam.add_argument("--json", action="store_true", help=f"print {JAM_JSON} as JSON, not a picture")
    config.add_options(jam, ("--mode", *PLAYING_OPTIONS, *HARMONY_OPTIONS, *MODEL_OPTIONS, "--out", "--api"))
    return jam


def _add_command(
    commands: argparse._SubParsersAction[Parser], name: str, about: str, examples: str = ""
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        description=about,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter if examples else argparse.HelpFormatter,
        allow_abbrev=False,
    )
    _add_config(command)
    return command


def _add_config(parser: argparse.ArgumentParser, first: bool = False) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        default=None if first else argparse.SUPPRESS,
        help="settings file (default: config.toml here, then the one in your configuration folder)",
    )
