"""The command: what is measured, in order, and said."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from improv import config
from improv.errors import UserError

if TYPE_CHECKING:
    from improv.bench.report import Report
    from improv.model import OnnxModel

    Commands = argparse._SubParsersAction[Any]

#: What `improv bench --json` says; a test holds it to what is printed.
KEYS = (
    "{model, step_ms, lateness_ms, loop_ms (each {p50, p99} or null), loop_through, step_ms_by_provider, "
    "drafts_per_gap (by provider), reaction_ms (by mode), in_time, age_ms, load, fit, verdict}"
)
OPTIONS = ("--in", "--out", "--api", "--virtual", "--model", "--provider", "--channel-out")


def add(commands: Commands, add_command: Callable[[Commands, str, str], argparse.ArgumentParser]) -> Any:
    """Add the command; `add_command` adds one, of a name and with a description."""
    bench = add_command(
        commands,
        "bench",
        "Measure how prompt improv is on this machine, in under a minute, and say whether it is fit to perform. The "
        "way out and in again is measured through what it plays on, where that is also what it hears (--in and --out "
        "on one bus), and else through a port of improv's own, where the MIDI system has such.",
    )
    bench.add_argument("--json", action="store_true", help=f"print {KEYS} as JSON")
    bench.add_argument("--load", action="store_true", help="keep every core busy meanwhile")
    config.add_options(bench, OPTIONS)
    return bench


def bench(settled: config.Config, *, as_json: bool, load: bool) -> int:
    """Measure and say what was found; 0, or 1 if it is not fit to perform. Raises UserError."""
    from improv.bench import measuring

    with measuring.busy() if load else contextlib.nullcontext():
        report = _measured(settled, load)
    print(json.dumps(report.as_dict(), indent=2) if as_json else report)
    return 0 if report.as_dict()["fit"] else 1


def _measured(settled: config.Config, load: bool) -> Report:
    from improv import app, live, model, providers
    from improv.bench import drafting, measuring
    from improv.bench.report import Report
    from improv.ports.link import open_ports
    from improv.settled import core_settings, port_settings

    live.go_first()
    playing = providers.load_to_play(app.model_file(settled), settled.text("model.provider"))
    models = {_called(playing): playing}
    for provider in model.available():
        with contextlib.suppress(UserError):
            other = model.load(app.model_file(settled), provider)
            models.setdefault(_called(other), other)
    settings = core_settings(settled)
    steps = {name: measuring.steps(one) for name, one in models.items()}
    drafted = {name: drafting.drafts(one, settings) for name, one in models.items()}
    with contextlib.ExitStack() as stack:
        link, lateness, loop, through = None, None, None, ""
        try:
            link = stack.enter_context(contextlib.closing(open_ports(port_settings(settled))))
        except UserError as error:
            if settled.names("ports.in") or settled.text("ports.out"):
                raise
            ports = through = str(error)
        else:
            ports = f"through {link.opened.output} on {link.opened.api}"
        reaction = {name: measuring.reaction(playing, settings, link, name) for name in measuring.REACTIONS}
        timing = measuring.answers(playing, settings, link)
        if link is not None:
            lateness = measuring.lateness(link, settings.channel_out)
            loop, through = measuring.looped(link, settings.channel_out)
    age, ready = timing.age.median, timing.ready
    return Report(playing.card.name, steps, drafted, reaction, lateness, loop, through, ready, age, ports, load)


def _called(one: OnnxModel) -> str:
    return f"{one.provider}, {one.bits} bits"
