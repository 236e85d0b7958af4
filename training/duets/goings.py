"""Going on alone: what improv plays where it takes over from a player, or solos on from a prompt, beside how the same
hands went on.

Of each piece a stretch is heard, and the next one is the human's going on. The straw men of `duets.py` stand beside
both, with what was heard in the player's place: `octave down` and `echo` are what was heard once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from improv.events import Heard, Prompt
from improv.plan import PlannedNote
from improv.settings import Settings
from improv.step import StepModel
from training.audition.continuations import events_of
from training.audition.keys import key_of, pitch_classes
from training.audition.passages import Notes, between, moved, releases
from training.audition.prompts import Held
from training.duets.duets import HUMAN, LEAST_NOTES, Duet, straw_men
from training.duets.measures import figures
from training.duets.run import MACHINE, Found, loaded, played_to

#: Seconds that are heard, and seconds that follow; into the piece by so many.
HEARD, FOLLOWS, INTO = 20.0, 20.0, 10.0
#: What is the same as between two who play together, and what is of one who goes on from what was heard.
ALONE = (
    *("harmonies a minute", "semitones a voice", "tones kept", "in the player's range", "pulse", "chords a second"),
    *("notes a second", "louder by"),
)
GOING = ("first wait", "in the key", "like what was heard", *ALONE)


def stretches(pieces: Sequence[Held]) -> list[Duet]:
    """A stretch of each piece that is long enough: the `player` is what was heard, with its last onset at 0 s; the
    `partner` is what the same hands played then."""
    found = []
    for piece in pieces:
        begin = float(piece.notes["onset"][0]) + INTO
        heard = between(piece.notes, begin, begin + HEARD)
        follows = between(piece.notes, begin + HEARD, begin + HEARD + FOLLOWS)
        if min(len(heard), len(follows)) >= LEAST_NOTES:
            last = float(heard["onset"][-1])
            found.append(Duet(piece.name, moved(heard, -last), moved(follows, -last)))
    return found


def gone_on(
    model: Path,
    asked: Sequence[Duet],
    settings: Settings,
    seed: int = 0,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Found:
    """The figures (GOING) of human, machine and straw men on each stretch, by the mode of the settings. Raises
    UserError if the model cannot be read."""
    loaded(model)
    by_player: Found = {HUMAN: [], MACHINE: []}
    jobs = [(model, stretch.player, settings, seed + index) for index, stretch in enumerate(asked)]
    with ProcessPoolExecutor(workers) as pool:
        for index, notes in enumerate(pool.map(_play, *zip(*jobs, strict=True))):
            stretch, other = asked[index], asked[(index + 1) % len(asked)]
            again = Duet(stretch.name, _again(stretch.player), stretch.partner)
            lent = Duet(other.name, _again(other.player), other.partner)
            players = {HUMAN: stretch.partner, MACHINE: notes, **straw_men(again, lent, seed + index)}
            for name, played in players.items():
                by_player.setdefault(name, []).append(went_on(again.player, played))
            progress(index + 1, len(asked))
    return by_player


def went_on(heard: Notes, played: Notes) -> dict[str, float]:
    """The figures (GOING) of who plays on, from 0 s, what was `heard` standing beside it as if it came again.

    first wait: seconds from the last onset heard to the first one played. in the key: the share of time in which what
    sounds is in the key of what was heard. like what was heard: the cosine of for how long each pitch class sounds.
    The others are those of `measures.figures`, with what was heard as the player.
    """
    played = between(played, 1e-3, FOLLOWS)
    said = figures(heard, played)
    if not len(played):
        return dict.fromkeys(GOING, np.nan) | {"notes a second": 0.0, "chords a second": 0.0}
    sounds, sounded = pitch_classes(played), pitch_classes(heard)
    lengths = max(float(np.linalg.norm(sounds) * np.linalg.norm(sounded)), 1e-9)
    return {
        "first wait": float(played["onset"][0]),
        "in the key": float(sounds[key_of(heard).scale()].sum() / max(sounds.sum(), 1e-9)),
        "like what was heard": float(sounds @ sounded / lengths),
        **{name: said[name] for name in ALONE},
    }


def _again(heard: Notes) -> Notes:
    """What was heard, as if it began once more at 0 s."""
    return moved(heard, -float(heard["onset"][0]))


def _play(model: Path, heard: Notes, settings: Settings, seed: int) -> Notes:
    return machine(loaded(model), heard, settings, seed)


def machine(model: StepModel, heard: Notes, settings: Settings, seed: int) -> Notes:
    """What improv plays after `heard`, with the last onset of that at 0 s."""
    again = _again(heard)
    last = float(again["onset"][-1])
    events: list[Heard] = [*events_of(again)]
    if settings.mode == "solo":
        ends = float(releases(again).max())
        notes = tuple(
            PlannedNote(float(onset), int(pitch), int(velocity), float(duration), 0)
            for onset, pitch, velocity, duration, _ in again.tolist()
        )
        events, last = [Prompt(0.0, notes)], last - ends
    return moved(between(played_to(events, model, settings, seed), last, np.inf), -last)
