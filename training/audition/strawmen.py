"""Straw men: passages that no listener would take for a continuation. A measure that prefers one is no measure.

shuffled        the human continuation, its pitches dealt out anew: the rhythm stays, every order of pitches is gone
time-shifted    the human continuation, each note begun up to SHIFT seconds earlier or later, on its own
in key          another piece, transposed to the prompt's key: music, but a continuation of something else
echo            the end of the prompt once more, to the letter, over and over if more is asked for
unigram         notes drawn one by one from the prompt's: each field by itself, without any order
"""

from __future__ import annotations

import numpy as np

from training.audition.keys import key_of
from training.audition.passages import Notes, in_order, moved
from training.audition.prompts import Prompt

#: Seconds by which a note may be moved: about an eighth note.
SHIFT = 0.3


def shuffled(notes: Notes, rng: np.random.Generator) -> Notes:
    """The same onsets; pitch, velocity and duration of each note go together to another place."""
    dealt = notes[rng.permutation(len(notes))]
    dealt["onset"] = notes["onset"]
    return in_order(dealt)


def time_shifted(notes: Notes, rng: np.random.Generator) -> Notes:
    """Every note moved by its own seconds, at most SHIFT."""
    late = notes.copy()
    late["onset"] = np.maximum(late["onset"] + rng.uniform(-SHIFT, SHIFT, len(notes)), notes["onset"][:1])
    return in_order(late)


def transposed(notes: Notes, semitones: int) -> Notes:
    """The same so many semitones higher; what would leave the keyboard moves back by octaves."""
    pitch = notes["pitch"].astype(int) + semitones
    pitch = np.where(pitch > 127, pitch - 12, np.where(pitch < 0, pitch + 12, pitch))
    higher = notes.copy()
    higher["pitch"] = pitch
    return in_order(higher)


def in_key(notes: Notes, prompt: Prompt) -> Notes:
    """A passage moved the nearest way to the tonic of the prompt's key."""
    away = (prompt.key.tonic - key_of(notes).tonic + 6) % 12 - 6
    return transposed(notes, away)


def echo(prompt: Prompt, until: float) -> Notes:
    """What is shown of the prompt again from the cut on, over and over until `until` (seconds)."""
    times = int(np.ceil((until - prompt.cut) / prompt.seconds))
    copies = np.concatenate([moved(prompt.shown, prompt.seconds * (time + 1)) for time in range(times)])
    return copies[copies["onset"] < until]


def unigram(prompt: Prompt, until: float, rng: np.random.Generator) -> Notes:
    """Notes whose waits, pitches, velocities and durations are drawn each by itself from the prompt's."""
    shown = prompt.shown
    gaps = np.diff(shown["onset"])
    count = 64 + int(3 * len(shown) * (until - prompt.cut) / prompt.seconds)
    drawn = np.zeros(count, shown.dtype)
    drawn["onset"] = prompt.cut + np.cumsum(rng.choice(gaps, count))
    for field in ("pitch", "velocity", "duration", "part"):
        drawn[field] = rng.choice(shown[field], count)
    return in_order(drawn[drawn["onset"] < until])


def straw_men(prompt: Prompt, human: Notes, other: Notes, until: float, seed: int) -> dict[str, Notes]:
    """All of them from `prompt.cut` to `until`, made of the `human` notes that follow and of an `other` piece's."""
    rng = np.random.default_rng(seed)
    return {
        "shuffled": shuffled(human, rng),
        "time-shifted": time_shifted(human, rng),
        "in key": in_key(other, prompt),
        "echo": echo(prompt, until),
        "unigram": unigram(prompt, until, rng),
    }


STRAW_MEN = ("shuffled", "time-shifted", "in key", "echo", "unigram")
