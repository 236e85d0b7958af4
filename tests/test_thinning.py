"""A backlog: the last 32 notes are heard, and every off."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from improv.events import ControlChange, Heard, NoteOff, NoteOn, Tick
from improv.thinning import thinned

EVENTS = st.sampled_from(
    [NoteOn(0.0, 0, 60, 64), NoteOff(0.0, 0, 60), ControlChange(0.0, 0, 64, 127), Tick(0.0), NoteOn(0.0, 0, 61, 64)]
)


def test_what_a_hand_can_play_is_all_heard() -> None:
    events: list[Heard] = [NoteOn(0.0, 0, pitch, 64) for pitch in range(32)]
    assert thinned(events) == (events, [])


def test_of_more_the_last_are_and_all_else_stays() -> None:
    flood: list[Heard] = [e for pitch in range(128) for e in (NoteOn(0.0, 0, pitch, 64), NoteOff(0.0, 0, pitch))]
    kept, left_out = thinned(flood)
    assert [event.pitch for event in kept if isinstance(event, NoteOn)] == [*range(96, 128)]
    assert [event.pitch for event in kept if isinstance(event, NoteOff)] == [*range(128)]
    assert [event.pitch for event in left_out if isinstance(event, NoteOn)] == [*range(96)]


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=300))
def test_nothing_but_early_notes_is_left_out_and_the_order_is_kept(events: list[Heard]) -> None:
    kept, left_out = thinned(events)
    for some in (kept, left_out):
        rest = iter(events)
        assert all(any(one is event for one in rest) for event in some), "in their order"
    assert len(kept) + len(left_out) == len(events)
    others = [event for event in events if not isinstance(event, NoteOn)]
    assert [event for event in kept if not isinstance(event, NoteOn)] == others
    notes = [event for event in events if isinstance(event, NoteOn)]
    assert [event for event in kept if isinstance(event, NoteOn)] == notes[-32:]
