"""The corpus: many files' notes in one compact .npz, split by composition."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from improv.errors import UserError
from improv.notes import Part
from training.compositions import catalogued, catalogues, composition_of
from training.pieces import Labels, Piece, ReadError
from training.reading import MIDI_SUFFIXES, SESSION_SUFFIX, read
from training.repeats import fingerprint, repeats
from training.scores import SCORE_SUFFIXES

SPLITS = ("train", "validation", "test")
SUFFIXES = (*MIDI_SUFFIXES, *SCORE_SUFFIXES, SESSION_SUFFIX)
FORMAT = "improv corpus 1"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pieces side by side: piece i is notes[start[i]:start[i + 1]] and names[i], compositions[i] and so on.

    `notes` (N,) of NOTE_DTYPE, `start` (P + 1,), `names` and `compositions` (P,) text, `labels` (P,) of
    Labels, `splits` (P,) indices into SPLITS; `merged` (R, 2) names of repeats left out, and of what was kept;
    `scored` (P,) bool, pieces from scores, whose velocities mean nothing.
    """

    notes: NDArray[np.void]
    start: NDArray[np.int64]
    names: NDArray[np.str_]
    compositions: NDArray[np.str_]
    labels: NDArray[np.uint8]
    splits: NDArray[np.uint8]
    merged: NDArray[np.str_] = field(default_factory=lambda: np.zeros((0, 2), "U1"))
    scored: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def __post_init__(self) -> None:
        if len(self.scored) != len(self.names):
            object.__setattr__(self, "scored", np.zeros(len(self.names), bool))

    def piece(self, index: int) -> NDArray[np.void]:
        """The notes of piece `index`."""
        return self.notes[self.start[index] : self.start[index + 1]]

    def pieces(self, split: str) -> NDArray[np.intp]:
        """The indices of the pieces in a split, one of SPLITS."""
        return np.flatnonzero(self.splits == SPLITS.index(split))

    def save(self, path: Path) -> None:
        """Write to an .npz file (no pickles)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {name: self.notes[name] for name in self.notes.dtype.names or ()}
        rest = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "notes"}
        with path.open("wb") as file:  # an open file: numpy would add a suffix to a name
            np.savez_compressed(file, format=np.array(FORMAT), **columns, **rest)

    @classmethod
    def load(cls, path: Path) -> Corpus:
        """Read what `save` wrote. Raises UserError if it is missing or something else."""
        from improv.encoding import NOTE_DTYPE

        if not path.is_file():
            raise UserError(f"{path}: no such corpus; make one with 'improv-train ingest DIR -o {path}'")
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                if str(file["format"]) != FORMAT:
                    raise UserError(f"{path}: {file['format']}, expected {FORMAT}; ingest the music again")
                notes = np.empty(len(file["onset"]), NOTE_DTYPE)
                for name in NOTE_DTYPE.names or ():
                    notes[name] = file[name]
                # Older corpora do not say what was merged, and hold no scores.
                wanted = [name for name in cls.__dataclass_fields__ if name != "notes"]
                rest = {name: file[name] for name in wanted if name not in ("merged", "scored") or name in file}
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise UserError(f"{path}: not a corpus; make one with 'improv-train ingest DIR -o {path}'") from error
        return cls(notes, **rest)


def find_music(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """All MIDI files and scores in these folders (or these files), with the names they go by in the corpus."""
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_file():
            found.append((path, path.name))
        elif path.is_dir():
            files = sorted(f for f in path.rglob("*") if f.suffix.lower() in SUFFIXES and f.is_file())
            if not files:
                raise UserError(f"{path}: no music in this folder; expected {' or '.join(SUFFIXES)} files")
            base = path.resolve().name
            found += [(file, f"{base}/{file.relative_to(path).as_posix()}") for file in files]
        else:
            raise UserError(f"{path}: no such file or folder")
    return found


def assign_splits(compositions: Sequence[str], named: dict[str, Sequence[str]], share: float) -> NDArray[np.uint8]:
    """Which of SPLITS each piece belongs to, (P,): whole compositions, the same ones every time.

    A split in `named` holds just the compositions named; one that is not takes about `share` of the
    others, by a hash of their names, and at least one as long as another is left to train on.
    """
    distinct = sorted(set(compositions), key=share_of)
    chosen: dict[str, str] = {}
    for split, names in named.items():
        for name in names:
            if name not in distinct:
                close = sorted(c for c in distinct if c.lower().startswith(name.lower()[:4])) or sorted(distinct)
                raise UserError(
                    f"no composition {name!r}; there are {', '.join(close[:12])}{' ...' * (len(close) > 12)}"
                )
            chosen[name] = split
    free = [composition for composition in distinct if composition not in chosen]
    # Held-out compositions are those of the smallest hashes: adding music moves few, if any, across.
    for position, split in enumerate(split for split in ("validation", "test") if split not in named):
        low, high = position * share, (position + 1) * share
        mine = [c for c in free if low <= share_of(c) < high and c not in chosen]
        rest = [c for c in free if c not in chosen]
        for composition in (mine or rest[:1])[: max(0, len(rest) - 1)]:  # something is left to train on
            chosen[composition] = split
    return np.array([SPLITS.index(chosen.get(c, "train")) for c in compositions], np.uint8)


def share_of(composition: str) -> float:
    """A number in [0, 1) that depends on the name alone."""
    return int.from_bytes(hashlib.sha256(composition.encode()).digest()[:6], "big") / 2**48


def ingest(
    paths: Sequence[Path],
    *,
    workers: int | None = None,
    table: dict[str, str] | None = None,
    named: dict[str, Sequence[str]] | None = None,
    share: float = 0.05,
    own: bool = False,
    complain: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Corpus:
    """Read all music under `paths` into a corpus, in parallel; a file that cannot be read is passed over.

    Of recorded sessions the player's voice counts, and improv's `own` beside it if asked for. Of performances that
    repeat each other one is kept. Compositions are those of `table`, of catalogues in the folders, or of the files'
    names. `complain` is told of each file that cannot be read, one line; `progress` the files done and their total.
    Raises UserError if a folder holds no music or none of the files can be read.
    """
    files = find_music(paths)
    good: list[tuple[str, Piece]] = []
    for done, (name, piece) in enumerate(_read_all(files, workers, own), 1):
        if isinstance(piece, str):
            complain(f"passed over {name}: {piece}")
        else:
            good.append((name, piece))
        progress(done, len(files))
    if not good:
        which = f"{files[0][0]} is not" if len(files) == 1 else f"none of {len(files)} files is"
        raise UserError(f"{which} a MIDI file or score that can be read; expected {', '.join(SUFFIXES)}")
    listed = catalogues(paths)
    known = [catalogued(name, table or {}) or catalogued(name, listed) for name, _ in good]
    merged = repeats([fingerprint(piece.notes) for _, piece in good])
    for dropped, kept in merged.items():
        known[kept] = known[kept] or known[dropped]
    left = [index for index in range(len(good)) if index not in merged]
    names, pieces = [good[index][0] for index in left], [good[index][1] for index in left]
    compositions = [known[index] or composition_of(good[index][0]) for index in left]
    return Corpus(
        notes=np.concatenate([piece.notes for piece in pieces]),
        start=np.cumsum([0, *(len(piece.notes) for piece in pieces)], dtype=np.int64),
        names=np.array(names),
        compositions=np.array(compositions),
        labels=np.array([piece.labels for piece in pieces], np.uint8),
        splits=assign_splits(compositions, named or {}, share),
        merged=np.array([(good[a][0], good[b][0]) for a, b in sorted(merged.items())], np.str_).reshape(-1, 2),
        scored=np.array([piece.scored for piece in pieces]),
    )


def _read_all(files: list[tuple[Path, str]], workers: int | None, own: bool) -> Iterable[tuple[str, Piece | str]]:
    names, read_one = [name for _, name in files], partial(try_read, own=own)
    workers = min(workers or os.cpu_count() or 1, len(files))
    # Starting a process costs more than reading dozens of MIDI files does; a score takes as long as many of those.
    scores = sum(path.suffix.lower() in SCORE_SUFFIXES for path, _ in files)
    if workers < 2 or len(files) + 16 * scores < 64:
        yield from zip(names, map(read_one, (path for path, _ in files)), strict=True)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(
            names, pool.map(read_one, [path for path, _ in files], chunksize=2 if scores else 16), strict=True
        )


def try_read(path: Path, own: bool = False) -> Piece | str:
    """The piece, or in a few words why there is none."""
    try:
        return read(path, own=own)
    except ReadError as error:
        return str(error)


def summary(corpus: Corpus) -> dict[str, Any]:
    """Counts: files, compositions, notes, hours, notes by part, and files, compositions and notes by split."""
    length = np.diff(corpus.start)
    hours = sum(float(np.ptp(corpus.piece(i)["onset"])) for i in range(len(length))) / 3600
    return {
        "files": len(length),
        "merged": len(corpus.merged),
        "scored": int(corpus.scored.sum()),
        "compositions": len(set(corpus.compositions.tolist())),
        "notes": len(corpus.notes),
        "hours": round(hours, 2),
        "by_part": {part.name.lower(): int((corpus.notes["part"] == part).sum()) for part in Part},
        "by_labels": {label.name.lower(): int((corpus.labels == label).sum()) for label in Labels},
        "by_split": {
            split: {
                "files": len(corpus.pieces(split)),
                "compositions": len(set(corpus.compositions[corpus.pieces(split)].tolist())),
                "notes": int(length[corpus.pieces(split)].sum()),
            }
            for split in SPLITS
        },
    }
