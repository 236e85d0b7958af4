"""Little MIDI files to train and judge on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np

#: onset and duration in seconds, pitch, velocity
Played = tuple[float, float, int, int]
TICKS = 512  # a quarter, which at 120 beats a minute is half a second: dyadic seconds are whole ticks


def write_midi(
    path: Path,
    tracks: dict[str, Sequence[Played]],
    pedal: Sequence[tuple[float, int]] = (),
    tempos: Sequence[tuple[int, int]] = (),
    channels: Sequence[int] = (),
) -> Path:
    """A MIDI file with named tracks; `pedal` (seconds, CC64 value) goes on the last, `tempos` are (tick, us a beat)."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    head = mido.MidiTrack()
    file.tracks.append(head)
    previous = 0
    for tick, tempo in tempos:
        head.append(mido.MetaMessage("set_tempo", tempo=tempo, time=tick - previous))
        previous = tick
    for index, (name, notes) in enumerate(tracks.items()):
        channel = channels[index] if channels else 0
        events: list[tuple[int, int, mido.Message]] = []
        for onset, duration, pitch, velocity in notes:
            down, up = round(onset * 2 * TICKS), round((onset + duration) * 2 * TICKS)
            events.append((down, 1, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
            # Offs come before ons, but not before the note's own.
            last = 0 if up > down else 2
            events.append((up, last, mido.Message("note_on", channel=channel, note=pitch, velocity=0)))
        if index == len(tracks) - 1:
            for moment, value in pedal:
                change = mido.Message("control_change", channel=channel, control=64, value=value)
                events.append((round(moment * 2 * TICKS), 1, change))
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for tick, _, message in sorted(events, key=lambda event: event[:2]):
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
    return path


def tune(seed: int, count: int = 40) -> list[Played]:
    """A made-up melody: steps of a scale in quarter seconds."""
    rng = np.random.default_rng(seed)
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    place = np.clip(np.cumsum(rng.integers(-1, 2, count)) + 4, 0, 7)
    return [(0.25 * i, 0.25, scale[p], int(50 + rng.integers(30))) for i, p in enumerate(place)]


def bass(count: int = 10) -> list[Played]:
    """One low note a second."""
    return [(float(i), 0.75, 36 + 5 * (i % 2), 40) for i in range(count)]


def little_music(folder: Path, pieces: int) -> Path:
    """A folder of so many little two-handed pieces, 50 notes each."""
    for index in range(pieces):
        write_midi(folder / f"piece-{index}.mid", {"Piano right": tune(index), "Piano left": bass()})
    return folder
