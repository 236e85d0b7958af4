"""Scores at their tempo: voices that lead, ties that are one note, graces before the beat, and a cache that is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import training.scores
from improv.notes import Part
from training.corpus import Corpus, ingest, summary
from training.pieces import Labels, ReadError
from training.reading import read
from training.scores import VELOCITY, parse, read_score, roles

ABC = """X:1
T:One
M:4/4
L:1/4
Q:1/4=60
K:G
"G"GABc|d2-d2|{a}g4|]
"""
KERN = "**kern\t**kern\n*clefF4\t*clefG2\n*MM60\t*MM60\n=1\t=1\n4C\t[4c\n4D\t4c]\n*-\t*-\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(training.scores, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def song(path: Path) -> Path:
    """A voice with words over a piano, as MusicXML, no tempo."""
    from music21 import note, stream

    score = stream.Score()
    for name, pitches in (("Singstimme", ("G4", "A4")), ("Piano", ("C5", "D5")), ("Piano", ("C3", "D3"))):
        part = stream.Part()
        part.partName = name
        for pitch in pitches:
            part.append(note.Note(pitch, quarterLength=2, lyric="la" if name == "Singstimme" else None))
        score.insert(0, part)
    score.write("musicxml", path)
    return path


def test_abc_at_its_tempo_with_ties_merged_graces_before_the_beat_and_no_chord_symbols(tmp_path):
    (tmp_path / "a.abc").write_text(ABC)
    piece = read(tmp_path / "a.abc")
    assert piece.scored and piece.labels == Labels.UNSPLIT
    notes = piece.notes
    assert notes["pitch"].tolist() == [67, 69, 71, 72, 74, 81, 79]
    assert notes["onset"] == pytest.approx([0, 1, 2, 3, 4, 7.92, 8])
    assert notes["duration"] == pytest.approx([1, 1, 1, 1, 4, 0.08, 4])
    assert set(notes["velocity"].tolist()) == {VELOCITY}


def test_the_tunes_of_one_file_follow_each_other(tmp_path):
    (tmp_path / "a.abc").write_text(ABC + "\nX:2\nT:Two\nM:4/4\nL:1/4\nK:C\nCD|]\n")
    notes = read(tmp_path / "a.abc").notes
    assert notes["onset"][-2:] == pytest.approx([14, 14.6])  # two seconds later, a quarter of 0.6 s: 100 a minute


def test_humdrum_staves_are_registers(tmp_path):
    (tmp_path / "a.krn").write_text(KERN)
    piece = read(tmp_path / "a.krn")
    assert piece.labels == Labels.REGISTER
    assert piece.notes[["onset", "pitch", "duration", "part"]].tolist() == [
        (0.0, 48, 1.0, Part.ACCOMPANIMENT),
        (0.0, 60, 2.0, Part.LEAD),
        (1.0, 50, 1.0, Part.ACCOMPANIMENT),
    ]


def test_a_voice_leads_and_no_tempo_is_100_quarters_a_minute(tmp_path):
    piece = read(song(tmp_path / "song.musicxml"))
    assert piece.labels == Labels.ROLE
    lead = piece.notes[piece.notes["part"] == Part.LEAD]
    assert lead[["pitch"]].tolist() == [(67,), (69,)]
    assert lead["onset"] == pytest.approx([0, 1.2])
    assert (piece.notes["part"] == Part.ACCOMPANIMENT).sum() == 4


@pytest.mark.parametrize(
    ("names", "words", "leads", "labels"),
    [
        (["A", "B"], [True, False], [True, False], Labels.ROLE),
        (["Flute", "Piano", "Piano"], [False] * 3, [True, False, False], Labels.ROLE),
        (["Piano", "Piano"], [False] * 2, [False, True], Labels.REGISTER),
        (["Soprano", "Alto", "Tenor"], [True] * 3, None, Labels.UNSPLIT),
    ],
)
def test_roles_of_staves(names, words, leads, labels):
    parts, found = roles(names, words, [50.0, 70.0, 60.0][: len(names)])
    assert found == labels
    assert [part == Part.LEAD for part in parts] == (leads or [False] * len(names))


def test_a_score_is_parsed_once_and_again_when_it_or_its_cache_changed(tmp_path, cache, monkeypatch):
    path = tmp_path / "a.abc"
    path.write_text(ABC)
    calls = []
    monkeypatch.setattr(training.scores, "parse", lambda path: calls.append(path) or parse(path))
    first, second = read_score(path), read_score(path)
    assert len(calls) == 1
    assert first.notes.tolist() == second.notes.tolist() and (second.labels, second.scored) == (first.labels, True)
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:40])
    assert read_score(path).notes.tolist() == first.notes.tolist() and len(calls) == 2
    path.write_text(ABC.replace("GABc", "GABd"))
    assert read_score(path).notes["pitch"][3] == 74 and len(calls) == 3


def test_what_is_no_score_is_named_and_passed_over(tmp_path):
    (tmp_path / "a.abc").write_text(ABC)
    (tmp_path / "b.mxl").write_bytes(b"nothing")
    (tmp_path / "c.xml").write_text("<settings/>")
    lines: list[str] = []
    corpus = ingest([tmp_path], complain=lines.append)
    assert corpus.names.tolist() == [f"{tmp_path.name}/a.abc"]
    assert len(lines) == 2 and all("\n" not in line for line in lines)
    with pytest.raises(ReadError):
        read(tmp_path / "c.xml")


def test_a_corpus_says_which_pieces_are_scores(tmp_path):
    (tmp_path / "a.abc").write_text(ABC)
    corpus = ingest([tmp_path])
    corpus.save(tmp_path / "c.npz")
    assert Corpus.load(tmp_path / "c.npz").scored.tolist() == [True]
    assert summary(corpus)["scored"] == 1 and np.all(corpus.notes["velocity"] == VELOCITY)
