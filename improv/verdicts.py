"""What the model will think of what is planned if a key goes down, asked before it does.

1. While something is planned that a key of the player's would concern (improv.foresight), the model judges it for each
   key about the player's last one, the nearest first: as if that key were struck now, as hard as that one was.
2. A turn is one slice: a run of the model for one key, or what is decided around it. So a key that goes down waits no
   longer than that. What has sounded and was not read yet is read once for all keys.
3. A verdict holds until the player strikes the next chord: where the plan moves on meanwhile, and until it is judged
   anew. The keys of a chord are judged one by one, and the harshest counts; what is not known of when a later one of
   them comes has been planned since the first, and is drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from math import inf

from improv.casting import Cast
from improv.draft import Draft
from improv.nextkeys import nearest
from improv.notes import GROUP_SPAN, Note
from improv.questions import Abreast, Asking
from improv.stage import Stage

#: Semitones from the player's last key to the farthest that is thought of.
FARTHEST = 12

#: A planned note, and whether it is to strike with the player's instead.
Placed = tuple[Note, bool]
Opinions = dict[Placed, float]


def placed(here: Mapping[Note, Note]) -> dict[Note, Placed]:
    """By what becomes of them, in the order in which they are judged, what was planned."""
    order = sorted(here, key=lambda note: (note.onset, note.pitch))
    return {note: (here[note], here[note] is not note) for note in order}


class Verdicts:
    """On a stage, for a cast of two parts; `draft` gives one that goes on from all that was heard, to be followed by a
    note. What is planned is handed in by what becomes of it (`here`)."""

    def __init__(self, stage: Stage, cast: Cast, draft: Callable[[], Draft]) -> None:
        self._stage, self._cast, self._draft = stage, cast, draft
        self._heard = 0  # notes of the player's, when it was last begun
        self._basis: Hashable = None
        self._unread: Draft | None = None  # that has to read what has sounded first
        self._thinking: Abreast[tuple[int, Opinions]] = Abreast()
        self._found: dict[int, Opinions] = {}

    def think(self, here: Mapping[Note, Note], now: float) -> None:
        """One slice of judging for the next keys."""
        if self._basis != self._basis_of(here):
            self._begin(here, now)
        elif self._unread is not None:
            self._unread.catch_up(left=0, many=0)
            self._unread = None
        else:
            self._found.update(self._thinking.go_on(self._stage.model))

    def waits(self, here: Mapping[Note, Note]) -> bool:
        """Whether there are keys to think of: who has played nothing yet plays anything next."""
        return bool(here and self._stage.ears.recent) and not (
            self._basis == self._basis_of(here) and self._thinking.over
        )

    def take(self, struck: Sequence[Note], here: Mapping[Note, Note]) -> dict[Note, float] | None:
        """What the model thinks of the pitches of `here`, now that the last notes that were heard have been `struck`:
        the logarithms of their probabilities. None where that is not known of all."""
        recent = [*self._stage.ears.recent]
        since, before = recent[-max(1, self._stage.ears.heard - self._heard) :], recent[: -len(struck)]
        holds = since[-1].onset - since[0].onset <= GROUP_SPAN
        joins = bool(before) and struck[0].onset - before[-1].onset <= GROUP_SPAN
        found = [self._found.get(note.pitch, {}) if holds else {} for note in struck]
        opinions = {note: [one.get(place) for one in found] for note, place in placed(here).items()}
        if not joins and any(None in each for each in opinions.values()):
            return None
        return {note: min(-inf if one is None else one for one in each) for note, each in opinions.items()}

    def _begin(self, here: Mapping[Note, Note], now: float) -> None:
        ears = self._stage.ears
        if ears.heard != self._heard:
            self._found = {}
        self._heard, self._basis = ears.heard, self._basis_of(here)
        draft, last = self._draft(), ears.recent[-1]
        self._unread = draft
        keys = nearest(last.pitch, FARTHEST)
        notes = [Note(now, key, last.velocity, part=self._cast.player) for key in keys]
        self._thinking = Abreast(self._judging(draft, note, here) for note in notes)

    def _judging(self, draft: Draft, key: Note, here: Mapping[Note, Note]) -> Asking[tuple[int, Opinions]]:
        judged = placed(here)
        _, *opinions = yield from draft.opining([key, *judged])
        return key.pitch, dict(zip(judged.values(), opinions, strict=True))

    def _basis_of(self, here: Mapping[Note, Note]) -> Hashable:
        return self._stage.ears.heard, self._stage.panel.settings, tuple(placed(here).values())
