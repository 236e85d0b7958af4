"""When improv comes in: at once; or in free time on a beat of the player's, where it is sure enough of one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from improv.stage import Stage

#: Seconds from the decision to come in to the first note, at least.
LEAD = 0.02


@dataclass(frozen=True, slots=True)
class Entrance:
    """Improv makes up its mind when it is `due`; its first note is on the `beat`, if there is one. Absolute seconds."""

    due: float
    beat: float | None = None


def entrance(stage: Stage, due: float) -> Entrance:
    """How improv comes in that might from the moment `due` on: no sooner, and on the first beat that it is sure of."""
    lead = LEAD + max(0.0, stage.panel.settings.offset_ms / 1000)
    beat = stage.ears.time.beat_from(due + lead)
    return Entrance(due) if beat is None else Entrance(beat - lead, beat)
