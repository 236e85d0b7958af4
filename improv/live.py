"""Playing live: a session on ports, with a page or without, from the settings to the last note-off."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from improv import app, clock, config, engine, priority
from improv.desk import Desk
from improv.errors import UserError
from improv.greeting import greeting
from improv.improviser import Improviser
from improv.learning import keep
from improv.logfile import logged
from improv.notify import Notifier
from improv.onlyone import only_one
from improv.plan import Silence
from improv.ports.reports import ALONE, Opened
from improv.reception import Reception
from improv.recorder import Recorder
from improv.recording import new_recorder, recorded
from improv.reloading import Derived, Reloading
from improv.screen import Aside
from improv.settled import controls, core_settings, hearing, port_settings
from improv.signals import hang_ups, stop_signals
from improv.status import StatusLine

if TYPE_CHECKING:
    from improv.monitor.playing import Web
    from improv.ports.lifeline import Lifeline
    from improv.ports.onlooker import Onlooker

#: After how many new objects the collector looks at them, and how often at older ones: never for long.
COLLECT = (10_000, 20, 100)
#: Seconds after which a thread beside the music (the recorder's) gives way. Python's own 5 ms would be heard.
SWITCH = 0.0005
#: What follows from the settings, and follows anew when they are read again.
DERIVED = Derived(core_settings, hearing, controls, app.kept_memory)


def play(read: Callable[[], config.Config], named: Path | None, *, alone: bool = False) -> int:
    """Play live until Ctrl-C or SIGTERM, then 0. `read` settles the settings, again on SIGHUP; `named` is their file,
    where one was named. `alone`: where no port is named there is none, and the page is the instrument. Raises
    UserError."""
    from improv.ports.lifeline import Stopped

    lost = None
    with contextlib.ExitStack() as stack:
        stopping, hung_up = stack.enter_context(stop_signals()), stack.enter_context(hang_ups())
        stack.enter_context(contextlib.suppress(Stopped))
        web, settled = None, read()
        if settled.switch("web.on"):
            from improv.monitor.playing import Web

            web = stack.enter_context(contextlib.closing(Web(settled, partial(keep, named=named), alone=alone)))

        def settle() -> config.Config:
            return read() if web is None else web.settle(read())

        while True:
            try:
                lost = _session(settle, stopping, hung_up, web)
            except UserError as error:
                if web is None or not web.refuse(error):
                    raise
                continue
            if web is None or not web.over() or lost is not None or stopping():
                break
    return app.exit_code(lost)


def _session(
    read: Callable[[], config.Config], stopping: Callable[[], bool], hung_up: Callable[[], bool], web: Web | None
) -> str | None:
    """Play until `stopping()`, or until the page wants another session; why the ports were lost, if they were."""

    def over() -> bool:
        return stopping() or (web is not None and web.over())

    settled = read()
    settings, bound = core_settings(settled), controls(settled)
    model = app.load_to_play(settled)
    before = None if web is None else web.learned
    remembrance, kept = app.load_memory(settled, model.encoding, before)
    prompts = app.prompt(settled, 0.0)
    rng = np.random.default_rng(settled.whole("sampling.seed"))
    improviser = Improviser(model if web is None else web.overheard(model), settings, rng, remembrance)
    with contextlib.ExitStack() as stack:
        stack.enter_context(kept)
        stack.enter_context(model.watched())
        line = stack.enter_context(_open_line(settled))
        ports, opened = _open(settled, stopping, alone=web is not None and web.alone(settled))
        stack.enter_context(contextlib.closing(ports))
        if settled.text("ports.out") and not settled.switch("ports.virtual"):
            stack.enter_context(only_one(opened.output))
        recorder = new_recorder(settled, settings, app.model_file(settled), before)
        core = improviser if recorder is None else stack.enter_context(recorded(improviser, recorder, model))
        said = greeting(opened, settings, thru=settled.switch("ports.thru"))
        said += [] if web is None else [web.greeting()]
        desk = stack.enter_context(_open_desk(line, recorder, settled, said))
        go_first()
        timing = engine.Timing()
        reception = Reception(opened.clock_number, len(opened.inputs), hearing(settled), bound)
        again = Reloading(hung_up, read, DERIVED, settled, lambda: improviser.settings, core, reception)
        desk.ask(model.news)
        desk.ask(again.news)
        link: engine.Link = ports
        heard: engine.Core = core
        if web is not None:
            desk.ask(web.news)
            desk.share(web.say)
            attached = web.attached(settled, improviser, core, ports, opened, timing, bound)
            link, heard = stack.enter_context(attached)
        stack.callback(link.send, Silence())  # at the end before all else: the recorder may wait for its disk
        for prompt in prompts:
            core.hear(replace(prompt, at=clock.now()))
        lost = engine.run(heard, link, timing, line, over, reception=reception, desk=desk)
        if settled.text("terminal.detail") == "verbose":
            line.say(str(timing))
    return lost


def _open(settled: config.Config, stopping: Callable[[], bool], *, alone: bool) -> tuple[Lifeline | Onlooker, Opened]:
    """The ports, and what was opened; `alone`: none, only who looks at those there are."""
    if alone:
        from improv.ports.onlooker import Onlooker

        return Onlooker(settled.text("ports.api")), ALONE
    from improv.ports.lifeline import Lifeline

    ports = Lifeline(port_settings(settled), stopping)
    return ports, ports.opened


@contextlib.contextmanager
def _open_line(settled: config.Config) -> Iterator[StatusLine]:
    """The line that says what improv is doing, on a terminal that nobody waits for."""
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(contextlib.closing(Aside(sys.stdout)))
        line = StatusLine(screen, settled.text("terminal.detail"))
        yield stack.enter_context(contextlib.closing(line))


@contextlib.contextmanager
def _open_desk(line: StatusLine, recorder: Recorder | None, settled: config.Config, said: list[str]) -> Iterator[Desk]:
    """The desk, which has `said` that playing begins; at the end it tells the service manager."""
    notifier = Notifier()
    with logged(settled.text("terminal.log")) as log, contextlib.ExitStack() as stack:
        stack.callback(notifier.stopping)
        desk = Desk(line, recorder, log, notifier)
        for text in said:
            desk.say(text, clock.now())
        notifier.ready(said[0])
        yield desk


def go_first() -> None:
    """Music before all else: what has been made by now stays, and the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    sys.setswitchinterval(SWITCH)
    priority.go_first(priority.ENGINE)
