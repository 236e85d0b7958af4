"""What the page is told of a session, as its messages (static/messages.json says what is in each). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from improv.casting import IMPROV
from improv.context import CONTEXT_NOTES
from improv.engine import Timing
from improv.improviser import Improviser
from improv.monitor.dials import described, learnable, shown
from improv.monitor.hub import Message
from improv.monitor.overheard import Overheard
from improv.monitor.witness import Stroke
from improv.notes import Note, Part
from improv.plan import PlannedNote
from improv.pulse import Pulse
from improv.settings import Settings

#: Notes of a plan and latenesses that are shown at most.
PLANNED, LATEST = 64, 40
#: What each mode does, in the words of a player.
MODES = {
    "answer": "You play a phrase, improv answers it.",
    "accompany": "It plays with you.",
    "continue": "It goes on where you stop.",
    "harmonize": "It adds voices to your top note.",
    "solo": "It plays on its own.",
}
_PARTS = {Part.LEAD: "lead", Part.ACCOMPANIMENT: "accompaniment"}


def hello(now: float, settings: Settings, **beside: Any) -> Message:
    """The first of all; `beside`: alone, model, models, recording."""
    modes = [{"name": name, "says": says} for name, says in MODES.items()]
    controls = described()
    return {
        **{"type": "hello", "version": 1, "now": now, "modes": modes, "controls": controls},
        **{"settings": shown(settings), "learnable": learnable(), **beside},
    }


def strokes(said: Iterable[Stroke]) -> Message:
    """Improv's notes that began and ended."""
    events = [
        {
            **{"by": "improv", "on": stroke.on, "at": stroke.deadline},
            **{"pitch": stroke.note.pitch, "velocity": stroke.note.velocity if stroke.on else 0},
        }
        for stroke in said
    ]
    return {"type": "notes", "events": events}


def key(at: float, on: bool, pitch: int, velocity: int) -> Message:
    """A key of the player's went down or came up."""
    return {
        "type": "notes",
        "events": [{"by": "player", "on": on, "at": at, "pitch": pitch, "velocity": velocity}],
    }


def plan(now: float, planned: Sequence[PlannedNote]) -> Message:
    """What has not begun."""
    notes = [
        {"onset": note.onset, "pitch": note.pitch, "velocity": note.velocity, "duration": note.duration}
        for note in planned[:PLANNED]
    ]
    return {"type": "plan", "now": now, "notes": notes}


def context(heard: Sequence[tuple[tuple[str, int], Note]]) -> Message:
    """The last notes of both, as Improviser.heard_lately has them."""
    notes = []
    before: float | None = None
    for (voice, _), note in heard:
        ioi = 0.0 if before is None else max(0.0, note.onset - before)
        before = note.onset
        by = "improv" if voice == IMPROV else "player"
        part = _PARTS.get(Part(note.part), "unsplit")
        notes.append({"pitch": note.pitch, "velocity": note.velocity, "ioi": min(ioi, 3600.0), "part": part, "by": by})
    return {"type": "context", "notes": notes[-CONTEXT_NOTES:]}


def thinking(model: Overheard) -> Message | None:
    """How likely each pitch was where the last note was drawn; None before the first."""
    if model.pitches is None:
        return None
    pitches, memory = model.pitches
    # What failed says NaN, which is no JSON.
    return {"type": "thinking", "pitch": [min(1.0, p) if p >= 0 else 0.0 for p in pitches], "memory": memory}


def status(now: float, core: Improviser, timing: Timing, began: float, recording: bool) -> Message:
    """What improv is doing, and how promptly."""
    said = core.status()
    late = timing.lateness
    known = late.median is not None and late.p99 is not None
    return {
        **{"type": "status", "now": now, "answering": said.answering, "muted": said.muted},
        **{"frozen": core.frozen, "heard": said.heard, "played": said.played, "mode": said.mode},
        **{"key": None if said.key is None else str(said.key), "tempo": said.tempo, "time": said.time},
        "pulse": _pulse(core.pulse),
        "reaction_ms": _ms(timing.reaction.p99),
        "lateness_ms": {"p50": _ms(late.median), "p99": _ms(late.p99)} if known else None,
        "latest_ms": [value * 1000 for value in late.latest(LATEST)],
        **{"in_time": timing.ready, "recording": recording, "session_seconds": now - began},
    }


def _pulse(pulse: Pulse | None) -> Message | None:
    if pulse is None:
        return None
    return {"at": pulse.at, "beat": pulse.beat, "period": pulse.period, "bar": pulse.bar}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000
