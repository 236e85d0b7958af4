"""Scores as arrays of notes: MusicXML, Humdrum and ABC through music21, each read once and then kept in a cache."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from improv.encoding import NOTE_DTYPE
from improv.notes import Part
from training.pieces import Labels, Piece, ReadError, part_labels, sounding

#: The files that are scores.
SCORE_SUFFIXES = (".musicxml", ".mxl", ".xml", ".krn", ".abc")
#: Goes up when the same score would be read as other notes.
VERSION = 1
#: Quarters a minute where a score gives no tempo.
TEMPO = 100.0
#: A score does not say how loud: all its notes are this loud, and their piece is marked as scored.
VELOCITY = 64
#: Seconds that a grace note takes from what is before it.
GRACE = 0.08
#: Seconds between the tunes of one file.
BETWEEN = 2.0
KEYBOARD = re.compile(r"piano|klavier|pianoforte|keyboard|harp|organ|guitar", re.IGNORECASE)


def read_score(path: Path, cache: Path | None = None) -> Piece:
    """Read a score at its notated tempo, repeats played, ties merged. Raises ReadError if it cannot be read.

    `cache` is a folder (default: improv's in the user's cache folder). The voice, whatever has words, is the lead.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReadError(error.strerror or str(error)) from error
    key = hashlib.sha256(path.suffix.lower().encode() + b"\0" + content).hexdigest()[:32]
    kept = (cache or cache_folder()) / f"{VERSION}-{key}.npy"
    if kept.is_file():
        try:
            return _unpack(np.load(kept, allow_pickle=False))
        except (OSError, ValueError, EOFError, BadZipFile):
            pass  # cut short: read the score again
    piece = parse(path)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_name(f"{os.getpid()}-{kept.name}")
        np.save(draft, _pack(piece))
        os.replace(draft, kept)
    except OSError:
        pass  # a full or read-only disk costs only time
    return piece


def cache_folder() -> Path:
    """Where scores once read are kept."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("improv")) / "scores"


def _pack(piece: Piece) -> NDArray[np.void]:
    """The notes, and the labels in a last row of their own."""
    last = np.zeros(1, NOTE_DTYPE)
    last["part"] = piece.labels
    return np.concatenate([piece.notes, last])


def _unpack(rows: NDArray[np.void]) -> Piece:
    if rows.dtype != NOTE_DTYPE or len(rows) < 2:
        raise ValueError("not one of ours")
    return Piece(rows[:-1], Labels(int(rows["part"][-1])), scored=True)


def parse(path: Path) -> Piece:
    """As `read_score`, without the cache."""
    try:
        import music21
    except ImportError as error:
        raise ReadError("scores need music21, which is not installed") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = music21.converter.parse(path, forceSource=True)
            scores = list(found.scores) if isinstance(found, music21.stream.Opus) else [found]
            parsed = [_score(score) for score in scores]
    except Exception as error:  # music21 raises whatever the parsing of a damaged file runs into
        raise ReadError(f"not a score that music21 reads ({type(error).__name__})") from error
    parsed = [(notes, labels) for notes, labels in parsed if len(notes)]
    if not parsed:
        raise ReadError("no notes in it")
    begin = 0.0
    for notes, _ in parsed:
        notes["onset"] += begin - notes["onset"].min()
        begin = float((notes["onset"] + notes["duration"]).max()) + BETWEEN
    together = np.concatenate([notes for notes, _ in parsed])
    return Piece(sounding(together, np.zeros((0, 2))), parsed[0][1], scored=True)


def _score(score: Any) -> tuple[NDArray[np.void], Labels]:
    """Notes with key durations, and what their parts mean."""
    import music21

    if not score.parts:
        score = music21.stream.Score([score])
    with suppress(Exception):  # repeats that do not add up: once through is music too
        score = score.expandRepeats()
    seconds = _clock(score)
    staves = [(part, part.stripTies()) for part in score.parts]
    columns = [(part, _notes(stave, seconds)) for part, stave in staves]
    columns = [(part, notes) for part, notes in columns if len(notes)]
    if not columns:
        return np.zeros(0, NOTE_DTYPE), Labels.UNSPLIT
    names = [str(part.partName or part.id or "") for part, _ in columns]
    words = [any(note.lyrics for note in part.recurse().notes) for part, _ in columns]
    parts, labels = roles(names, words, [float(notes["pitch"].mean()) for _, notes in columns])
    for (_, notes), part in zip(columns, parts, strict=True):
        notes["part"] = part
    return np.concatenate([notes for _, notes in columns]), labels


def roles(names: list[str], words: list[bool], heights: list[float]) -> tuple[list[Part], Labels]:
    """Roles of staves: those with words lead, or those that are no keyboard beside one; else as tracks."""
    for leads in (words, [not KEYBOARD.search(name) for name in names]):
        if any(leads) and not all(leads):
            return [Part.LEAD if lead else Part.ACCOMPANIMENT for lead in leads], Labels.ROLE
    return part_labels(names, heights)


def _notes(stave: Any, seconds: Callable[[float], float]) -> NDArray[np.void]:
    """The notes of one staff in the order of the score; grace notes come just before what they adorn."""
    import music21

    rows: list[tuple[float, int, int, float, int]] = []
    graces: dict[float, list[Any]] = {}
    for note in stave.flatten().notes:
        if isinstance(note, music21.harmony.Harmony) or not getattr(note, "pitches", ()):
            continue  # chord symbols above the staff, drums
        offset = float(note.offset)
        if note.duration.isGrace:
            graces.setdefault(offset, []).append(note)
            continue
        begin, end = seconds(offset), seconds(offset + float(note.quarterLength))
        rows += [(begin, pitch.midi, VELOCITY, end - begin, 0) for pitch in note.pitches]
    for offset, few in graces.items():
        for before, note in enumerate(reversed(few), 1):
            begin = max(0.0, seconds(offset) - before * GRACE)
            rows += [(begin, pitch.midi, VELOCITY, GRACE, 0) for pitch in note.pitches]
    return np.array([row for row in rows if 0 <= row[1] < 128], NOTE_DTYPE)


def _clock(score: Any) -> Callable[[float], float]:
    """A function from quarters to seconds: the tempos written, or music21's for the words known to it."""
    import music21

    marks: dict[float, float] = {}
    for mark in score.recurse().getElementsByClass(music21.tempo.MetronomeMark):
        tempo = mark.getQuarterBPM()
        if tempo:
            marks.setdefault(float(mark.getOffsetInHierarchy(score)), float(tempo))
    marks.setdefault(0.0, TEMPO)
    at = np.array(sorted(marks))
    pace = 60.0 / np.array([marks[offset] for offset in at.tolist()])
    begin = np.concatenate([[0.0], np.cumsum(np.diff(at) * pace[:-1])])

    def seconds(offset: float) -> float:
        index = int(np.searchsorted(at, offset, side="right")) - 1
        return float(begin[index] + (offset - at[index]) * pace[index])

    return seconds
