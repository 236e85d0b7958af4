from improv.ledger import Ledger
from improv.midi import control_change, note_off


def test_two_notes_of_a_pitch_need_two_offs() -> None:
    ledger = Ledger()
    ledger.on(0, 60)
    ledger.on(0, 60)
    ledger.off(0, 60)
    assert ledger.sounding() == {(0, 60): 1}
    ledger.off(0, 60)
    assert ledger.sounding() == {}


def test_an_off_without_an_on_is_nothing() -> None:
    ledger = Ledger()
    ledger.off(0, 60)
    ledger.on(0, 60)
    assert ledger.sounding() == {(0, 60): 1}


def test_silence_is_each_off_then_pedal_and_all_notes_off_of_every_channel_used() -> None:
    ledger = Ledger()
    ledger.on(1, 60)
    ledger.on(1, 60)
    ledger.on(0, 62)
    ledger.on(3, 64)
    ledger.off(3, 64)
    ledger.used(5)
    offs = [note_off(0, 62), note_off(1, 60), note_off(1, 60)]
    ends = [control_change(channel, control, 0) for channel in (0, 1, 3, 5) for control in (64, 123)]
    assert ledger.silence() == offs + ends
    assert ledger.silence() == offs + ends, "it can be said again"
    ledger.clear()
    assert ledger.sounding() == {}
    assert ledger.silence() == ends


def test_nothing_used_needs_no_silence() -> None:
    assert Ledger().silence() == []
