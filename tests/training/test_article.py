"""The tutorial, end to end on made-up tunes, and its parts one by one."""

from __future__ import annotations

import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest

from improv.errors import UserError
from tests.training.midifiles import tune, write_midi
from training import article, article_faults, article_tokens
from training.article_tokens import Word
from training.cli import main


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of its own for each test."""
    monkeypatch.setattr(article_tokens, "cache_folder", lambda: tmp_path / "cache" / "scores")
    return tmp_path / "cache" / "article"


def piece(*tokens: str) -> list[Word]:
    return [Word(token, float(quarter), (60,)) for quarter, token in enumerate(tokens)]


def cycle(length: int, count: int) -> list[Word]:
    return piece(*(f"w{i % length}" for i in range(count)))


def test_a_file_is_read_as_music21s_notes_and_chords_in_normal_order(tmp_path):
    chord = [(0.5, 0.5, pitch, 64) for pitch in (76, 60, 67)]  # e'' c' g': 0.4.7 wherever its tones lie
    path = write_midi(tmp_path / "a.mid", {"Piano": [(0.0, 0.5, 61, 64), *chord, (1.0, 0.5, 58, 64)]})
    words = article_tokens.parse(path)
    assert [word.token for word in words] == ["C#4", "0.4.7", "B-3"]
    assert [word.pitches for word in words] == [(61,), (60, 67, 76), (58,)]
    assert [word.onset for word in words] == [0.0, 1.0, 2.0]


def test_what_was_read_is_kept(tmp_path, cache, monkeypatch):
    path = write_midi(tmp_path / "a.mid", {"Piano": tune(0)})
    first = article_tokens.try_read(path)
    assert len(first) == 40 and len(list(cache.iterdir())) == 1
    monkeypatch.setattr(article_tokens, "parse", lambda path: pytest.fail("parsed again"))
    assert article_tokens.try_read(path) == first
    next(cache.iterdir()).write_text("[[")
    with pytest.raises(pytest.fail.Exception):
        article_tokens.try_read(path)


def test_windows_are_of_frequent_words_and_of_one_piece(tmp_path):
    first = [Word("rare", 0.0, (1,)), *cycle(4, 35)]
    counts = article_tokens.frequencies([first, cycle(4, 33), cycle(4, 32)])
    words = article_tokens.vocabulary(counts, 2)
    assert counts["rare"] == 1 and words == ["w0", "w1", "w2", "w3"]
    made = article_tokens.windows([first, cycle(4, 33), cycle(4, 32)], words)
    assert made.inputs.shape == (4, 32) and made.piece.tolist() == [0, 0, 0, 1]
    assert made.targets.tolist() == [0, 1, 2, 0]
    assert made.inputs[1].tolist() == [(i + 1) % 4 for i in range(32)]


def test_the_random_split_is_the_tutorials():
    train, held = article_tokens.split_at_random(10)
    # sklearn.model_selection.train_test_split(range(10), test_size=0.2, random_state=0)
    assert train.tolist() == [4, 9, 1, 6, 7, 3, 0, 5] and held.tolist() == [2, 8]


def test_the_split_by_piece_keeps_pieces_whole_and_one_to_train_on():
    owner = np.repeat([0, 1, 2, 5], 10)
    train, held = article_tokens.split_by_piece(owner)
    assert len(held) == 10 and not set(owner[train]) & set(owner[held])
    train, held = article_tokens.split_by_piece(np.zeros(4, np.int32))
    assert len(train) == 4 and not len(held)


def test_the_networks_are_the_tutorials():
    cnn, lstm = article.wavenet(182), article.lstm(182)
    convolutions = [layer for layer in cnn.layers if isinstance(layer, keras.layers.Conv1D)]
    assert [(c.filters, c.kernel_size, c.dilation_rate, c.padding) for c in convolutions] == [
        (64, (3,), (1,), "causal"),
        (128, (3,), (2,), "causal"),
        (256, (3,), (4,), "causal"),
    ]
    assert [type(layer).__name__ for layer in cnn.layers[2:4]] == ["Dropout", "MaxPooling1D"]
    assert [layer.units for layer in lstm.layers[1:]] == [128, 128, 256, 182]
    for network in (cnn, lstm):
        out = np.asarray(network(np.zeros((2, 32), np.int32)))
        assert out.shape == (2, 182) and out.sum(-1) == pytest.approx([1, 1], abs=1e-5)


def test_the_best_epoch_is_what_stays(tmp_path):
    data, _ = article.prepare([cycle(4, 600)], 2)
    # What is learned is wrong on validation, more so each epoch: the first is the best.
    contrary = article_tokens.Windows(data.validation.inputs, (data.validation.targets + 1) % 4, data.validation.piece)
    data = article.Data(data.words, data.train, contrary)
    network = article.wavenet(4)
    told: list[str] = []
    result = article.train(network, data, 3, tmp_path / "w.keras", told.append)
    assert len(told) == 3 and told[0].startswith("wavenet, epoch 1: loss ")
    loss, accuracy = network.evaluate(contrary.inputs, contrary.targets, verbose=0)
    assert result.epoch < 3
    assert (loss, accuracy) == pytest.approx((result.validation_loss, result.validation_accuracy), abs=1e-4)


def test_generating_reads_the_last_32_words_and_takes_the_likeliest():
    class Successor:
        """Says that after n comes n + 1."""

        def predict_on_batch(self, inputs):
            assert inputs.shape == (1, 32)
            return np.eye(8)[(inputs[:, -1] + 1) % 8]

    start = np.full((1, 32), 5, np.int32)
    assert article.go_on(Successor(), start, 4).tolist() == [[6, 7, 0, 1]]


def test_written_music_is_a_word_a_quarter_with_chords_in_one_octave(tmp_path):
    article.write_midi(["C#5", "0.4.7", "9", "B-3"], tmp_path / "a.mid")
    words = article_tokens.parse(tmp_path / "a.mid")
    assert [word.pitches for word in words] == [(73,), (60, 64, 67), (69,), (58,)]
    assert [word.onset for word in words] == [0.0, 1.0, 2.0, 3.0]


def test_too_little_music_is_one_line():
    with pytest.raises(UserError, match=r"too little music: 0 notes and chords are played 50 times or more"):
        article.prepare([piece("a", "b")])


def test_a_folder_without_music_and_files_that_are_none(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        article_tokens.read_folder(tmp_path / "none")
    (tmp_path / "music").mkdir()
    with pytest.raises(UserError, match=r"no music in this folder; expected \.mid or \.midi files"):
        article_tokens.read_folder(tmp_path / "music")
    (tmp_path / "music" / "bad.mid").write_bytes(b"nothing of the kind")
    with pytest.raises(UserError, match="the only file is not a MIDI file"):
        article_tokens.read_folder(tmp_path / "music")
    write_midi(tmp_path / "music" / "good.mid", {"Piano": tune(0)})
    told: list[str] = []
    found = article_tokens.read_folder(tmp_path / "music", workers=1, complain=told.append)
    assert list(found) == ["good.mid"]
    assert len(told) == 1 and told[0].startswith("passed over bad.mid: not a MIDI file that music21 reads")


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ([9, 8, 1, 2, 3, 1, 2, 3], (2, 3)),
        ([9, 1, 1, 1, 1], (1, 1)),
        ([1, 2, 3, 4, 5, 6], None),
        ([1, 2, 1, 2, 1, 2, 7], None),
        ([1, 2, 1, 2], (0, 2)),
    ],
)
def test_loops_are_found_where_they_begin(tokens, found):
    assert article_faults.loop(tokens) == found


def test_what_words_leave_out_is_counted():
    played = [
        Word("C4", 0.0, (60,)),
        Word("0.4.7", 1.0, (48, 64, 67)),
        Word("0.4.7", 1.5, (60, 64, 67)),
        Word("D4", 1.5, (62,)),
        Word("C4", 2.5, (60,)),
    ]
    found = article_faults.chords([played])
    assert (found.played, found.distinct, found.tokens, found.misplaced) == (2, 2, 1, 1 / 6)
    assert article_faults.spacing([played]) == (0.5, 0.25)


def test_two_vocabularies_decode_wrongly_where_their_numbers_differ():
    words = sorted(f"w{i}" for i in range(40))
    again = article_tokens.windows([piece(*words * 3)], words)
    wrong, worst = article_faults.two_vocabularies(again, words, 3)
    assert 0 <= wrong <= worst < 1
    # The word a0 is read but never comes next: whatever it pushes aside is decoded wrongly.
    first = article_tokens.windows([piece("a0", *words * 3)], ["a0", *words])
    assert article_faults.two_vocabularies(first, ["a0", *words], 3)[1] > worst


def test_a_network_without_order_guesses_the_same_whatever_the_order():
    class Sum:
        """Guesses by how many of the words are odd."""

        def predict(self, inputs, batch_size, verbose):
            return np.eye(33)[(inputs % 2).sum(1)]

    inputs = np.random.default_rng(0).integers(0, 50, (64, 32)).astype(np.int32)
    figures = article_faults.order(Sum(), inputs, (inputs % 2).sum(1), 0)
    assert figures["accuracy"] == figures["all in random order: same guess"] == 1
    assert figures["the last two words swapped: accuracy"] == 1
    assert figures["another last word: same guess"] < 1


def test_the_whole_tutorial_is_one_command(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(article_faults, "LENGTH", 20)
    music, out = tmp_path / "music", tmp_path / "out"
    for index in range(3):
        write_midi(music / f"{index}.mid", {"Piano": tune(index, 80)})
    (music / "bad.mid").write_bytes(b"MThd and nothing more")
    line = "article --epochs 1 --least 2 --generate 12 --workers 1 --faults -o"
    assert main([*line.split(), str(out), str(music)]) == 0
    said, noise = capfd.readouterr()
    assert "events 240, distinct 8, frequent (2 or more) 8" in said
    assert "windows 144: 115 to train on, 29 to validate on" in said
    assert [row for row in noise.splitlines() if "passed over" in row] == [
        "improv-train: passed over bad.mid: not a MIDI file that music21 reads (MidiException)"
    ]
    report = (out / "report.md").read_text()
    assert "| wavenet (best epoch 1) | " in report and "| lstm (best epoch 1) | " in report
    for fault in ("both sides", "two vocabularies", "without octave", "equal spacing", "argmax, lstm", "pooling"):
        assert fault in report and fault in said
    assert json.loads((out / "report.json").read_text())["windows"] == 144
    assert len(article_tokens.parse(out / "lstm.mid")) == len(article_tokens.parse(out / "wavenet.mid")) == 12
    assert {"frequencies.png", "wavenet.keras", "lstm.keras"} <= {file.name for file in out.iterdir()}


def test_an_empty_folder_is_one_line_and_exit_code_2(tmp_path, capsys):
    assert main(["article", str(tmp_path)]) == 2
    said, noise = capsys.readouterr()
    assert said == "" and noise == (
        f"improv-train: {tmp_path}: no music in this folder; expected .mid or .midi files\n"
    )
