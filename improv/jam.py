"""A session without a clock: events are played to the core as if live, while simulated time jumps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from improv.events import SUSTAIN, ControlChange, Event, Heard, NoteOff, NoteOn
from improv.improviser import Improviser, Status
from improv.plan import Cancel
from improv.recall import Remembrance
from improv.scheduler import Outgoing, Scheduler
from improv.settings import Settings
from improv.step import StepModel

#: How long improv may go on after the last event, seconds.
RUN_ON = 30.0


@dataclass(frozen=True, slots=True)
class JamResult:
    """What both said, each in the order of their moments (seconds from the start), and the core's last word."""

    player: tuple[Event, ...]
    improv: tuple[Event, ...]
    status: Status


def jam(
    events: Sequence[Heard],
    model: StepModel,
    settings: Settings,
    rng: np.random.Generator,
    remembrance: Remembrance | None = None,
) -> JamResult:
    """Play `events`, in order of their moments, to an improviser; go on until its answer to the last has ended.

    The clock jumps to the next moment at which anything happens. The same events, model, settings, state of
    `rng` and `remembrance` (what was learned before) give the same result.
    """
    core, scheduler = Improviser(model, settings, rng, remembrance), Scheduler()
    said: list[Event] = []
    stop_at = (events[-1].at if events else 0.0) + RUN_ON
    heard, now = 0, 0.0
    while True:
        upcoming = events[heard].at if heard < len(events) else None
        moments = (upcoming, core.wake_at(), scheduler.next_deadline())
        # What is wanted in the past is wanted at once: time only goes on.
        now = max(now, min((moment for moment in moments if moment is not None), default=stop_at))
        if now >= stop_at:
            break
        while heard < len(events) and events[heard].at <= now:
            core.hear(events[heard])
            heard += 1
        for command in core.turn(now):
            scheduler.apply(command, now)
        said += [_event(sent) for sent in scheduler.due(now)]
    scheduler.apply(Cancel(stop_at), stop_at)  # what still sounds ends here
    said += [_event(sent) for sent in scheduler.due(stop_at)]
    played = tuple(event for event in events if isinstance(event, Event))
    return JamResult(played, tuple(said), core.status())


def _event(sent: Outgoing) -> Event:
    if sent.note is None:
        return ControlChange(sent.deadline, sent.data[0] & 0x0F, SUSTAIN, sent.data[2])
    if sent.begins:
        return NoteOn(sent.deadline, sent.note.channel, sent.note.pitch, sent.note.velocity)
    return NoteOff(sent.deadline, sent.note.channel, sent.note.pitch)
