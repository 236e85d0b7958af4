"""Offs said again: when, which, and what is left alone."""

from __future__ import annotations

from improv.ledger import Ledger
from improv.midi import control_change, note_off
from improv.ports.repeats import CHANGE_AT, LONG_SILENCE_AT, OFF_AGAIN_AT, SILENCE_AT, WITHIN, Repeats


def said(repeats: Repeats, until: float) -> list[tuple[float, bytes]]:
    """What is said, and when, if somebody comes at each deadline."""
    found = []
    while (moment := repeats.next_deadline()) is not None and moment <= until:
        found += [(moment, data) for data in repeats.due(moment)]
    return found


def test_a_silence_is_said_again_at_its_moments() -> None:
    assert {0.0, 0.01, 0.03, 0.08} <= {*SILENCE_AT} <= {*LONG_SILENCE_AT}, "when a killed client may have swallowed it"
    repeats = Repeats(Ledger())
    messages = [note_off(1, 60), control_change(1, 123, 0)]
    repeats.silenced(messages, 1.0)
    assert said(repeats, 9.0) == [(1.0 + delay, data) for delay in SILENCE_AT[1:] for data in sorted(messages)]
    assert repeats.next_deadline() is None


def test_where_messages_are_lost_every_off_is_said_again_and_a_silence_for_longer() -> None:
    ledger = Ledger()
    repeats = Repeats(ledger, lossy=True)
    repeats.ended((1, 60), 1.0)
    assert said(repeats, 9.0) == [(1.0 + delay, note_off(1, 60)) for delay in OFF_AGAIN_AT]
    repeats.silenced([note_off(1, 62)], 10.0)
    assert said(repeats, 19.0) == [(10.0 + delay, note_off(1, 62)) for delay in LONG_SILENCE_AT[1:]]
    repeats.ended((1, 60), 20.0)
    ledger.on(1, 60)
    assert said(repeats, 29.0) == []


def test_what_was_silenced_counts_as_ended() -> None:
    repeats = Repeats(Ledger())
    repeats.silenced([note_off(1, 60), control_change(1, 123, 0)], 1.0)
    assert repeats.recent(1.5) == [note_off(1, 60)]


def test_when_the_ports_change_the_offs_of_the_last_half_second_are() -> None:
    repeats = Repeats(Ledger())
    for moment, pitch in ((0.0, 60), (0.75, 62), (1.0, 64), (1.0, 64)):
        repeats.ended((1, pitch), moment)
    repeats.changed(0.75 + WITHIN)
    expected = [(0.75 + WITHIN + delay, note_off(1, pitch)) for delay in CHANGE_AT for pitch in (62, 64)]
    assert said(repeats, 9.0) == expected


def test_what_sounds_again_is_left_alone() -> None:
    ledger = Ledger()
    repeats = Repeats(ledger)
    repeats.silenced([note_off(1, 60), *(control_change(c, n, 0) for c in (1, 2) for n in (64, 123))], 1.0)
    ledger.on(1, 60)
    ledger.press(2, True)
    first = 1.0 + SILENCE_AT[1]
    assert repeats.due(first) == [control_change(1, 64, 0), control_change(2, 123, 0)]
    ledger.off(1, 60)
    ledger.press(2, False)
    assert len(repeats.due(1.0 + SILENCE_AT[2])) == 5


def test_what_is_remembered_is_bounded() -> None:
    repeats = Repeats(Ledger())
    for number in range(100_000):
        repeats.ended((number % 16, number // 16 % 128), 1.0)
    repeats.changed(1.0)
    for _ in range(100):
        repeats.changed(1.0)
    assert len(repeats._due) < 20_000
