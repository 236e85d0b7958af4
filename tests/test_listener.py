"""What sounds, heard one event at a time, is what the batch rule says of the whole performance."""

from hypothesis import given
from hypothesis import strategies as st

from improv.events import ControlChange, Event, NoteOff, NoteOn
from improv.listener import Listener, notes_in
from improv.notes import Note, PedalSpan, sounding


def on(at: float, pitch: int = 60, channel: int = 0) -> NoteOn:
    return NoteOn(at, channel, pitch, 80)


def off(at: float, pitch: int = 60, channel: int = 0) -> NoteOff:
    return NoteOff(at, channel, pitch)


def pedal(at: float, value: int, channel: int = 0) -> ControlChange:
    return ControlChange(at, channel, 64, value)


def durations(*events: Event) -> list[float | None]:
    return [note.duration for note in notes_in(events)]


def test_a_note_sounds_until_its_key_comes_up():
    assert notes_in([on(1.0), off(1.5)]) == [Note(1.0, 60, 80, 0.5)]


def test_a_note_still_held_has_no_duration():
    assert durations(on(1.0)) == [None]


def test_the_pedal_holds_what_its_key_lets_go():
    assert durations(on(1.0), pedal(1.25, 64), off(1.5), pedal(3.0, 63)) == [2.0]


def test_a_pedal_pressed_after_the_release_holds_nothing():
    assert durations(on(1.0), off(1.5), pedal(1.75, 127), pedal(3.0, 0)) == [0.5]


def test_a_key_outlasts_the_pedal():
    assert durations(pedal(0.0, 127), on(1.0), pedal(1.5, 0), off(2.0)) == [1.0]


def test_the_next_press_of_a_pitch_ends_the_one_that_rings():
    assert durations(pedal(0.0, 127), on(1.0), off(1.25), on(2.0), off(2.25), pedal(3.0, 0)) == [1.0, 1.0]


def test_a_doubled_note_on_is_a_new_press():
    assert durations(on(1.0), on(2.0), off(2.5), off(3.0)) == [1.0, 0.5]


def test_a_doubled_note_on_at_one_moment_leaves_nothing_hanging():
    assert durations(on(1.0), on(1.0), off(2.0)) == [0.0, 1.0]


def test_note_offs_without_note_ons_say_nothing():
    listener = Listener()
    assert listener.hear(off(1.0)) == []
    assert listener.quiet_since(4.0) is None


def test_velocity_zero_is_a_release():
    assert durations(on(1.0), NoteOn(1.5, 0, 60, 0)) == [0.5]


def test_no_note_sounds_longer_than_eight_seconds():
    assert durations(on(0.0), on(9.0, 64), off(10.0)) == [8.0, None]


def test_all_notes_off_releases_its_channel():
    assert durations(on(0.0), on(0.0, 64, channel=1), ControlChange(1.0, 0, 123, 0)) == [1.0, None]


def test_held_by_key_or_pedal_until_both_let_go():
    listener = Listener()
    for event in (on(0.0), pedal(0.5, 127), off(1.0)):
        listener.hear(event)
    assert listener.quiet_since(4.0) == 4.0, "not before the limit"
    listener.hear(pedal(2.0, 0))
    assert listener.quiet_since(4.0) == 2.0


def test_a_held_chord_is_silence_once_nothing_new_came_for_the_limit():
    listener = Listener()
    listener.hear(on(1.0))
    assert listener.quiet_since(4.0) == 5.0


def test_a_stuck_key_is_given_up():
    listener = Listener()
    listener.hear(on(1.0))
    assert listener.quiet_since(100.0) == 9.0


def test_time_that_runs_backwards_is_survived():
    assert durations(on(2.0), off(1.0)) == [0.0]


def test_memory_stays_bounded_in_a_flood():
    listener = Listener()
    listener.hear(pedal(0.0, 127))
    for count in range(5000):
        listener.hear(on(count / 1024, count % 128))
        listener.hear(off(count / 1024, count % 128))
    assert len(listener._sounding) <= 128 and not listener._keys


sixteenths = st.integers(0, 320).map(lambda value: value / 16)
lengths = st.integers(1, 200).map(lambda value: value / 16)


@st.composite
def performances(draw):
    """Notes with key durations (no key pressed while it is down; two channels), and disjoint pedal spans."""
    notes: list[tuple[int, Note]] = []
    free: dict[tuple[int, int], float] = {}
    presses = draw(st.lists(st.tuples(sixteenths, lengths, st.integers(58, 62), st.integers(0, 1)), max_size=25))
    for onset, length, pitch, channel in sorted(presses):
        if onset >= free.get((channel, pitch), 0.0):
            notes.append((channel, Note(onset, pitch, 80, length)))
            free[channel, pitch] = onset + length
    edges = sorted(draw(st.sets(sixteenths, max_size=8)))
    return notes, [PedalSpan(*pair) for pair in zip(edges[::2], edges[1::2], strict=False)]


def as_events(notes: list[tuple[int, Note]], spans: list[PedalSpan]) -> list[Event]:
    """At one moment: pedal up, pedal down, keys up, keys down."""
    ranked: list[tuple[float, int, Event]] = []
    for channel, note in notes:
        ranked.append((note.onset, 3, on(note.onset, note.pitch, channel)))
        ranked.append((note.release, 2, off(note.release, note.pitch, channel)))
    for span in spans:
        ranked.append((span.down, 1, pedal(span.down, 127)))
        ranked.append((span.up, 0, pedal(span.up, 0)))
    return [event for _, _, event in sorted(ranked, key=lambda item: item[:2])]


@given(performances())
def test_one_event_at_a_time_equals_the_batch_rule(performance):
    notes, spans = performance
    events = as_events(notes, spans)
    far = max([event.at for event in events], default=0.0) + 100.0
    heard = notes_in([*events, off(far, 127)])  # a last word, so that what is 8 s old is ended

    def key(note: Note) -> tuple[float, int, float | None]:
        return note.onset, note.pitch, note.duration

    assert sorted(map(key, heard)) == sorted(map(key, sounding([note for _, note in notes], spans)))
