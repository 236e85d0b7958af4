"""What each fault of the tutorial costs, measured on the same music and the same trained networks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.article import Data, Result, go_on, train, wavenet
from training.article_tokens import Piece, Windows, split_by_piece

#: An interval this near to a quarter (in quarters) counts as one.
NEAR = 1 / 8
STARTS, LENGTH = 20, 200
SALTS = 20
#: Which target words decode to another one, or to none.
AS_SETS = """import json, sys
read, wanted = map(set, json.load(sys.stdin))
read = [*read, *[None] * len(wanted)]
print(json.dumps([token for token, decoded in zip(wanted, read) if token != decoded]))"""


@dataclass(frozen=True, slots=True)
class Chords:
    """What is left of chords once their octaves are gone."""

    played: int
    distinct: int
    tokens: int
    misplaced: float  # share of chord tones written in another octave, with nothing else wrong


def chords(pieces: Sequence[Piece]) -> Chords:
    """How many chords become how few words, and how many of their tones are not where they were (C4 to B4)."""
    words = [word for piece in pieces for word in piece if word.token[0].isdigit()]
    tones = [pitch for word in words for pitch in word.pitches]
    return Chords(
        len(words),
        len({word.pitches for word in words}),
        len({word.token for word in words}),
        sum(not 60 <= tone < 72 for tone in tones) / max(1, len(tones)),
    )


def spacing(pieces: Sequence[Piece]) -> tuple[float, float]:
    """Of the steps from one word to the next: the share that is no quarter long, and the share of no length at all."""
    steps = np.concatenate([np.diff([word.onset for word in piece]) for piece in pieces])
    if not len(steps):
        return 0.0, 0.0
    return float((np.abs(steps - 1) > NEAR).mean()), float((steps == 0).mean())


def two_vocabularies(every: Windows, words: Sequence[str], salts: int = SALTS) -> tuple[float, float]:
    """Inputs and targets each numbered in the order of a Python set, as the tutorial does, then decoded with the
    numbers of the inputs: the share of what is played that comes out wrong, at the median and at worst.

    Python salts the hashes of strings, so each start of it numbers anew: this starts it `salts` times.
    """
    read, wanted = (
        [words[number] for number in dict.fromkeys(numbers.ravel().tolist())]
        for numbers in (every.inputs, every.targets)
    )
    counts = np.bincount(every.targets, minlength=len(words))
    shares = []
    for salt in range(salts):
        wrong = subprocess.run(
            [sys.executable, "-S", "-c", AS_SETS],
            input=json.dumps([read, wanted]), env=os.environ | {"PYTHONHASHSEED": str(salt)},
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        shares.append(sum(counts[words.index(token)] for token in json.loads(wrong)) / counts.sum())
    return float(np.median(shares)), float(max(shares))


def loop(tokens: Sequence[int]) -> tuple[int, int] | None:
    """Where `tokens` begin to go round, and the length of the round, if they do so until the end, twice at least."""
    row = np.asarray(tokens)
    found = None
    for period in range(1, len(row) // 2 + 1):
        differing = np.flatnonzero(row[period:] != row[:-period])
        begin = int(differing[-1]) + 1 if len(differing) else 0
        if len(row) - begin >= 2 * period and (found is None or begin < found[0]):
            found = (begin, period)
    return found


def loops(network: Any, data: Data, seed: int) -> tuple[float, float, float, float]:
    """Of 200 words by argmax after each of 20 validation windows: the share of runs that end in a loop, the medians of
    where it begins and of its length (all: 200 where there is none), and of the share of distinct words."""
    rng = np.random.default_rng(seed)
    starts = data.validation.inputs[rng.integers(len(data.validation), size=STARTS)]
    runs = go_on(network, starts, LENGTH).tolist()
    found = [loop(run) for run in runs]
    begin, length = zip(*((LENGTH, LENGTH) if one is None else one for one in found), strict=True)
    distinct = [len(set(run)) / LENGTH for run in runs]
    looping = sum(one is not None for one in found) / STARTS
    return looping, float(np.median(begin)), float(np.median(length)), float(np.median(distinct))


def order(network: Any, inputs: NDArray[np.int32], targets: NDArray[np.int32], seed: int) -> dict[str, float]:
    """Accuracy on windows as they are and disturbed, and the share of guesses a disturbance leaves as they were."""
    rng = np.random.default_rng(seed)
    cells = inputs.reshape(-1, 4, 8)
    other = inputs.copy()
    other[:, -1] = rng.permutation(inputs[:, -1])
    disturbed = {
        "all in random order": rng.permuted(inputs, axis=1),
        "four cells of eight in reverse order": cells[:, ::-1].reshape(inputs.shape),
        "the last two words swapped": np.concatenate([inputs[:, :-2], inputs[:, :-3:-1]], 1),
        "another last word": other,
    }
    guess = _guesses(network, inputs)
    figures = {"accuracy": float((guess == targets).mean())}
    for name, changed in disturbed.items():
        anew = _guesses(network, np.ascontiguousarray(changed))
        figures[f"{name}: accuracy"] = float((anew == targets).mean())
        figures[f"{name}: same guess"] = float((anew == guess).mean())
    return figures


def _guesses(network: Any, inputs: NDArray[np.int32]) -> NDArray[Any]:
    return np.asarray(network.predict(inputs, batch_size=1024, verbose=0)).argmax(-1)


def retrain(
    data: Data, every: Windows, folder: Path, *, epochs: int, seed: int = 0, tell: Callable[[str], None] = print
) -> tuple[Result, Data, Result]:
    """The tutorial's CNN split by piece, with that data; and on the tutorial's own split with order kept at its end."""
    by_piece = Data(data.words, *(every[chosen] for chosen in split_by_piece(every.piece)))
    results = []
    for name, part, ordered in (("by-piece", by_piece, False), ("ordered", data, True)):
        keras.utils.set_random_seed(seed)
        tell(f"{name}:")
        results.append(train(wavenet(len(data.words), ordered=ordered), part, epochs, folder / f"{name}.keras", tell))
    return results[0], by_piece, results[1]


def faults(
    pieces: Sequence[Piece], every: Windows, data: Data, results: dict[str, Result], networks: dict[str, Any],
    folder: Path, *, epochs: int, seed: int = 0, tell: Callable[[str], None] = print,
) -> str:  # fmt: skip
    """One line a fault, as Markdown, with what it costs."""
    alone, by_piece, ordered = retrain(data, every, folder, epochs=epochs, seed=seed, tell=tell)
    random = results["wavenet"]
    wrong, worst = two_vocabularies(every, data.words)
    chord = chords(pieces)
    uneven, together = spacing(pieces)
    lines = [
        f"- windows of one piece on both sides: validation accuracy {random.validation_accuracy:.1%}, loss "
        f"{random.validation_loss:.3f}; whole pieces held out: {alone.validation_accuracy:.1%}, "
        f"{alone.validation_loss:.3f} (the commonest word there: {by_piece.commonest:.1%})",
        f"- two vocabularies: of what is played {wrong:.1%} decodes to another word at the median of {SALTS} starts of "
        f"Python, {worst:.1%} at worst",
        f"- chords without octave: {chord.distinct:,} distinct chords become {chord.tokens:,} words; "
        f"{chord.misplaced:.1%} of the tones of {chord.played:,} chords are written in another octave",
        f"- equal spacing: {uneven:.1%} of steps are no quarter long; {together:.1%} of words sound together with the "
        "one before and are played after it",
    ]
    if len(every) and len(data.validation):
        chosen = np.random.default_rng(seed).permutation(len(data.validation))[:4000]
        part = data.validation[chosen]
        for name, network in networks.items():
            share, begin, length, distinct = loops(network, data, seed)
            lines.append(
                f"- argmax, {name}: {share:.0%} of runs end in a loop; at the median it begins after {begin:.0f} words "
                f"and is {length:.0f} long; {distinct:.1%} of {LENGTH} words are distinct"
            )
        for name, network in networks.items():
            figures = order(network, part.inputs, part.targets, seed)
            lines.append(f"- order, {name}: " + ", ".join(f"{what} {share:.1%}" for what, share in figures.items()))
    lines.append(
        f"- pooling over the whole window: kept in four cells instead, validation accuracy "
        f"{ordered.validation_accuracy:.1%}, loss {ordered.validation_loss:.3f} ({ordered.parameters:,} parameters)"
    )
    return "\n".join(lines)
