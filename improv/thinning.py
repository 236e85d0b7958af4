"""A backlog is thinned, so that what was late is caught up with at once: of many notes that wait to be heard, only as
many as the network remembers are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from improv.context import CONTEXT_NOTES
from improv.events import Heard, NoteOn

E = TypeVar("E", bound=Heard)


def thinned(events: Sequence[E]) -> tuple[list[E], list[E]]:
    """The events without all note-ons but the last 32, and those that are left out; offs, pedals, clocks and controls
    stay, each in its place."""
    excess = sum(isinstance(event, NoteOn) for event in events) - CONTEXT_NOTES
    kept: list[E] = []
    left_out: list[E] = []
    for event in events:
        leaves = len(left_out) < excess and isinstance(event, NoteOn)
        (left_out if leaves else kept).append(event)
    return kept, left_out
