"""How often the beat that is offered in free time is one: songs with a tempo map, held out.

    python -m tests.bench.beats CORPUS.npz FOLDER [--seconds N]

CORPUS is an ingested corpus, of whose test split those songs are taken that lie in FOLDER and whose tempo map gives
beats (POP909). Eight times a song, once twenty notes were heard, the next beat is asked for 0.4 s after an onset, as
where an answer begins. The map's own beats may lie off the music by a constant: they are moved to where most onsets
are. Right is within 70 ms; a table by how sure it was, of the melody alone and of all that is played.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from improv.beatfinder import SURE, BeatFinder
from improv.notes import GROUP_SPAN
from training.corpus import Corpus

WITHIN, ASKED_AFTER, ASKED, HEARD = 0.07, 0.4, 8, 20
BOUNDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)
Values = NDArray[np.float64]


class Song:
    """A song's onsets in seconds, its melody's, and its beats."""

    def __init__(self, path: Path) -> None:
        file = mido.MidiFile(path)
        ticks, seconds, periods = [0.0], [0.0], [0.5]
        at = 0
        for message in file.tracks[0]:
            at += message.time
            if message.type == "set_tempo":
                seconds.append(seconds[-1] + (at - ticks[-1]) / file.ticks_per_beat * periods[-1])
                ticks.append(float(at))
                periods.append(message.tempo / 1e6)
        last = 1e7
        self._beats = np.array([*ticks, last]) / file.ticks_per_beat
        self._seconds = np.array([*seconds, seconds[-1] + (last - ticks[-1]) / file.ticks_per_beat * periods[-1]])
        found = []
        for track in file.tracks:
            at = 0
            for message in track:
                at += message.time
                if message.type == "note_on" and message.velocity:
                    found.append((at / file.ticks_per_beat, track.name == "MELODY"))
        found.sort()
        beats = np.array([beat for beat, _ in found])
        self.onsets = np.interp(beats, self._beats, self._seconds)
        self.melody = self.onsets[[melody for _, melody in found]]
        near = [np.sum(np.abs((beats - place / 48 + 0.5) % 1 - 0.5) < 1 / 40) for place in range(48)]
        self._off = int(np.argmax(near)) / 48

    def beat(self, seconds: float) -> float:
        """The beat at a moment."""
        return float(np.interp(seconds, self._seconds, self._beats)) - self._off


def asked(song: Song, onsets: Values, rng: np.random.Generator) -> list[tuple[float, float, float, float]]:
    """How sure it was, seconds from the nearest beat and half beat, and a beat's length, each time it was asked."""
    finder, found = BeatFinder(), []
    groups = np.flatnonzero(np.diff(onsets, append=np.inf) > GROUP_SPAN)
    late = groups[groups > HEARD]
    chosen = set(rng.choice(late, min(ASKED, len(late)), replace=False).tolist())
    for index, onset in enumerate(onsets.tolist()):
        finder.hear(onset)
        offer = finder.next_beat(onset + ASKED_AFTER) if index in chosen else None
        if offer is not None:
            period = 1.0 / (song.beat(offer[0] + 0.5) - song.beat(offer[0] - 0.5))
            beat = song.beat(offer[0])
            halves = abs(2 * beat - round(2 * beat)) / 2
            found.append((offer[1], abs(beat - round(beat)) * period, halves * period, period))
    return found


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=90.0, help="of each song, from its first note; default 90")
    options = parser.parse_args()
    corpus = Corpus.load(options.corpus)
    held_out = [options.folder / Path(str(corpus.names[index])).name for index in corpus.pieces("test")]
    songs = [Song(path) for path in held_out if path.is_file()]
    print(f"{len(songs)} songs; entering when surer than {SURE}")
    for name in ("melody", "all"):
        rng, rows = np.random.default_rng(0), []
        for song in songs:
            onsets = song.melody if name == "melody" else song.onsets
            rows += asked(song, onsets[onsets < onsets[0] + options.seconds], rng)
        table(name, np.array(rows))


def table(name: str, rows: Values) -> None:
    """Print what of the moments offered was right, by how sure it was, beside chance."""
    print(f"{name}: {len(rows)} times asked; sure, share of times, on a beat (chance), on a beat or its half (chance)")
    for low, high in (*pairwise(BOUNDS), (SURE, 1.01)):
        of = rows[(rows[:, 0] >= low) & (rows[:, 0] < high)]
        if len(of):
            right = [np.mean(of[:, column] < WITHIN) for column in (1, 2)]
            chance = [np.mean(np.minimum(2 * WITHIN * parts / of[:, 3], 1.0)) for parts in (1, 2)]
            print(
                f"  {low:.1f} to {min(high, 1.0):.1f}  {len(of) / len(rows):.2f}   "
                f"{right[0]:.2f} ({chance[0]:.2f})   {right[1]:.2f} ({chance[1]:.2f})"
            )


if __name__ == "__main__":
    main()
