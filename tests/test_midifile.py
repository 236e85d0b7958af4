"""Files in and out, written with mido as other programs would."""

from pathlib import Path

import mido
import pytest

from improv import midifile, phrase
from improv.errors import UserError
from improv.events import ControlChange, NoteOff, NoteOn
from improv.listener import notes_in


def save(path: Path, *tracks: tuple[str, list], ticks_per_beat: int = 480, **more) -> Path:
    file = mido.MidiFile(ticks_per_beat=ticks_per_beat, **more)
    for name, messages in tracks:
        file.tracks.append(mido.MidiTrack([mido.MetaMessage("track_name", name=name), *messages]))
    file.save(path)
    return path


def note(pitch: int, wait: int, length: int, channel: int = 0, velocity: int = 64) -> list[mido.Message]:
    return [
        mido.Message("note_on", note=pitch, velocity=velocity, channel=channel, time=wait),
        mido.Message("note_on", note=pitch, velocity=0, channel=channel, time=length),
    ]


def pitches(events) -> list[int]:
    return [event.pitch for event in events if isinstance(event, NoteOn)]


def test_ticks_become_seconds_under_the_tempo_map(tmp_path):
    tempo = [mido.MetaMessage("set_tempo", tempo=1_000_000), mido.MetaMessage("set_tempo", tempo=250_000, time=480)]
    path = save(tmp_path / "a.mid", ("tempo", tempo), ("piano", [*note(60, 0, 240), *note(62, 480, 480)]))
    assert midifile.read(path) == [
        NoteOn(0.0, 0, 60, 64),
        NoteOff(0.5, 0, 60),
        NoteOn(1.125, 0, 62, 64),
        NoteOff(1.375, 0, 62),
    ]


def test_offs_and_the_pedal_come_before_ons_of_their_moment_but_no_off_before_its_own_on(tmp_path):
    pedal = mido.Message("control_change", control=64, value=127, time=480)
    path = save(tmp_path / "a.mid", ("r", [*note(60, 0, 480), *note(60, 0, 0)]), ("l", [pedal]))
    assert midifile.read(path) == [
        NoteOn(0.0, 0, 60, 64),
        ControlChange(0.5, 0, 64, 127),
        NoteOff(0.5, 0, 60),
        NoteOn(0.5, 0, 60, 64),
        NoteOff(0.5, 0, 60),
    ]


def test_two_tracks_on_one_key_are_one_keyboard(tmp_path):
    path = save(tmp_path / "a.mid", ("r", note(60, 0, 960)), ("l", note(60, 480, 960)))
    assert [(note.onset, note.duration) for note in notes_in(midifile.read(path))] == [(0.0, 0.5), (0.5, 1.0)]


@pytest.mark.parametrize(
    ("names", "lead"),
    [
        (("PIANO", "MELODY", "BRIDGE"), 1),
        (("Piano right", "Piano left"), 0),
        (("Piano left", "Piano right"), 1),
        (("Right hand", "Voice"), 1),
        (("", ""), 1),  # the higher
        (("one", "two", "three"), 0),
        (("alone",), 0),
    ],
)
def test_the_lead_is_found_by_name_then_by_height(tmp_path, names, lead):
    tracks = [(name, note(50 + 10 * index, 0, 480)) for index, name in enumerate(names)]
    assert pitches(midifile.read(save(tmp_path / "a.mid", *tracks), "lead")) == [50 + 10 * lead]


def test_the_lead_keeps_the_pedal_of_the_other_track(tmp_path):
    pedal = [mido.Message("control_change", control=64, value=100)]
    path = save(tmp_path / "a.mid", ("Piano left", pedal + note(40, 0, 480)), ("Piano right", note(70, 0, 480)))
    assert [type(event) for event in midifile.read(path, "lead")] == [ControlChange, NoteOn, NoteOff]


def test_drums_are_left_out_and_what_never_ends_ends_with_its_track(tmp_path):
    hanging = [mido.Message("note_on", note=60, velocity=64), mido.MetaMessage("end_of_track", time=960)]
    path = save(tmp_path / "a.mid", ("", hanging), ("", note(36, 0, 480, channel=9)))
    assert midifile.read(path) == [NoteOn(0.0, 0, 60, 64), NoteOff(1.0, 0, 60)]


def complaint(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        midifile.read(path)
    text = str(caught.value)
    assert text.startswith(str(path)) and "\n" not in text
    return text


def test_what_is_no_midi_file_gets_one_line(tmp_path):
    path = tmp_path / "a.mid"
    assert "cannot be read" in complaint(path)
    assert "cannot be read" in complaint(tmp_path)
    for data in (b"", b"RIFF....", b"MTh"):
        path.write_bytes(data)
        assert "not a MIDI file" in complaint(path)


def test_a_file_cut_off_anywhere_gets_one_line(tmp_path):
    path = save(tmp_path / "a.mid", ("one", [*note(60, 0, 480), *note(62, 0, 480)]), ("two", note(64, 0, 480)))
    data = path.read_bytes()
    for length in range(4, len(data)):
        path.write_bytes(data[:length])
        assert "damaged" in complaint(path)


def test_a_file_without_notes_gets_one_line(tmp_path):
    assert "no notes" in complaint(save(tmp_path / "a.mid", ("empty", []), ("drums", note(36, 0, 1, channel=9))))


def test_film_frames_get_one_line(tmp_path):
    path = save(tmp_path / "a.mid", ("one", note(60, 0, 480)))
    data = bytearray(path.read_bytes())
    data[12:14] = b"\xe7\x28"
    path.write_bytes(data)
    assert "SMPTE" in complaint(path)


def test_a_session_is_written_as_two_named_tracks_the_same_bytes_each_time(tmp_path):
    player = [NoteOn(0.0, 0, 60, 64), ControlChange(0.25, 0, 64, 127), NoteOff(0.5, 0, 60)]
    improv = [NoteOn(1.0, 1, 67, 70), NoteOff(1.5, 1, 67)]
    for name in ("a.mid", "b.mid"):
        midifile.write(tmp_path / name, player, improv)
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()
    file = mido.MidiFile(tmp_path / "a.mid")
    assert [track.name for track in file.tracks] == ["player", "improv"]
    assert file.type == 1
    assert midifile.read(tmp_path / "a.mid") == [
        *player,
        NoteOn(1.0, 0, 67, 70),
        NoteOff(1.5, 0, 67),
    ]


def test_a_place_that_cannot_be_written_gets_one_line(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        midifile.write(tmp_path / "no" / "a.mid", [], [])


def test_the_phrase_improv_brings_along_is_two_calls_with_room_for_an_answer():
    events = phrase.events()
    notes = notes_in(events)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert all(note.duration for note in notes)
    ends = [note.onset + note.duration for note in notes]
    pause = max(b.onset - max(ends[: i + 1]) for i, b in enumerate(notes[1:]))
    assert pause > 6.0
