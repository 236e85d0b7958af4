"""Music files as arrays of sounding notes, with the role of each: MIDI through symusic, scores by `scores.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.encoding import NOTE_DTYPE
from improv.notes import MAX_DURATION, Part

MIDI_SUFFIXES = (".mid", ".midi")
SCORE_SUFFIXES = (".musicxml", ".mxl", ".xml", ".krn", ".abc")
SUSTAIN = 64
#: Track names that say who speaks. A melody of its own outranks a right hand.
MELODY = re.compile(r"melod|theme|thema|voice|vocal|voix|sing|lead|solo", re.IGNORECASE)
RIGHT_HAND = re.compile(r"right|treble|upper", re.IGNORECASE)
ACCOMPANIMENT = re.compile(r"accomp|left|bass|lower", re.IGNORECASE)


class Labels(IntEnum):
    """What a file's part labels mean: nothing, a role, or only which half of the keyboard."""

    UNSPLIT = 0
    ROLE = 1
    REGISTER = 2


class ReadError(Exception):
    """This file is not music that can be read; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One performance: `notes` of NOTE_DTYPE in onset order, durations as they sound, in seconds.

    `scored` if it comes from a score, which says nothing of loudness: all its velocities are the same.
    """

    notes: NDArray[np.void]
    labels: Labels
    scored: bool = False


def read(path: Path) -> Piece:
    """Read a MIDI file, its tempo map applied, or a score. Raises ReadError if it is none, damaged or without notes.

    Drums are left out. The whole file is heard as one instrument with one pedal: piano files put the
    pedal on either hand's track, or on one of its own.
    """
    if path.suffix.lower() in SCORE_SUFFIXES:
        from training.scores import read_score

        return read_score(path)
    import symusic

    try:
        score: Any = symusic.Score(str(path))
    except Exception as error:  # symusic raises RuntimeError for all it cannot read, OSError for the rest
        raise ReadError(_reason(error)) from error
    tracks = [track for track in score.tracks if len(track.notes) and not track.is_drum]
    if not tracks:
        raise ReadError("no notes in it")
    seconds = _clock(score)
    columns = [track.notes.numpy() for track in tracks]
    parts, labels = part_labels([track.name for track in tracks], [float(np.mean(c["pitch"])) for c in columns])
    pieces = []
    for column, part in zip(columns, parts, strict=True):
        notes = np.zeros(len(column["time"]), NOTE_DTYPE)
        onset = seconds(column["time"])
        notes["onset"] = onset
        notes["duration"] = seconds(column["time"] + column["duration"]) - onset
        notes["pitch"], notes["velocity"], notes["part"] = column["pitch"], column["velocity"], part
        pieces.append(notes)
    return Piece(sounding(np.concatenate(pieces), _pedal(score, seconds)), labels)


def part_labels(names: list[str], heights: list[float]) -> tuple[list[Part], Labels]:
    """Roles of tracks from their names and, of two that have none, from their mean pitches (`heights`)."""
    for lead in (MELODY, RIGHT_HAND):
        leads = [bool(lead.search(name)) and not ACCOMPANIMENT.search(name) for name in names]
        if any(leads) and not all(leads):
            return [Part.LEAD if is_lead else Part.ACCOMPANIMENT for is_lead in leads], Labels.ROLE
    if len(names) == 2:
        upper = int(heights[1] > heights[0])
        return [Part.LEAD if index == upper else Part.ACCOMPANIMENT for index in range(2)], Labels.REGISTER
    return [Part.UNSPLIT] * len(names), Labels.UNSPLIT


def sounding(notes: NDArray[np.void], pedal: NDArray[np.float64]) -> NDArray[np.void]:
    """`improv.notes.sounding` over arrays: NOTE_DTYPE with key durations in, the same with sounding durations out.

    `pedal` holds disjoint spans [down, up) in order, shape (n, 2), in seconds.
    """
    by_key = np.lexsort((notes["onset"], notes["pitch"]))
    notes = notes[by_key]
    pitch, onset = notes["pitch"], notes["onset"]
    end = pedalled(onset + notes["duration"], pedal)
    # Notes that share pitch and onset are one key press; each press is cut by the next one of its pitch.
    new = np.ones(len(notes), bool)
    new[1:] = (np.diff(onset) != 0) | (np.diff(pitch.astype(np.int16)) != 0)
    press = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    following = np.full(len(first), np.inf)
    same = pitch[first[1:]] == pitch[first[:-1]]
    following[:-1][same] = onset[first[1:]][same]
    end = np.minimum(end, following[press])
    notes["duration"] = np.clip(end - onset, 0.0, MAX_DURATION)
    return notes[np.lexsort((pitch, onset))]


def pedalled(release: NDArray[np.float64], pedal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where key releases (seconds) end in sound: at the pedal's rise if it was down at the release."""
    if not len(pedal):
        return release
    span = np.searchsorted(pedal[:, 0], release, side="right") - 1
    up = np.where(span >= 0, pedal[np.maximum(span, 0), 1], -np.inf)
    return np.maximum(release, up)


def _pedal(score: Any, seconds: Any) -> NDArray[np.float64]:
    """Spans in seconds during which the sustain pedal of any track is down, disjoint, shape (n, 2)."""
    spans: list[tuple[float, float]] = []
    for track in score.tracks:
        if track.is_drum or not len(track.controls):
            continue
        controls = track.controls.numpy()
        pedal = controls["number"] == SUSTAIN
        down = controls["value"][pedal] >= 64
        moment = seconds(controls["time"][pedal])
        change = np.flatnonzero(np.diff(down.astype(np.int8), prepend=0))
        edges = moment[change].tolist()
        if len(edges) % 2:
            edges.append(np.inf)  # never lifted: what it holds is cut by the longest duration there is
        spans += zip(edges[::2], edges[1::2], strict=True)
    return _merge(spans)


def _merge(spans: list[tuple[float, float]]) -> NDArray[np.float64]:
    merged: list[list[float]] = []
    for down, up in sorted(spans):
        if merged and down <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], up)
        elif up > down:
            merged.append([down, up])
    return np.array(merged, np.float64).reshape(-1, 2)


def _clock(score: Any) -> Any:
    """A function from ticks to seconds under the score's tempo map, in double precision."""
    tempos = score.tempos.numpy()
    ticks = np.asarray(tempos["time"], np.int64)
    order = np.argsort(ticks, kind="stable")
    ticks, per_quarter = ticks[order], np.asarray(tempos["mspq"], np.float64)[order]
    if not len(ticks) or ticks[0] > 0:
        ticks, per_quarter = np.append(0, ticks), np.append(500_000.0, per_quarter)  # MIDI's 120 beats a minute
    per_tick = per_quarter / 1e6 / score.ticks_per_quarter
    begin = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * per_tick[:-1])])

    def seconds(at: NDArray[Any]) -> NDArray[np.float64]:
        index = np.searchsorted(ticks, at, side="right") - 1
        return np.asarray(begin[index] + (at - ticks[index]) * per_tick[index])

    return seconds


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text.removeprefix("MiniMidi: ").removesuffix(": iostream error") or type(error).__name__
