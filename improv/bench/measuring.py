"""What is measured, each on the real thing: the model, the engine's loop, a port process. No player is needed."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from improv import engine, phrase
from improv.clock import now
from improv.dials import WIDTH
from improv.engine import Timing
from improv.errors import UserError
from improv.events import NoteOff, NoteOn
from improv.improviser import Improviser
from improv.midi import note_off, note_on
from improv.plan import Command, PlannedNote, Play
from improv.ports.link import Link, open_ports
from improv.ports.reports import Heard, PortSettings, Report, Sent
from improv.settings import Settings
from improv.status import StatusLine
from improv.step import StepModel, controls
from improv.timing import Window

#: Steps that are timed, after so many to warm up.
STEPS, WARM = 1500, 100
#: Notes that are played to improv to see how soon it does what comes of them, and seconds from one to the next and to
#: its end; and of what is played on into its drafting, how much later, by a throw of the dice.
STRUCK, EVERY, HELD = 100, 0.1, 0.07
#: Seconds before the first of them, as a player takes their seat.
SEATED = 0.5
INTO = (0.002, 0.012)
#: By the name of what is measured, the mode.
REACTIONS = {"harmonize": "harmonize", "accompany": "accompany", "drafting": "accompany"}
#: The same of planned notes.
PLANNED, SPACING = 300, 0.01
#: Seconds after the short phrase within which its answer is over.
ANSWERED_IN = 5.0
#: Notes sent to see whether they come back, and the seconds that they may take.
PROBES, BACK_IN = 20, 0.5


def steps(model: StepModel) -> Window:
    """Seconds that a step takes: hear a note, draw the next."""
    rng = np.random.default_rng(0)
    how = controls(model.encoding, rng, temperature=0.95, top_p=0.95)
    rows, dials, state = model.encoding.pad(1)[None], np.zeros((1, 2, WIDTH), np.float32), model.start()
    window = Window(STEPS)
    for _ in range(WARM + STEPS):
        how.u[:] = rng.random(how.u.shape, np.float32)
        began = now()
        step = model.step(rows, dials, state, how)
        window.add(now() - began)
        state, rows[0, 0, :5] = step.state, step.drawn[0]
    return window


class Played:
    """A link whose player is a score: (seconds from now, bytes). Without a port process nothing leaves."""

    def __init__(self, link: Link | None, score: Sequence[tuple[float, bytes]]) -> None:
        self._link = link
        start = now()
        self._score = [(start + at, data) for at, data in reversed(score)]
        self.struck: list[float] = []  # when keys went down
        self.began: list[float] = []  # when improv's notes left
        self.acted: list[float] = []  # after each key, when all that came of it was handed over

    def send(self, command: Command) -> None:
        """Hand a command over."""
        if self._link is not None:
            self._link.send(command)

    def wait(self, timeout: float | None) -> list[Report]:
        """What was reported, after at most `timeout` seconds."""
        self.acted += [now()] * (len(self.struck) - len(self.acted))
        seconds = min(math.inf if timeout is None else timeout, self._score[-1][0] - now() if self._score else math.inf)
        reports: list[Report] = []
        while self._score and self._score[-1][0] <= now():
            played = Heard(now(), 0, self._score.pop()[1])
            if self._link is None:
                reports.append(played)
            else:
                self._link.echo(played)  # it comes the way that a key comes
        if self._link is not None:
            reports = self._link.wait(max(0.0, seconds))
            self.began += [one.deadline + one.lateness for one in reports if isinstance(one, Sent)]
        elif seconds > 0 and not reports:
            time.sleep(seconds)
        self.struck += [one.at for one in reports if isinstance(one, Heard) and one.data[0] & 0xF0 == 0x90]
        return reports


def reaction(model: StepModel, settings: Settings, link: Link | None, name: str) -> Window:
    """Seconds from a key that goes down, by the port process's word, to what comes of it: in the mode harmonize, where
    every note gets a harmony of its own, to improv's first note with it being handed to the port; else, and without a
    port process, to all that is asked of the ports having been handed to them. `name` is one of REACTIONS."""
    pitches, rng = [60, 62, 64, 65, 67, 69, 71, 72], np.random.default_rng(0)
    keys = [(SEATED + EVERY * index + rng.uniform(0.0, 0.01), pitches[index % 8]) for index in range(STRUCK)]
    after = [(at + rng.uniform(*INTO), pitch + 12) for at, pitch in keys] if name == "drafting" else []
    score = [(at, note_on(0, pitch, 80)) for at, pitch in (*keys, *after)]
    score += [(at + HELD, note_off(0, pitch)) for at, pitch in (*keys, *after)]
    settings = replace(settings, mode=REACTIONS[name], harmonic_rhythm=0.0)
    played, _ = _session(model, settings, link, sorted(score), 0.3)
    window = Window()
    ends = played.began if name == "harmonize" and link is not None else played.acted
    which = slice(1, None, 2) if after else slice(None)
    for at in played.struck[which]:
        end = np.searchsorted(ends, at)
        if end < len(ends) and ends[end] - at < EVERY / 2:
            window.add(float(ends[end] - at))
    return window


def answers(model: StepModel, settings: Settings, link: Link | None) -> Timing:
    """How an answer to the short phrase is played: whether its notes were there when due, from how old news."""
    call = [one for one in phrase.events() if one.at < phrase.SECOND_BEGINS * phrase.BEAT]
    score = [
        (one.at, note_on(0, one.pitch, one.velocity) if isinstance(one, NoteOn) else note_off(0, one.pitch))
        for one in call
        if isinstance(one, NoteOn | NoteOff)
    ]
    return _session(model, replace(settings, mode="answer"), link, score, ANSWERED_IN)[1]


def _session(
    model: StepModel, settings: Settings, link: Link | None, score: Sequence[tuple[float, bytes]], after: float
) -> tuple[Played, Timing]:
    played, timing = Played(link, score), Timing()
    end = now() + score[-1][0] + after
    core = Improviser(model, settings, np.random.default_rng(0))
    engine.run(core, played, timing, StatusLine(sys.stdout, "quiet"), lambda: now() > end)
    return played, timing


def lateness(link: Link, channel: int) -> Window:
    """Seconds by which planned notes leave late."""
    start = now() + 0.2
    notes = [PlannedNote(start + SPACING * index, 60, 1, SPACING / 2, channel) for index in range(PLANNED)]
    link.send(Play(tuple(notes)))
    window, end = Window(PLANNED), notes[-1].onset + 0.3
    while now() < end:
        for report in link.wait(0.05):
            if isinstance(report, Sent):
                window.add(report.lateness)
    return window


def loop(link: Link, channel: int) -> Window:
    """Seconds from a note's leaving to its coming in again, if what improv plays on it also hears; else nothing."""
    window, start = Window(PROBES), now() + 0.1
    notes = [PlannedNote(start + 0.05 * index, 40 + index, 1, 0.02, channel) for index in range(PROBES)]
    link.send(Play(tuple(notes)))
    left: dict[bytes, float] = {}
    while now() < notes[-1].onset + BACK_IN:
        for report in link.wait(0.05):
            if isinstance(report, Sent):
                left[note_on(report.channel, report.pitch, report.velocity)] = report.deadline + report.lateness
            elif isinstance(report, Heard) and report.data in left:
                window.add(report.at - left.pop(report.data))
    return window


def looped(link: Link, channel: int) -> tuple[Window | None, str]:
    """The same, and through what; where nothing comes back by itself, through a port of improv's own, on a process of
    its own. None, and why, where there is no such port either."""
    window = loop(link, channel)
    if window.count:
        return window, link.opened.output
    try:
        with contextlib.closing(open_ports(PortSettings(api=link.opened.api, looped=True))) as own:
            window = loop(own, channel)
    except UserError as error:
        return None, str(error)
    return (window, "a port of improv's own") if window.count else (None, "nothing comes back")


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """A process on each core that does nothing, as fast as it can."""
    idle = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in idle:
            process.kill()
            process.wait()
