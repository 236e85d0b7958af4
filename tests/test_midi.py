import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.events import (
    ClockEvent,
    Continue,
    ControlChange,
    Event,
    NoteOff,
    NoteOn,
    ProgramChange,
    SongPosition,
    Start,
    Stop,
    Tick,
)
from improv.midi import Parser, control_change, note_off, note_on

CHANNEL = st.integers(0, 15)
DATA = st.integers(0, 127)
EVENTS = st.lists(
    st.one_of(
        st.builds(NoteOn, st.just(0.5), CHANNEL, DATA, st.integers(1, 127)),
        st.builds(NoteOff, st.just(0.5), CHANNEL, DATA),
        st.builds(ControlChange, st.just(0.5), CHANNEL, DATA, DATA),
    )
)


def encode(event: Event) -> bytes:
    match event:
        case NoteOn(_, channel, pitch, velocity):
            return note_on(channel, pitch, velocity)
        case NoteOff(_, channel, pitch):
            return note_off(channel, pitch)
        case ControlChange(_, channel, control, value):
            return control_change(channel, control, value)


def parse(text: str) -> list[Event | ClockEvent]:
    return Parser().feed(bytes.fromhex(text), 0.5)


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("90 3C 40", [NoteOn(0.5, 0, 60, 64)]),
        ("95 3C 00", [NoteOff(0.5, 5, 60)]),
        ("81 3C 40", [NoteOff(0.5, 1, 60)]),
        ("B0 40 7F", [ControlChange(0.5, 0, 64, 127)]),
        ("90 3C 40 3E 41 3C 00", [NoteOn(0.5, 0, 60, 64), NoteOn(0.5, 0, 62, 65), NoteOff(0.5, 0, 60)]),
        ("90 F8 3C FE 40", [Tick(0.5), NoteOn(0.5, 0, 60, 64)]),
        ("FA F8 FC FB FF F9 FD", [Start(0.5), Tick(0.5), Stop(0.5), Continue(0.5)]),
        ("F2 05 01 3C 40", [SongPosition(0.5, 133)]),  # it has no running status
        ("90 3C 40 F2 F8 7F 7F 3E 40", [NoteOn(0.5, 0, 60, 64), Tick(0.5), SongPosition(0.5, 16383)]),
        ("F2 05 90 3C 40", [NoteOn(0.5, 0, 60, 64)]),  # a song position that was cut off
        ("F0 7E 3C 40 F8 01 F7 90 3C 40", [Tick(0.5), NoteOn(0.5, 0, 60, 64)]),
        ("F0 7E 3C 90 3C 40", [NoteOn(0.5, 0, 60, 64)]),  # a sysex that never ended
        ("90 3C 40 F0 01 F7 3E 40", [NoteOn(0.5, 0, 60, 64)]),  # sysex ends running status
        ("90 3C 40 F3 05 3E 40", [NoteOn(0.5, 0, 60, 64)]),  # so does system common
        ("3C 40 90 3C 40", [NoteOn(0.5, 0, 60, 64)]),
        ("90 3C 90 3E 40", [NoteOn(0.5, 0, 62, 64)]),  # a message that was cut off
        ("E0 00 40 A0 3C 40 D0 10 90 3C 40", [NoteOn(0.5, 0, 60, 64)]),
        ("C2 05 06 90 3C 40", [ProgramChange(0.5, 2, 5), ProgramChange(0.5, 2, 6), NoteOn(0.5, 0, 60, 64)]),
        ("", []),
    ],
)
def test_what_bytes_say(text: str, events: list[Event]) -> None:
    assert parse(text) == events


@given(st.binary(), st.binary())
def test_any_bytes_never_raise_and_the_next_message_is_heard(noise: bytes, more: bytes) -> None:
    parser = Parser()
    parser.feed(noise, 0.25)
    parser.feed(more, 0.25)
    assert parser.feed(b"\xf7" + note_on(0, 60, 64), 0.5) == [NoteOn(0.5, 0, 60, 64)]


@given(EVENTS)
def test_parsing_undoes_encoding(events: list[Event]) -> None:
    assert Parser().feed(b"".join(map(encode, events)), 0.5) == events


@given(EVENTS, st.data())
def test_running_status_real_time_and_cuts_change_nothing(events: list[Event], data: st.DataObject) -> None:
    plain = bytearray()
    status = None
    for message in map(encode, events):
        plain += message[1:] if message[0] == status else message
        status = message[0]
    mixed = bytearray()
    for byte in plain:
        mixed += bytes(data.draw(st.lists(st.integers(0xF8, 0xFF), max_size=2)))
        mixed.append(byte)
    cut = data.draw(st.integers(0, len(mixed)))
    parser = Parser()
    parsed = parser.feed(bytes(mixed[:cut]), 0.5) + parser.feed(bytes(mixed[cut:]), 0.5)
    assert [event for event in parsed if isinstance(event, Event)] == events
    assert sum(isinstance(event, Tick) for event in parsed) == mixed.count(0xF8)


def test_two_ports_do_not_share_a_status() -> None:
    one, other = Parser(), Parser()
    one.feed(b"\x90", 0.0)
    assert other.feed(b"\x3c\x40", 0.5) == []
    assert one.feed(b"\x3c\x40", 0.5) == [NoteOn(0.5, 0, 60, 64)]


@pytest.mark.parametrize("bad", [(16, 60, 64), (-1, 60, 64), (0, 128, 64), (0, 60, 128), (0, 60, 0)])
def test_what_midi_cannot_say_is_refused(bad: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError):
        note_on(*bad)
