"""What the session memory costs and wins: `python -m tests.bench.memory [FOLDER ...] [--files N] [--notes N]`

Without folders: microseconds a note over a long session (flat: the last stretch as fast as the first), what is kept,
and made-up players. With folders of music: bits of pitch a note, network alone and mixed; `--first-weights` prints,
instead, what improv/firstweights.py holds, learned from these folders.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Sequence
from math import log, log2
from pathlib import Path

import numpy as np

from improv import mixing
from improv.clock import now
from improv.contexts import CONTEXTS
from improv.encoding import IOI, PITCH, Order
from improv.firstweights import FIRST_WEIGHTS
from improv.followers import DEGREES
from improv.memory import Memory
from improv.mixing import Mixture
from improv.model import load
from improv.notes import Part
from improv.resources import default_model
from training.corpus import find_music
from training.evaluate import listen
from training.reading import read

#: (pitch, whether it begins a chord, log-probability the network gave it)
Heard = tuple[int, bool, float]


def speed(notes: int) -> None:
    """A player who repeats and varies: phrases of 8 to 24 notes, new, as before, transposed, or nearly as before."""
    rng, memory = random.Random(0), Memory()
    phrases: list[list[int]] = []
    stretch, learning, asking, heard = max(1, notes // 10), 0.0, 0.0, 0
    print(f"{'notes heard':>12} {'learn':>8} {'prior':>8}   microseconds a note; contexts kept")
    while heard < notes:
        phrase = [rng.randrange(36, 90) for _ in range(rng.randrange(8, 24))]
        if phrases and rng.random() < 0.6:
            shift = rng.choice((0, 0, 0, -5, 2, 7))
            phrase = [pitch + shift if rng.random() < 0.95 else rng.randrange(36, 90) for pitch in rng.choice(phrases)]
        phrases = [*phrases[-50:], [min(max(pitch, 21), 108) for pitch in phrase]]
        for pitch in phrases[-1]:
            began = now()
            memory.prior(memory.predict())
            asked = now()
            memory.learn(pitch, rng.random() < 0.7, -3.0)
            learning, asking, heard = learning + now() - asked, asking + asked - began, heard + 1
            if heard % stretch == 0:
                print(f"{heard:>12,} {learning / stretch * 1e6:8.1f} {asking / stretch * 1e6:8.1f}   {len(memory):,}")
                learning = asking = 0.0


def made_up() -> None:
    """Players who only do one thing, beside a network that knows no more than the range (88 keys)."""
    rng = random.Random(0)
    riff = [(48,), (60, 64, 67), (55,), (60, 64, 67), (50,), (60, 65, 69), (57,), (60, 65, 69), (72,), (71,)]
    players: dict[str, Iterable[tuple[int, ...]]] = {
        "random notes": [(rng.randrange(21, 109),) for _ in range(600)],
        "a riff": riff * 40,
        "a riff, a chord in five broken up": [part for chord in riff * 40 for part in broken(chord, 0.2, rng)],
        "a riff, every chord broken up": [part for chord in riff * 40 for part in broken(chord, 1.0, rng)],
        "a sequence, a step higher each time": [(40 + s % 12 + p,) for s in range(60) for p in (0, 4, 7, 12, 9, 7, 4)],
        "a phrase in a new key each time": [
            (rng_key + p,) for rng_key in rng.choices(range(36, 72), k=60) for p in (0, 3, 5, 6, 5, 3, 10, 7)
        ],
    }
    print(f"\n{'player':40} {'alone':>7} {'mixed':>7}  bits of pitch a note")
    for name, chords in players.items():
        notes = [(pitch, index == 0, -log(88)) for chord in chords for index, pitch in enumerate(sorted(chord))]
        print(f"{name:40} {log2(88):7.3f} {bits(notes):7.3f}")


def broken(chord: tuple[int, ...], chance: float, rng: random.Random) -> list[tuple[int, ...]]:
    """A chord, or with this chance its notes one by one in any order."""
    return [(pitch,) for pitch in rng.sample(chord, len(chord))] if rng.random() < chance else [chord]


def bits(notes: Sequence[Heard]) -> float:
    """Bits of pitch a note, after the first."""
    memory = Memory()
    costs = [-log2(memory.learn(*note) or 1.0) for note in notes]
    return sum(costs[1:]) / max(1, len(costs) - 1)


def heard_by_network(folder: Path, files: int) -> list[list[Heard]]:
    """What the default model expected of at most `files` files, evenly picked."""
    model = load(default_model())
    found = [path for path, _ in find_music([folder])]
    pieces = []
    for path in found[:: max(1, len(found) // files)][:files]:
        notes = read(path).notes
        notes["part"] = Part.UNSPLIT
        rows = model.encoding.encode(notes, Order.ASCENDING)
        expected = listen(model, rows)[0][:, PITCH]
        begins = (rows[:, IOI] > 0).tolist()
        pieces.append(list(zip(rows[:, PITCH].tolist(), begins, expected.tolist(), strict=True)))
    return pieces


def on_music(folder: Path, files: int) -> None:
    """Bits on one folder, and how far from the network alone single files lie."""
    pieces = heard_by_network(folder, files)
    alone = [-sum(n for _, _, n in piece[1:]) / log(2) / (len(piece) - 1) for piece in pieces]
    sizes = np.array([len(piece) - 1 for piece in pieces])
    print(f"\n{folder}: {len(pieces)} files, {sizes.sum():,} notes; alone {np.average(alone, weights=sizes):.3f}")
    mixed = [bits(piece) for piece in pieces]
    least = min(a - b for a, b in zip(alone, mixed, strict=True))
    print(f"  with memory {np.average(mixed, weights=sizes):.3f}; least won in a file {least:+.3f}")


def learn_first_weights(pieces: list[list[Heard]], rounds: int = 4) -> None:
    """Let one mixture's weights follow over all pieces, the network as it is and as one that knew the music better."""
    rng = random.Random(0)
    every = range(len(FIRST_WEIGHTS))
    mixture = Mixture([0.3 for _ in every])
    mixing.RATE = 0.05
    lessons = [(piece, share) for piece in pieces for share in (1.0, 0.75)]
    for _ in range(rounds):
        rng.shuffle(lessons)
        for piece, share in lessons:
            mixture = Mixture(mixture.weights(every))
            memory = Memory(mixture=mixture)
            for pitch, begins, network in piece[:2500]:
                memory.learn(pitch, begins, network * share)
    weights = mixture.weights(every)
    for index, name in enumerate(CONTEXTS):
        row = ", ".join(f"{weight:.2g}" for weight in weights[index * DEGREES : (index + 1) * DEGREES])
        print(f"    *({row}),  # {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--files", type=int, default=12, help="at most so many a folder, evenly picked (default 12)")
    parser.add_argument("--notes", type=int, default=100_000, help="length of the session that is timed")
    parser.add_argument("--first-weights", action="store_true")
    said = parser.parse_args()
    if said.first_weights:
        learn_first_weights([piece for folder in said.folders for piece in heard_by_network(folder, said.files)])
    elif said.folders:
        for folder in said.folders:
            on_music(folder, said.files)
    else:
        speed(said.notes)
        made_up()


if __name__ == "__main__":
    main()
