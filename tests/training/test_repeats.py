"""One performance in several files is found again; two performances of one piece stay two."""

from __future__ import annotations

import numpy as np
import pytest

from improv.encoding import NOTE_DTYPE
from tests.training.midifiles import little_music, write_midi
from training.corpus import Corpus, ingest, summary
from training.repeats import COMMON, fingerprint, repeats


def played(seed: int, count: int = 200, melody: int | None = None) -> np.ndarray:
    """A performance: pitches from the seed `melody` (or `seed`), timing and loudness from `seed`."""
    timing, tune = np.random.default_rng(seed), np.random.default_rng(seed if melody is None else melody)
    notes = np.zeros(count, NOTE_DTYPE)
    notes["pitch"] = 60 + tune.integers(-12, 13, count)
    # Every third note is struck with the one before it.
    gaps = 0.25 * np.exp(timing.normal(0, 0.15, count)) * (np.arange(count) % 3 != 1)
    notes["onset"] = np.cumsum(gaps)
    notes["velocity"] = timing.integers(40, 90, count)
    return notes


def found(*performances: np.ndarray) -> dict[int, int]:
    return repeats([fingerprint(notes) for notes in performances])


def changed(notes: np.ndarray, **columns: np.ndarray) -> np.ndarray:
    notes = notes.copy()
    for name, values in columns.items():
        notes[name] = values
    return notes


def test_a_copy_transposed_slower_louder_and_rounded_to_ticks_is_a_repeat():
    one = played(1)
    assert found(one, one) == {1: 0}
    assert found(one, changed(one, pitch=one["pitch"] + 5, velocity=100)) == {1: 0}
    assert found(one, changed(one, onset=one["onset"] * 1.3)) == {1: 0}
    assert found(one, changed(one, onset=np.rint(one["onset"] * 960) / 960)) == {1: 0}


def test_an_excerpt_is_a_repeat_of_the_whole():
    one = played(1)
    assert found(one[40:120], played(2), one) == {0: 2}


def test_another_performance_of_the_same_notes_is_none():
    assert found(played(1, melody=9), played(2, melody=9)) == {}
    assert found(played(1), played(2), played(3)) == {}


def test_half_a_piece_in_common_is_no_repeat():
    one, two = played(1), played(2)
    assert found(one, np.concatenate([one[:100], changed(two, onset=two["onset"] + 100)[100:]])) == {}


@pytest.mark.parametrize("copies", [2, COMMON, COMMON + 3])
def test_of_many_copies_one_is_left(copies):
    one = played(1)
    assert found(*[one] * copies, played(2)) == dict.fromkeys(range(1, copies), 0)


def test_what_is_too_short_to_tell_is_kept():
    assert found(played(1)[:6], played(1)[:6]) == {}
    assert found() == {} and found(played(1)[:0]) == {}


def test_ingest_keeps_one_of_each_and_names_the_others(tmp_path):
    folder = little_music(tmp_path / "music", 3)
    copy = [
        (onset, 0.2, pitch, 64) for onset, pitch in zip(np.arange(60) / 4, played(5, 60)["pitch"].tolist(), strict=True)
    ]
    write_midi(folder / "a.mid", {"": copy})
    write_midi(folder / "b.mid", {"": [(onset, 0.2, pitch + 2, 90) for onset, _, pitch, _ in copy]})
    corpus = ingest([folder])
    assert corpus.merged.tolist() == [["music/b.mid", "music/a.mid"]]
    assert corpus.names.tolist() == ["music/a.mid", *(f"music/piece-{i}.mid" for i in range(3))]
    assert summary(corpus)["merged"] == 1
    corpus.save(tmp_path / "c.npz")
    assert Corpus.load(tmp_path / "c.npz").merged.tolist() == corpus.merged.tolist()


def test_a_repeat_gives_its_catalogued_composition_to_what_is_kept(tmp_path):
    tune = [
        (onset, 0.2, pitch, 64) for onset, pitch in zip(np.arange(60) / 4, played(5, 60)["pitch"].tolist(), strict=True)
    ]
    for name in ("first/plain.mid", "second/listed.mid"):
        write_midi(tmp_path / name, {"": tune})
    (tmp_path / "second" / "catalog.csv").write_text('file,composer,title\nlisted.mid,"Chopin, F.",Etude op. 10\n')
    assert ingest([tmp_path / "first", tmp_path / "second"]).compositions.tolist() == ["chopin op 10"]
