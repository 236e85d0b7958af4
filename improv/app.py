"""The wiring: settings become a model, a core and ports. The only place where they meet."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from pathlib import Path

from improv import config
from improv.echoes import Echoes
from improv.encoding import Encoding
from improv.events import Prompt
from improv.fallback import Fallback
from improv.kept import Kept
from improv.listener import notes_in
from improv.plan import PlannedNote
from improv.ports.reports import PortSettings
from improv.recall import Remembrance
from improv.resources import default_model
from improv.settingtable import MEMORIES
from improv.settled import core_settings
from improv.signals import stop_signals
from improv.step import StepModel

#: So many notes of a prompt count: a minute or less.
PROMPT_NOTES = 256


@dataclasses.dataclass(frozen=True, slots=True)
class JamWish:
    """What `improv jam` was asked for: files, the part that is played, JSON or a picture, and whether to play it."""

    source: Path | None
    output: Path
    part: str
    as_json: bool
    aloud: bool


def jam(settled: config.Config, wish: JamWish) -> int:
    """Play a file to improv under a simulated clock, write and show the session. Raises UserError."""
    from improv import jamfile

    settings = dataclasses.replace(core_settings(settled), sync="free")  # a file has no clock beside it
    seed = settled.whole("sampling.seed")
    model = load_model(settled)
    remembrance, kept = load_memory(settled, model.encoding)
    with kept:
        before = prompt(settled, 0.0)
        session = jamfile.run(wish.source, wish.output, wish.part, model, settings, seed, remembrance, before)
    if wish.as_json:
        print(json.dumps(session.report.as_dict(), indent=2))
    else:
        print(jamfile.picture(session, sys.stdout.isatty(), sys.stdout.encoding or "ascii"), flush=True)
    if not wish.aloud:
        return 0
    from improv.ports.link import open_ports

    with stop_signals() as stopping, contextlib.closing(open_ports(only_out(settled))) as link:
        return exit_code(jamfile.play_on(link, session.result.player, session.result.improv, stopping))


def only_out(settled: config.Config) -> PortSettings:
    """The settings of a port process that only plays."""
    return PortSettings(output=settled.text("ports.out") or None, api=settled.text("ports.api"), listens=False)


def ports(settled: config.Config, as_json: bool) -> int:
    """Print the MIDI ports. Raises UserError if there is no MIDI system."""
    from improv.ports.link import list_ports

    found = list_ports(settled.text("ports.api"))
    if as_json:
        print(json.dumps([dataclasses.asdict(port) for port in found], indent=2))
        return 0
    if not found:
        print("no MIDI ports; connect a keyboard, or start a synth or DAW")
    for port in found:
        print(f"{port.direction:<4} {port.api:<9} {port.name}")
    return 0


def prompt(settled: config.Config, at: float) -> list[Prompt]:
    """What the settings name for a solo to go on from, ending `at`. Raises UserError."""
    named = settled.text("solo.prompt")
    if not named or settled.text("answer.mode") != "solo":
        return []
    from improv import midifile

    notes = notes_in(midifile.read(Path(named)))[-PROMPT_NOTES:]
    asked = (PlannedNote(note.onset, note.pitch, note.velocity, note.duration or 0.0, 0) for note in notes)
    return [Prompt(at, tuple(asked))]


def load_model(settled: config.Config) -> StepModel:
    """The model the settings name, or the one that comes with improv. Raises UserError."""
    from improv import providers  # onnxruntime takes its time: only commands that play wait for it

    return providers.load_to_play(model_file(settled), settled.text("model.provider"))


def load_to_play(settled: config.Config) -> Fallback:
    """The model, and what goes on when it fails: the processor, then memory alone. Raises UserError."""
    from improv import model, providers

    first = load_model(settled)
    models: list[tuple[str, StepModel]] = [("the network", first)]
    if settled.text("model.provider") != "cpu" and model.available() != ["cpu"]:
        models.append(("the network on the processor", providers.load_to_play(model_file(settled))))
    return Fallback([*models, ("memory alone", Echoes(first.encoding, first.velocity))])


def model_file(settled: config.Config) -> Path:
    """The model's file: the one the settings name, or the one that comes with improv. Raises UserError."""
    named = settled.text("model.file")
    return Path(named) if named else default_model()


def kept_memory(settled: config.Config) -> Kept | None:
    """What is remembered in the file the settings name; None if they name none. Raises UserError."""
    named = settled.text("model.memory")
    if named in MEMORIES:
        return None
    from improv.memoryfile import read

    return read(Path(named))


def load_memory(
    settled: config.Config, encoding: Encoding, before: Kept | None = None
) -> tuple[Remembrance | None, contextlib.AbstractContextManager[None]]:
    """What was remembered in the file the settings name, if they do, and what keeps it there; else what was learned
    `before`, if anything. Raises UserError."""
    named = settled.text("model.memory")
    if named in MEMORIES:
        return None if before is None else Remembrance(encoding, before), contextlib.nullcontext()
    from improv.memoryfile import Keeper

    remembrance = Remembrance(encoding, kept_memory(settled))
    return remembrance, Keeper(Path(named), remembrance).keeping()


def exit_code(lost: str | None) -> int:
    """0, or 1 after saying why the ports were lost."""
    if lost is not None:
        print(f"improv: {lost}", file=sys.stderr)
    return 0 if lost is None else 1
