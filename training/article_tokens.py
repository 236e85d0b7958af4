"""The tutorial's reading of MIDI files: music21 notes and chords as words, the frequent ones, windows of 32."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv.errors import UserError
from training.pieces import ReadError
from training.reading import MIDI_SUFFIXES
from training.scores import cache_folder

#: Goes up when the same file would be read as other words.
VERSION = 1
#: Words seen less often are thrown away.
FREQUENT = 50
#: Words read to predict the next one.
WINDOW = 32


@dataclass(frozen=True, slots=True)
class Word:
    """A note ('C4') or a chord ('0.4.7', pitch classes in normal order), and what the word leaves out."""

    token: str
    onset: float  # quarters
    pitches: tuple[int, ...]


Piece = Sequence[Word]


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows (N, 32) of word numbers, the word after each (N,), and the piece each is of (N,)."""

    inputs: NDArray[np.int32]
    targets: NDArray[np.int32]
    piece: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, chosen: NDArray[Any]) -> Windows:
        """Those of the given numbers."""
        return Windows(self.inputs[chosen], self.targets[chosen], self.piece[chosen])


def read_folder(
    folder: Path,
    *,
    workers: int | None = None,
    complain: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Piece]:
    """All MIDI files under `folder` by name, parsed in parallel; one that cannot be read is passed over and named.

    Raises UserError if there are none, or none that can be read.
    """
    if not folder.exists():
        raise UserError(f"{folder}: no such folder")
    files = sorted(f for f in folder.rglob("*") if f.suffix.lower() in MIDI_SUFFIXES) if folder.is_dir() else [folder]
    if not files:
        raise UserError(f"{folder}: no music in this folder; expected {' or '.join(MIDI_SUFFIXES)} files")
    pieces: dict[str, Piece] = {}
    for done, (file, piece) in enumerate(zip(files, _read_all(files, workers), strict=True), 1):
        name = file.relative_to(folder).as_posix() if folder.is_dir() else file.name
        if isinstance(piece, str):
            complain(f"passed over {name}: {piece}")
        else:
            pieces[name] = piece
        progress(done, len(files))
    if not pieces:
        which = "the only file is not" if len(files) == 1 else f"none of {len(files)} files is"
        raise UserError(f"{folder}: {which} a MIDI file with a piano part that music21 reads")
    return pieces


def _read_all(files: list[Path], workers: int | None) -> Iterable[Piece | str]:
    workers = min(workers or os.cpu_count() or 1, len(files))
    if workers < 2:
        yield from map(try_read, files)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(try_read, files)


def try_read(path: Path) -> Piece | str:
    """The words of a file, from the cache if it was read before; or in a few words why there are none."""
    try:
        key = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        kept = cache_folder().with_name("article") / f"{VERSION}-{key}.json"
        try:
            return [Word(token, onset, tuple(pitches)) for token, onset, pitches in json.loads(kept.read_text())]
        except (OSError, ValueError, TypeError):
            pass  # not read before, or cut short
        piece = parse(path)
    except OSError as error:
        return error.strerror or str(error)
    except ReadError as error:
        return str(error)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_name(f"{os.getpid()}-{kept.name}")
        draft.write_text(json.dumps([(word.token, word.onset, word.pitches) for word in piece]))
        os.replace(draft, kept)
    except OSError:
        pass  # a full or read-only disk costs only time
    return piece


def parse(path: Path) -> Piece:
    """The words of a file's piano parts, in the order of `recurse()`. Raises ReadError if there are none."""
    import music21

    words: list[Word] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # From bytes: of a damaged file music21 would leave the handle open, and of any a copy on disk.
            parsed: Any = music21.converter.parseData(path.read_bytes(), format="midi")
            for part in music21.instrument.partitionByInstrument(parsed).parts:
                if "Piano" in str(part):
                    found = ((element, element.getOffsetInHierarchy(part)) for element in part.recurse())
                    words += [_word(element, float(at)) for element, at in found if _is_word(element)]
    except Exception as error:  # music21 raises whatever the parsing of a damaged file runs into
        raise ReadError(f"not a MIDI file that music21 reads ({type(error).__name__})") from error
    if not words:
        raise ReadError("no piano part with notes in it")
    return words


def _is_word(element: Any) -> bool:
    import music21

    return isinstance(element, music21.note.Note | music21.chord.Chord)


def _word(element: Any, onset: float) -> Word:
    pitches = tuple(sorted(pitch.midi for pitch in element.pitches))
    chord = hasattr(element, "normalOrder")
    token = ".".join(str(number) for number in element.normalOrder) if chord else str(element.pitch)
    return Word(token, onset, pitches)


def frequencies(pieces: Iterable[Piece]) -> Counter[str]:
    """How often each word is played."""
    return Counter(word.token for piece in pieces for word in piece)


def vocabulary(counts: Counter[str], least: int = FREQUENT) -> list[str]:
    """The words played at least so often, in the order of the alphabet: a word's number is its place."""
    return sorted(token for token, count in counts.items() if count >= least)


def windows(pieces: Iterable[Piece], words: Sequence[str]) -> Windows:
    """All windows of frequent words with the word after each; none reaches from one piece into another."""
    number = {token: place for place, token in enumerate(words)}
    inputs, targets, owner = [np.zeros((0, WINDOW), np.int32)], [np.zeros(0, np.int32)], []
    for index, piece in enumerate(pieces):
        row = np.array([number[word.token] for word in piece if word.token in number], np.int32)
        if len(row) <= WINDOW:
            continue
        inputs.append(np.lib.stride_tricks.sliding_window_view(row, WINDOW)[:-1])
        targets.append(row[WINDOW:])
        owner += [index] * (len(row) - WINDOW)
    return Windows(np.concatenate(inputs), np.concatenate(targets), np.array(owner, np.int32))


def split_at_random(count: int, share: float = 0.2, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    """Numbers of the windows to train and to validate on: the tutorial's split, windows of all pieces mixed.

    Draws as scikit-learn's `train_test_split(..., test_size=share, random_state=seed)` does.
    """
    order = np.random.RandomState(seed).permutation(count)
    held = int(np.ceil(share * count))
    return order[held:], order[:held]


def split_by_piece(piece: NDArray[np.int32], share: float = 0.2, seed: int = 0) -> tuple[NDArray[Any], NDArray[Any]]:
    """As `split_at_random`, but whole pieces are held out until they hold `share` of the windows; one is left."""
    held: list[int] = []
    distinct = np.unique(piece)
    for candidate in np.random.RandomState(seed).permutation(distinct)[:-1].tolist():
        if np.isin(piece, held).mean() >= share:
            break
        held.append(candidate)
    validation = np.isin(piece, held)
    return np.flatnonzero(~validation), np.flatnonzero(validation)
