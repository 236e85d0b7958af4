"""Music files as pieces: MIDI through symusic, scores by `scores.py`, recorded sessions of improv."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.encoding import NOTE_DTYPE
from improv.errors import UserError
from improv.listener import notes_in
from improv.notes import MAX_DURATION, Part
from improv.pastnotes import played
from improv.sessionfile import SUFFIX as SESSION_SUFFIX
from improv.sessionfile import Reader
from training.pieces import Labels, Piece, ReadError, part_labels, sounding
from training.scores import SCORE_SUFFIXES, read_score

MIDI_SUFFIXES = (".mid", ".midi")
SUSTAIN = 64


def read(path: Path, *, pedal: bool = True, own: bool = False) -> Piece:
    """Read a MIDI file, its tempo map applied, a score or a session. Raises ReadError if it is none, damaged or empty.

    Drums are left out, and so is, unless its `own` voice is asked for, improv's where the player's stands beside it: a
    network is not to learn from itself. The whole file is heard as one instrument with one pedal: piano files put the
    pedal on either hand's track, or on one of its own. Without `pedal` notes of a MIDI file end with their keys.
    """
    if path.suffix.lower() in SCORE_SUFFIXES:
        return read_score(path)
    if path.suffix.lower() == SESSION_SUFFIX:
        return _read_session(path, own)
    import symusic

    try:
        score: Any = symusic.Score(str(path))
    except Exception as error:  # symusic raises RuntimeError for all it cannot read, OSError for the rest
        raise ReadError(_reason(error)) from error
    if not own and {"player", "improv"} <= {track.name for track in score.tracks}:
        score.tracks = [track for track in score.tracks if track.name != "improv"]
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
    spans = _pedal(score, seconds) if pedal else np.zeros((0, 2))
    return Piece(sounding(np.concatenate(pieces), spans), labels)


def _read_session(path: Path, own: bool) -> Piece:
    """What the player played, and improv with its `own` voice."""
    try:
        both = played(Reader(path))
        heard = [note for voice in (both.player, *[both.improv] * own) for note in notes_in(voice)]
    except UserError as error:
        raise ReadError(str(error)) from error
    if not heard:
        raise ReadError("no notes in it")
    notes = np.zeros(len(heard), NOTE_DTYPE)
    for name in ("onset", "pitch", "velocity"):
        notes[name] = [getattr(note, name) for note in heard]
    notes["duration"] = [MAX_DURATION if note.duration is None else note.duration for note in heard]
    notes["part"] = Part.UNSPLIT
    return Piece(sounding(notes, np.zeros((0, 2))) if own else notes, Labels.UNSPLIT)


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
