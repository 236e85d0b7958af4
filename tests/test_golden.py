"""One short scene for each mode that plays by itself or along, note for note: what was played, and what came back.

The model is a table that knows one thing to do in each place, so what is written here is the mode's doing: when it
comes in, with whom it strikes, where it stops and what rings. (Answers and trading: test_answer.py, test_trading.py.)
"""

from __future__ import annotations

import pytest

from improv.encoding import DURATION, IOI, PART, PITCH, VELOCITY, Encoding, Rows
from improv.events import Gesture, Heard, Move
from improv.listener import notes_in
from improv.notes import Part
from improv.step import Controls, Floats, Step
from tests.score import Line, perform, played, together
from tests.table_model import TableModel

ENCODING = Encoding()
QUARTER = ENCODING.ioi_bin(0.25)
PHRASE = [[index / 4, pitch, 0.1875] for index, pitch in enumerate((72, 74, 76, 77, 79, 77))]


class Sure(TableModel):
    """Every quarter of a second one note, an eighth long: G3, or with the lead in turn the one that joins it."""

    def __init__(self) -> None:
        super().__init__(
            {
                PART: {part: 1.0 for part in Part},
                IOI: {QUARTER: 1e9},
                PITCH: {55: 1e9},
                VELOCITY: {ENCODING.velocity_bin(64): 1e9},
                DURATION: {ENCODING.duration_bin(0.125): 1e9},
            }
        )

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        lead, two = int(rows[0, -1, PART]) == Part.LEAD, len(how.u) > 1
        self.tables[PART] = {Part.ACCOMPANIMENT if lead else Part.LEAD: 1e9} if two else {part: 1.0 for part in Part}
        self.tables[IOI] = {0 if lead and two else QUARTER: 1e9}
        return super().step(rows, dials, state, how)


def heard(mode: str) -> list[Line]:
    """What improv plays in the scene of this mode, as the player's lines are written: onset, pitch, duration."""
    scenes: dict[str, list[Heard]] = {
        "accompany": [*played(*PHRASE)],
        "continue": together(played(*PHRASE, [2.6, 60, 0.25]), [Gesture(3.2, Move.FINISH)]),
        "harmonize": [*played([0.0, 72, 0.5], [0.5, 74, 0.25], [1.0, 72, 1.0], [1.5, 55, 0.25])],
        "solo": together([Gesture(1.2, Move.FINISH)], played([0.6, 64, 0.25])),
    }
    said = notes_in(perform(scenes[mode], Sure(), mode=mode, memory="off", voices=1).improv)
    return [[round(note.onset, 3), note.pitch, round(note.duration or 0.0, 3)] for note in said]


SCORES: dict[str, list[Line]] = {
    # after three notes it strikes with each of the player's; it ends within two seconds of the last, and rings
    "accompany": [
        [0.5, 55, 0.125],
        [0.75, 55, 0.125],
        [1.0, 55, 0.125],
        [1.25, 55, 0.125],
        [1.501, 55, 0.125],
        [1.752, 55, 0.125],
        [2.002, 55, 0.125],
        [2.253, 55, 0.125],
        [2.503, 55, 0.125],
        [2.754, 55, 2.5],
    ],
    # from when the player is later than a quarter, until they are back; then anew, until it is to finish
    "continue": [
        [1.555, 55, 0.125],
        [1.804, 55, 0.125],
        [2.054, 55, 0.125],
        [2.303, 55, 0.125],
        [2.552, 55, 0.125],
        [2.927, 55, 0.125],
        [3.176, 55, 0.125],
        [3.425, 55, 2.5],
    ],
    # with the first note; not anew under a passing one; on a key that the player strikes it gives way
    "harmonize": [[0.0, 55, 0.75], [1.0, 55, 0.5]],
    # from silence, on from a note of the player's, and to its end within two seconds
    "solo": [[0.249, 55, 0.125], [0.498, 55, 0.125], [0.849, 55, 0.125], [1.098, 55, 0.125], [1.348, 55, 2.5]],
}


@pytest.mark.parametrize("mode", SCORES)
def test_the_scene_of_a_mode(mode: str) -> None:
    assert heard(mode) == SCORES[mode]
