"""Each part of improv's on a channel of its own, whatever it plays, and whatever is changed while it does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from improv.encoding import DURATION, IOI, PART, PITCH, VELOCITY, Encoding
from improv.events import ControlChange, Event, Gesture, Heard, Move, NoteOff, NoteOn, Turned
from improv.jam import jam
from improv.notes import Note, Part
from improv.settings import Settings
from tests.score import perform, played, together, transcript
from tests.table_model import TableModel

ENCODING = Encoding()
CHANNELS = {"channel_out": 1, "channel_lead": 2, "channel_accompaniment": 3, "channel_left": 4, "left_below": 62}
MELODY = [[index / 4, pitch, 0.1875] for index, pitch in enumerate((72, 74, 76, 77, 79, 77, 76, 74))]


def table(*pitches: int, long: float = 0.125) -> TableModel:
    """Every quarter second one of these pitches, for either part."""
    return TableModel(
        {
            PART: {Part.LEAD: 1.0, Part.ACCOMPANIMENT: 1.0, Part.UNSPLIT: 1.0},
            IOI: {ENCODING.ioi_bin(0.25): 1.0},
            PITCH: dict.fromkeys(pitches, 1.0),
            VELOCITY: {ENCODING.velocity_bin(64): 1.0},
            DURATION: {ENCODING.duration_bin(long): 1.0},
        }
    )


def begun(events: list[Heard], **settings: object) -> set[tuple[int, bool]]:
    """The channels of improv's notes, and whether they are left of the split."""
    said = perform(events, table(60, 64), memory="off", **CHANNELS, **settings).improv
    return {(event.channel, event.pitch < 62) for event in said if isinstance(event, NoteOn)}


@pytest.mark.parametrize("mode", ["answer", "continue", "solo"])
def test_with_two_hands_the_left_has_its_own(mode: str) -> None:
    assert begun(played(*MELODY), mode=mode) == {(4, True), (1, False)}


def test_the_lead_and_the_accompaniment_each_have_theirs() -> None:
    assert {channel for channel, _ in begun(played(*MELODY), mode="accompany")} == {3}
    assert {channel for channel, _ in begun(played(*MELODY), mode="accompany", role="lead")} == {2}
    assert {channel for channel, _ in begun(played(*MELODY), mode="harmonize")} == {3}


def test_a_repeated_answer_is_on_the_channels_it_had() -> None:
    events = together(played(*MELODY), [Gesture(6.0, Move.REPEAT)])
    said = perform(events, table(60, 64), memory="off", **CHANNELS).improv
    first, again = (
        Counter((event.channel, event.pitch) for event in said if isinstance(event, NoteOn) and (event.at < 6) == early)
        for early in (True, False)
    )
    assert first == again and len(first) == 2


def test_what_has_no_channel_of_its_own_is_on_the_one_for_all() -> None:
    settings = Settings(channel_out=6)
    assert {settings.channel(Note(0.0, 40, 64, 1.0, part)) for part in Part} == settings.channels == {6}


CHANGES = [Turned(at, "channel_out", channel) for at, channel in ((2.6, 7), (3.1, 8), (3.4, 7), (4.2, 1))]


@pytest.mark.parametrize("mode", ["answer", "accompany", "continue", "harmonize", "solo"])
@pytest.mark.parametrize("pedal", ["off", "own", "follow"])
def test_changed_while_it_plays_nothing_is_left_sounding_or_held(mode: str, pedal: str) -> None:
    notes = [*MELODY, [2.0, 72, 3.0]] if mode in ("harmonize", "accompany") else MELODY
    events = together(played([0.1, "pedal", 127], *notes, [6.0, "pedal", 0]), CHANGES)
    if mode in ("answer", "continue"):
        events = together(events, [Gesture(2.5, Move.TAKE)])
    events = together(events, [Gesture(9.0, Move.PANIC)] if mode == "solo" else [])
    said = jam(events, table(60, 64, long=2.0), Settings(mode=mode, pedal=pedal), np.random.default_rng(1)).improv
    channels = {event.channel for event in said if isinstance(event, NoteOn)}
    assert channels >= {"solo": {1, 7, 8}, "accompany": {1, 7}}.get(mode, {1}), "what is handed out stays where it is"
    assert not left(said)


def left(said: tuple[Event, ...]) -> list[tuple[int, object]]:
    """What still sounds or is held in the end, by channel."""
    down: dict[tuple[int, object], bool] = {}
    for event in said:
        match event:
            case NoteOn(channel=channel, pitch=pitch):
                assert not down.get((channel, pitch)), f"struck again while it sounds: {event}"
                down[channel, pitch] = True
            case NoteOff(channel=channel, pitch=pitch):
                down[channel, pitch] = False
            case ControlChange(channel=channel, control=64, value=value):
                down[channel, "pedal"] = value >= 64
    return [key for key, held in down.items() if held]


def test_a_pitch_that_is_struck_on_another_channel_ends_where_it_was() -> None:
    events = [Turned(2.0, "channel_out", 5), Gesture(5.0, Move.TAKE)]
    said = transcript(perform(events, table(67, long=2.0), mode="solo").improv)
    first = next(line for line in said if line[1:4] == ["note_on", 5, 67])
    ended = [line for line in said if line[1:] == ["note_off", 1, 67]]
    assert ended[-1][0] == first[0], "it would have sounded for two seconds"
