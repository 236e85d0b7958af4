"""What goes through the pipe comes out as it went in, and what is said with every note is short."""

from __future__ import annotations

import pickle

import pytest

from improv.plan import Cancel, Drop, PlannedNote, Play, Release, Silence
from improv.ports.packing import packed, unpacked
from improv.ports.reports import Dropped, Heard, Lost, Sent

HEARD, SENT = Heard(1.25, 0, b"\x90\x3c\x40"), Sent(2.5, 0.001, 60, 64, 1)
PLAY = Play((PlannedNote(1.0, 60, 64, 0.5, 1), PlannedNote(1.5, 62, 64, 0.5, 1)))
REST = [
    (Dropped(1.0, 60, 64, 1),),
    (HEARD, Dropped(1.0, 60, 64, 1)),
    Cancel(1.0),
    Silence(),
    Lost("gone"),
    "?",
    {"a": 1},
]


DROP, RELEASE = Drop(PLAY.notes), Release(PLAY.notes, 2.5)


@pytest.mark.parametrize(
    "value", [(HEARD,), (SENT, HEARD), PLAY, Play(()), DROP, RELEASE, Release((), 1.0), (), *REST], ids=repr
)
def test_a_value_comes_out_as_it_went_in(value: object) -> None:
    assert unpacked(packed(value)) == value


def test_a_note_takes_two_thirds_of_the_bytes_of_a_pickle_at_most() -> None:
    for value in ((HEARD,), (SENT,), PLAY, DROP, RELEASE):
        assert len(packed(value)) <= len(pickle.dumps(value)) * 2 / 3


def test_who_knows_no_more_than_pickles_understands_all_else() -> None:
    for value in REST:
        assert pickle.loads(packed(value)) == value
