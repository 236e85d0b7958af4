"""What the session memory costs and wins: `python -m tests.bench.memory [FOLDER ...] [--files N] [--notes N]`

Without folders: microseconds a note over a long session (flat: the last stretch as fast as the first), what is kept,
and made-up players. With folders of music: bits a note of each field, network alone and mixed; `--first-weights FIELD`
prints, instead, the first weights of that field's memory, learned from these folders.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log, log2
from pathlib import Path

import numpy as np

from improv import mixing
from improv.clock import now
from improv.contexts import CONTEXTS
from improv.encoding import DURATION, IOI, PITCH, VELOCITY, Order, arrange
from improv.firstweights import FIRST_WEIGHTS
from improv.followers import DEGREES
from improv.memory import Memory
from improv.mixing import Mixture
from improv.model import load
from improv.notes import Part
from improv.resources import default_model
from improv.rhythm import FIRST_WEIGHTS as RHYTHM_WEIGHTS
from improv.rhythm import RHYTHMS, Rhythm
from improv.touch import DURATIONS, VELOCITIES, Touch, stroke
from improv.touchweights import DURATION_WEIGHTS, VELOCITY_WEIGHTS
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


@dataclass(frozen=True, slots=True)
class Field:
    """One field's memory: its contexts, its weights, and how, from a mixture, one is made that hears a row (7,) and the
    network's log-probabilities of its fields (5,), and gives the mixture's probability."""

    contexts: Sequence[str]
    weights: Sequence[float]
    make: Callable[[Mixture], Callable[[list[int], list[float]], float | None]]


def _pitch(mixture: Mixture) -> Callable[[list[int], list[float]], float | None]:
    memory = Memory(mixture=mixture)
    return lambda row, network: memory.learn(row[PITCH], row[IOI] > 0, network[PITCH])


def _ioi(mixture: Mixture) -> Callable[[list[int], list[float]], float | None]:
    rhythm = Rhythm(mixture=mixture)
    return lambda row, network: rhythm.learn(row[PITCH], row[IOI], network[IOI])


def _velocity(mixture: Mixture) -> Callable[[list[int], list[float]], float | None]:
    touch = Touch(mixtures=(mixture, Mixture(DURATION_WEIGHTS)))
    return lambda row, network: touch.learn(stroke(row), (network[VELOCITY], network[DURATION]))[0]


def _duration(mixture: Mixture) -> Callable[[list[int], list[float]], float | None]:
    touch = Touch(mixtures=(Mixture(VELOCITY_WEIGHTS), mixture))
    return lambda row, network: touch.learn(stroke(row), (network[VELOCITY], network[DURATION]))[1]


#: Contexts whose symbols are a scale have a second say.
ABOUT = "about: {}".format

FIELD = {
    "pitch": (PITCH, Field(CONTEXTS, FIRST_WEIGHTS, _pitch)),
    "ioi": (IOI, Field(RHYTHMS, RHYTHM_WEIGHTS, _ioi)),
    "velocity": (VELOCITY, Field([*VELOCITIES, *map(ABOUT, VELOCITIES)], VELOCITY_WEIGHTS, _velocity)),
    "duration": (DURATION, Field([*DURATIONS, *map(ABOUT, DURATIONS)], DURATION_WEIGHTS, _duration)),
}

#: Rows (n, 7) as lists, and what the network alone gave each of their fields, (n, 5) in nats.
Piece = tuple[list[list[int]], list[list[float]]]


def heard_by_network(folder: Path, files: int) -> list[Piece]:
    """What the default model expected of at most `files` files, evenly picked."""
    model = load(default_model())
    found = [path for path, _ in find_music([folder])]
    pieces = []
    for path in found[:: max(1, len(found) // files)][:files]:
        notes = read(path).notes
        notes["part"] = Part.UNSPLIT
        rows, heard, _ = listen(model, arrange(notes, Order.ASCENDING))
        pieces.append((rows.tolist(), heard.tolist()))
    return pieces


def on_music(folder: Path, files: int) -> None:
    """Bits on one folder by field, and how far from the network alone single files lie."""
    pieces = heard_by_network(folder, files)
    sizes = [len(rows) - 1 for rows, _ in pieces]
    print(f"\n{folder}: {len(pieces)} files, {sum(sizes):,} notes; bits a note")
    for name, (index, field) in FIELD.items():
        alone, mixed = [], []
        for rows, heard in pieces:
            hear = field.make(Mixture(field.weights))
            costs = [-log2(hear(row, network) or 1.0) for row, network in zip(rows, heard, strict=True)]
            mixed.append(sum(costs[1:]) / len(costs[1:]))
            alone.append(-sum(network[index] for network in heard[1:]) / log(2) / len(costs[1:]))
        least = min(a - b for a, b in zip(alone, mixed, strict=True))
        averages = (np.average(each, weights=sizes) for each in (alone, mixed))
        print(f"  {name:9}{' -> '.join(f'{each:.3f}' for each in averages)}; least won in a file {least:+.3f}")


def learn_first_weights(field: Field, pieces: list[Piece], rounds: int = 4) -> None:
    """Let one mixture's weights follow over all pieces, the network as it is and as one that knew the music better."""
    rng = random.Random(0)
    every = range(len(field.weights))
    mixture = Mixture([0.3 for _ in every])
    mixing.RATE = 0.05
    lessons = [(piece, share) for piece in pieces for share in (1.0, 0.75)]
    for _ in range(rounds):
        rng.shuffle(lessons)
        for (rows, heard), share in lessons:
            mixture = Mixture(mixture.weights(every))
            hear = field.make(mixture)
            for row, network in zip(rows[:2500], heard, strict=False):
                hear(row, [share * value for value in network])
    weights = mixture.weights(every)
    for index, name in enumerate(field.contexts):
        row = ", ".join(f"{weight:.2g}" for weight in weights[index * DEGREES : (index + 1) * DEGREES])
        print(f"    *({row}),  # {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--files", type=int, default=12, help="at most so many a folder, evenly picked (default 12)")
    parser.add_argument("--notes", type=int, default=100_000, help="length of the session that is timed")
    parser.add_argument("--first-weights", choices=[*FIELD], metavar="FIELD")
    said = parser.parse_args()
    if said.first_weights:
        pieces = [piece for folder in said.folders for piece in heard_by_network(folder, said.files)]
        learn_first_weights(FIELD[said.first_weights][1], pieces)
    elif said.folders:
        for folder in said.folders:
            on_music(folder, said.files)
    else:
        speed(said.notes)
        made_up()


if __name__ == "__main__":
    main()
