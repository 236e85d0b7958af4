"""How many answers are drafted in the shortest pause that a player may make."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from improv import phrase
from improv.bench.report import MOST
from improv.clock import now
from improv.events import Event
from improv.modes.drafts import SETTLED, Drafts
from improv.modes.writing import Answer
from improv.root import Root
from improv.settings import Settings
from improv.stage import stage
from improv.step import StepModel

#: Seconds in which they are written: a pause may be as short as SHORTEST, and the first of it is not thought in.
SHORTEST = 0.35
GAP = SHORTEST - SETTLED
#: Of the phrase, in seconds: its length, and its usual wait.
LENGTH, PACE = 6.0 * phrase.BEAT, 0.5 * phrase.BEAT


def begun(model: StepModel, settings: Settings, most: int, seed: int = 0) -> Drafts:
    """At most so many answers to the short phrase, which has been heard, in the making."""
    scene = stage(model, settings, np.random.default_rng(seed))
    for event in phrase.events():
        if isinstance(event, Event):
            scene.ears.hear(event)
    due = phrase.events()[-1].at + SHORTEST
    scene.ears.learn()
    root = Root(scene.model, scene.ears, scene.panel, scene.rng)
    return Drafts(root, lambda: Answer(root.fork(), due, LENGTH, PACE, PACE), most, due)


def drafts(model: StepModel, settings: Settings) -> int:
    """How many answers to the short phrase are written to their end in the gap after it."""
    making = begun(model, replace(settings, drafts=MOST), MOST)
    end = now() + GAP
    while now() < end and not making.idle:
        making.think()
    return making.finished
