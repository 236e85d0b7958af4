"""`improv calibrate`: how late its notes are heard, and how late the player's come, by tapping along twice.

Once with clicks that go the way of improv's notes: the taps are late by the way out, the player's hand and the way in.
Once with a beat that needs no way out, a DAW's metronome beside its clock or a flash on the terminal: late by hand and
way in alone. The difference is what improv's notes are to be sent early by; what is left is the player's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from improv import events
from improv.engine import Link
from improv.errors import UserError
from improv.events import ClockEvent, NoteOn
from improv.plan import PlannedNote, Play
from improv.ports.reports import Heard, Lost
from improv.reception import Reception
from improv.transport import Transport

#: Beats of a round, those of them that are not counted yet, and seconds from one to the next.
BEATS, LISTENING, PERIOD = 20, 4, 0.7
#: A tap belongs to a beat if it comes no more than so much before or after it (seconds).
EARLIEST, LATEST = 0.2, 0.5
#: So many taps make a round, and they are spread by no more than this (seconds).
LEAST, MOST_SPREAD = 8, 0.06
CLICK, CLICK_LENGTH, CLICK_VELOCITY = 84, 0.08, 100
#: Seconds a DAW has to start its clock, beats of it that are tapped.
PATIENCE, CLOCK_BEATS = 30.0, 16.0


@dataclass(frozen=True, slots=True)
class World:
    """What calibrating needs of the world: the ports, who may say what on them, a clock, and a person's eyes."""

    link: Link
    reception: Reception
    now: Callable[[], float]
    say: Callable[[str], None]
    flash: Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Offsets:
    """Milliseconds, as the settings `time.offset_ms` and `time.input_offset_ms` have them."""

    offset_ms: float
    input_offset_ms: float


def calibrate(world: World, channel: int, follows: bool) -> Offsets:
    """Tap along with the person; `channel` 0-15 is improv's, `follows` is whether there is a DAW's clock.

    UserError if the taps are too few or too uneven, or the clock does not come.
    """
    world.say("Tap any key along with the clicks you hear.")
    heard = lateness(_clicks(world, channel))
    if follows:
        world.say("Now switch on your DAW's metronome, start it, and tap along with that.")
        meant = lateness(_metronome(world))
    else:
        world.say("Now tap along with the flashes you see here. No sound comes.")
        meant = lateness(_flashes(world))
    return Offsets(*(round(1000 * seconds, 1) for seconds in (heard - meant, meant)))


def lateness(lags: Sequence[float]) -> float:
    """How late taps are (seconds): their median, those left out that are far from the others (three of their own
    spreads, by the median absolute deviation). UserError if they say nothing."""
    found = np.array(lags, float)
    if len(found) >= LEAST:
        away = np.abs(found - np.median(found))
        found = found[away <= max(3 * 1.4826 * float(np.median(away)), 0.02)]
    if len(found) < LEAST:
        raise UserError(f"calibrate: {len(found)} taps that go with the beat, {LEAST} are needed; tap once a beat")
    spread = 1.4826 * float(np.median(np.abs(found - np.median(found))))
    if spread > MOST_SPREAD:
        raise UserError(
            f"calibrate: taps uneven by {spread * 1000:.0f} ms, accepted are {MOST_SPREAD * 1000:.0f}; try again"
        )
    return float(np.median(found))


def lags(taps: Sequence[float], beats: Sequence[float]) -> list[float]:
    """How late the taps are that belong to beats, the nearest of each, but for those of the first beats; seconds."""
    found = []
    for beat in beats[LISTENING:]:
        near = [tap - beat for tap in taps if -EARLIEST <= tap - beat <= LATEST]
        found += [min(near, key=abs)] if near else []
    return found


def _clicks(world: World, channel: int) -> list[float]:
    beats = [world.now() + 1.0 + PERIOD * number for number in range(BEATS)]
    clicks = [PlannedNote(at, CLICK, CLICK_VELOCITY, CLICK_LENGTH, channel) for at in beats]
    world.link.send(Play(tuple(clicks)))
    return lags(_taps(world, beats[-1] + LATEST), beats)


def _flashes(world: World) -> list[float]:
    beats = [world.now() + 1.0 + PERIOD * number for number in range(BEATS)]
    taps = []
    for beat in beats:
        taps += _taps(world, beat)
        world.flash(True)
        taps += _taps(world, beat + PERIOD / 4)
        world.flash(False)
    return lags([*taps, *_taps(world, beats[-1] + LATEST)], beats)


def _taps(world: World, until: float) -> list[float]:
    """When keys were struck, up to a moment."""
    return [event.at for event in _events(world, until) if isinstance(event, NoteOn)]


def _events(world: World, until: float) -> list[events.Heard]:
    found: list[events.Heard] = []
    while (left := until - world.now()) > 0:
        for report in world.link.wait(left):
            if isinstance(report, Lost):
                raise UserError(f"calibrate: {report.message}")
            if isinstance(report, Heard):
                found += world.reception.events(report)
    return found


def _metronome(world: World) -> list[float]:
    """How late taps are beside the beats of a clock."""
    transport, found, began, end = Transport(4.0), [], float("inf"), world.now() + PATIENCE
    while True:
        for event in _events(world, world.now() + 0.1):
            if isinstance(event, ClockEvent):
                transport.hear(event)
            pulse = transport.pulse()
            if pulse is not None:
                began = min(began, pulse.beat)
            if isinstance(event, NoteOn) and pulse is not None and pulse.beat >= began + LISTENING:
                late = (pulse.beat_at(event.at) + 0.35) % 1 - 0.35
                found.append(late * pulse.period)
        pulse = transport.pulse()
        if pulse is not None and pulse.beat >= began + LISTENING + CLOCK_BEATS:
            return found
        if pulse is None and world.now() > end:
            raise UserError(
                "calibrate: no clock came; let your DAW send it (--clock names its port), or use --sync free"
            )
