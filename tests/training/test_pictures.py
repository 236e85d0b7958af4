"""What the summary of a corpus counts, and that its picture is drawn of whatever there is."""

from __future__ import annotations

import numpy as np

from tests.training.midifiles import little_music, write_midi
from training.corpus import ingest
from training.pictures import measures, write_summary


def test_notes_chords_and_groups_are_counted(tmp_path):
    chord = [(1.0, 0.5, pitch, 70) for pitch in (60, 64, 67)] + [(2.0, 0.5, pitch, 70) for pitch in (52, 55, 60)]
    path = write_midi(tmp_path / "a.mid", {"": [(0.0, 0.5, 60, 64), *chord, (2.5, 0.25, 60, 64), (3.0, 0.25, 72, 64)]})
    found = measures(ingest([path]))
    assert found["ioi"].tolist() == [1.0, 1.0, 0.5, 0.5]
    assert found["chord size"].tolist() == [1, 3, 3, 1, 1]
    # C E G and E G C are one chord, as the tutorial has it; C4 twice, C5 once.
    assert found["tokens"].tolist() == [2, 2, 1]
    assert len(found["pitch"]) == 9


def test_a_summary_and_a_picture_are_written_beside_the_corpus(tmp_path):
    corpus = ingest([little_music(tmp_path / "music", 3)])
    write_summary(corpus, tmp_path / "c.npz")
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    said = (tmp_path / "c.md").read_text()
    assert "3 files, 3 compositions, 150 notes (120 lead, 30 accompaniment)" in said
    assert "![distributions](c.png)" in said and "| train | 1 | 1 | 50 |" in said
    assert "| pitch | 36 |" in said and "repeats" not in said


def test_one_note_is_a_corpus_to_look_at_too(tmp_path):
    corpus = ingest([write_midi(tmp_path / "a.mid", {"": [(0.0, 0.5, 60, 64)]})])
    write_summary(corpus, tmp_path / "c.npz")
    assert np.array_equal(measures(corpus)["tokens"], [1]) and (tmp_path / "c.md").is_file()
