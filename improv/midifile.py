"""Standard MIDI files: a performance in, as timed events; a session out, as two named tracks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import mido

from improv.errors import UserError
from improv.events import SUSTAIN, ControlChange, Event, NoteOff, NoteOn

#: Track names that say who leads, the surest first, and names that say who does not.
LEADS = (
    re.compile(r"melod|theme|thema|voice|vocal|voix|sing|lead|solo", re.IGNORECASE),
    re.compile(r"right|treble|upper", re.IGNORECASE),
)
FOLLOWS = re.compile(r"accomp|left|bass|lower", re.IGNORECASE)
DRUMS = 9
#: What is written: 120 beats a minute and so many ticks a beat, about a tenth of a millisecond each.
TEMPO = 500_000
TICKS_PER_BEAT = 4800
#: No performance is larger, in bytes: 64 MB are ten million notes.
LARGEST = 64 << 20
_LIKE_THIS = "a standard MIDI file (.mid) with notes is needed"

#: Tick, rank among what happens at the same tick, and the event but for its moment.
_Timed = tuple[int, int, Event]
_PEDAL, _OFF, _ON, _OFF_AT_ONCE = range(4)


def read(path: Path, part: str = "all") -> list[Event]:
    """The performance in a file, tempo map applied, in order: notes and sustain pedal, all on channel 0.

    `part` "lead" keeps the notes of the lead's track (by name: melody, voice, right hand; of two nameless ones the
    higher; else the first) and every track's pedal; "all" keeps all tracks. Drums are left out, what the file
    leaves sounding ends with it. Raises UserError, naming the file, if it cannot be read or holds no notes.
    """
    file = _open(path)
    tracks = [(track, timed) for track in file.tracks if (timed := _timed(track))]
    playing = [(track.name, timed) for track, timed in tracks if any(rank == _ON for _, rank, _ in timed)]
    if not playing:
        raise UserError(f"{path}: no notes in it; {_LIKE_THIS}")
    kept = [timed for _, timed in playing]
    if part == "lead":
        kept = [kept[_lead([name for name, _ in playing], [_height(timed) for timed in kept])]]
    pedal = [_only_pedal(timed) for _, timed in tracks if not any(timed is other for other in kept)]
    merged = sorted((item for timed in [*kept, *pedal] for item in timed), key=lambda item: item[:2])
    seconds = _clock(file)
    return [replace(event, at=seconds(tick)) for tick, _, event in _one_keyboard(merged)]


def write(path: Path, player: Sequence[Event], improv: Sequence[Event]) -> None:
    """Write two tracks, "player" and "improv", from events in order (seconds from the start).

    The same events give the same bytes. Raises UserError, naming the file, if it cannot be written.
    """
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    for name, events in (("player", player), ("improv", improv)):
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        if not file.tracks:
            track.append(mido.MetaMessage("set_tempo", tempo=TEMPO))
        tick = 0
        for event in events:
            at = round(event.at * TICKS_PER_BEAT * 1e6 / TEMPO)
            track.append(_message(event, at - tick))
            tick = at
        file.tracks.append(track)
    try:
        file.save(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); name another file with -o") from error


def _open(path: Path) -> mido.MidiFile:
    try:
        data = path.open("rb")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {_LIKE_THIS}") from error
    with data:
        if data.read(4) != b"MThd":
            raise UserError(f"{path}: not a MIDI file; {_LIKE_THIS}")
        if data.seek(0, 2) > LARGEST:
            raise UserError(f"{path}: larger than any performance, which has {LARGEST >> 20} MB at most; {_LIKE_THIS}")
        data.seek(0)
        try:
            file = mido.MidiFile(file=data)
        except Exception as error:  # mido raises EOFError, OSError, ValueError, KeyError, IndexError, as it happens
            raise UserError(f"{path}: a damaged MIDI file, or one cut short; {_LIKE_THIS}") from error
    if file.ticks_per_beat <= 0:
        raise UserError(f"{path}: counts film frames (SMPTE) instead of beats; save it with ticks per beat")
    return file


def _timed(track: mido.MidiTrack) -> list[_Timed]:
    """What is heard of one track: notes that all end, and the pedal."""
    tick = 0
    timed: list[_Timed] = []
    down: dict[tuple[int, int], int] = {}  # (channel, pitch): tick of the press
    for message in track:
        tick += message.time
        if message.is_meta or getattr(message, "channel", DRUMS) == DRUMS:
            continue
        if message.type == "note_on" and message.velocity > 0:
            timed.append((tick, _ON, NoteOn(0.0, 0, message.note, message.velocity)))
            down.setdefault((message.channel, message.note), tick)
        elif message.type in ("note_on", "note_off"):
            pressed = down.pop((message.channel, message.note), None)
            if pressed is not None:
                # A note without length: its off must not come before its on.
                timed.append((tick, _OFF_AT_ONCE if pressed == tick else _OFF, NoteOff(0.0, 0, message.note)))
        elif message.type == "control_change" and message.control == SUSTAIN:
            timed.append((tick, _PEDAL, ControlChange(0.0, 0, SUSTAIN, message.value)))
    timed += [(tick, _OFF_AT_ONCE, NoteOff(0.0, 0, pitch)) for _, pitch in down]
    return timed


def _only_pedal(timed: list[_Timed]) -> list[_Timed]:
    return [item for item in timed if item[1] == _PEDAL]


def _one_keyboard(merged: list[_Timed]) -> list[_Timed]:
    """Where two tracks hold one key, it comes up with the last of them."""
    held: dict[int, int] = {}
    result: list[_Timed] = []
    for item in merged:
        event = item[2]
        if isinstance(event, NoteOn):
            held[event.pitch] = held.get(event.pitch, 0) + 1
        elif isinstance(event, NoteOff):
            held[event.pitch] = held.get(event.pitch, 1) - 1
            if held[event.pitch] > 0:
                continue
        result.append(item)
    return result


def _lead(names: list[str], heights: list[float]) -> int:
    """Which of the tracks leads, from their names and mean pitches."""
    for pattern in LEADS:
        for index, name in enumerate(names):
            if pattern.search(name) and not FOLLOWS.search(name):
                return index
    return int(len(names) == 2 and heights[1] > heights[0])


def _height(timed: list[_Timed]) -> float:
    pitches = [event.pitch for _, _, event in timed if isinstance(event, NoteOn)]
    return sum(pitches) / len(pitches)


def _clock(file: mido.MidiFile) -> Callable[[int], float]:
    """A function from ticks to seconds under the file's tempo map."""
    changes = [(0, TEMPO)]  # MIDI's own default
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                changes.append((tick, message.tempo))
    changes.sort(key=lambda change: change[0])
    begins = [0.0]
    for (tick, tempo), (following, _) in pairwise(changes):
        begins.append(begins[-1] + mido.tick2second(following - tick, file.ticks_per_beat, tempo))
    ticks = [tick for tick, _ in changes]

    def seconds(tick: int) -> float:
        index = bisect_right(ticks, tick) - 1
        return float(begins[index] + mido.tick2second(tick - ticks[index], file.ticks_per_beat, changes[index][1]))

    return seconds


def _message(event: Event, wait: int) -> mido.Message:
    match event:
        case NoteOn():
            return mido.Message("note_on", channel=event.channel, note=event.pitch, velocity=event.velocity, time=wait)
        case NoteOff():
            return mido.Message("note_off", channel=event.channel, note=event.pitch, velocity=64, time=wait)
        case ControlChange():
            return mido.Message(
                "control_change", channel=event.channel, control=event.control, value=event.value, time=wait
            )
