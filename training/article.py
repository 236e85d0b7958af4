"""The tutorial end to end: its two networks trained on windows of words, compared, and let go on by themselves."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from improv.errors import UserError
from training.article_tokens import FREQUENT, WINDOW, Piece, Windows, frequencies, split_at_random, vocabulary, windows

BATCH = 128
EMBEDDING = 100


@dataclass(frozen=True, slots=True)
class Data:
    """What the networks learn from: the words by number, and windows to train and to validate on."""

    words: list[str]
    train: Windows
    validation: Windows

    @property
    def commonest(self) -> float:
        """The accuracy of always guessing the commonest word."""
        guess = np.bincount(self.train.targets).argmax()
        return float((self.validation.targets == guess).mean())


@dataclass(frozen=True, slots=True)
class Result:
    """How far a network came: losses in nats a word; all but seconds at the epoch of the lowest validation loss."""

    parameters: int
    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds_an_epoch: float  # training alone, the first epoch left out where there are several: it compiles


def prepare(pieces: Sequence[Piece], least: int = FREQUENT) -> tuple[Data, Windows]:
    """The tutorial's data, 80 to 20 at random, and all windows in order. Raises UserError if there is too little."""
    words = vocabulary(frequencies(pieces), least)
    every = windows(pieces, words)
    if len(every) < 2:
        raise UserError(
            f"too little music: {len(words)} notes and chords are played {least} times or more, and they make "
            f"{len(every)} windows of {WINDOW}; more files, or a lower --least"
        )
    train, validation = split_at_random(len(every))
    return Data(words, every[train], every[validation]), every


def wavenet(count: int, *, ordered: bool = False) -> Any:
    """The tutorial's "WaveNet" over `count` words; `ordered` keeps the last four cells apart, where it pools them."""
    network = keras.Sequential(name="wavenet")
    network.add(keras.Input((WINDOW,), dtype="int32"))
    network.add(layers.Embedding(count, EMBEDDING))
    for filters, dilation in ((64, 1), (128, 2), (256, 4)):
        network.add(layers.Conv1D(filters, 3, padding="causal", dilation_rate=dilation, activation="relu"))
        network.add(layers.Dropout(0.2))
        network.add(layers.MaxPool1D(2))
    network.add(layers.Flatten() if ordered else layers.GlobalMaxPool1D())
    network.add(layers.Dense(256, activation="relu"))
    network.add(layers.Dense(count, activation="softmax"))
    return network


def lstm(count: int) -> Any:
    """The tutorial's LSTM over `count` words, reading them through the same embedding as the other network does."""
    return keras.Sequential(
        [
            keras.Input((WINDOW,), dtype="int32"),
            layers.Embedding(count, EMBEDDING),
            layers.LSTM(128, return_sequences=True),
            layers.LSTM(128),
            layers.Dense(256, activation="relu"),
            layers.Dense(count, activation="softmax"),
        ],
        name="lstm",
    )


class _Watch(keras.callbacks.Callback):
    """The seconds each epoch trains, validation left out, and a line at its end."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._tell = tell
        self._begun = self._last = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begun = clock.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._last = clock.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(self._last - self._begun)
        found = logs or {}
        self._tell(
            f"{self.model.name}, epoch {epoch + 1}: loss {found['loss']:.3f}, accuracy {found['accuracy']:.1%}, "
            f"validation {found['val_loss']:.3f}, {found['val_accuracy']:.1%}, {self.seconds[-1]:.1f} s"
        )


def train(network: Any, data: Data, epochs: int, path: Path, tell: Callable[[str], None] = lambda line: None) -> Result:
    """Train on `data`; the network is left as it was when its validation loss was lowest, and written to `path`."""
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    watch = _Watch(tell)
    best = keras.callbacks.ModelCheckpoint(path, monitor="val_loss", mode="min", save_best_only=True)
    history = network.fit(
        data.train.inputs,
        data.train.targets,
        batch_size=BATCH,
        epochs=epochs,
        validation_data=(data.validation.inputs, data.validation.targets),
        callbacks=[best, watch],
        verbose=0,
    ).history
    if path.exists():
        network.set_weights(keras.saving.load_model(path).get_weights())
    lowest = int(np.argmin(history["val_loss"]))
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    warm = watch.seconds[1:] or watch.seconds
    return Result(
        network.count_params(), lowest + 1, *(float(history[name][lowest]) for name in names), sum(warm) / len(warm)
    )


def go_on(network: Any, start: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """The `count` words (B, count) that the network finds likeliest, one by one, after the windows `start` (B, 32)."""
    heard = start
    for _ in range(count):
        likeliest = np.asarray(network.predict_on_batch(heard[:, -WINDOW:])).argmax(-1)
        heard = np.concatenate([heard, likeliest[:, None].astype(np.int32)], 1)
    return heard[:, start.shape[1] :]


def write_midi(tokens: Sequence[str], path: Path) -> None:
    """The words as MIDI, as the tutorial writes them: a quarter each, one a quarter, chords in the one octave."""
    from music21 import chord, instrument, note, stream

    music = stream.Stream([instrument.Piano()])
    for quarter, token in enumerate(tokens):
        classes = token.split(".")
        played: Any = chord.Chord([note.Note(int(c)) for c in classes]) if classes[0].isdigit() else note.Note(token)
        music.insert(quarter, played)
    music.write("midi", fp=path)


def reproduce(
    data: Data, folder: Path, *, epochs: int, generate: int, seed: int = 0, tell: Callable[[str], None] = print
) -> tuple[dict[str, Result], dict[str, Any]]:
    """Train both networks, and write NAME.keras and NAME.mid of each, `generate` words long, into `folder`."""
    results, networks = {}, {}
    for make in (wavenet, lstm):
        keras.utils.set_random_seed(seed)
        network = make(len(data.words))
        results[network.name] = train(network, data, epochs, folder / f"{network.name}.keras", tell)
        start = int(np.random.default_rng(seed).integers(len(data.validation)))
        found = go_on(network, data.validation.inputs[start : start + 1], generate)[0]
        tokens = [data.words[number] for number in found.tolist()]
        write_midi(tokens, folder / f"{network.name}.mid")
        tell(f"{network.name} goes on: {' '.join(tokens)}")
        networks[network.name] = network
    return results, networks
