import re

from improv.notes import Note
from improv.pianoroll import piano_roll

PLAYER = [Note(0.0, 60, 64, 1.0), Note(1.0, 62, 64, 1.0)]
IMPROV = [Note(2.0, 64, 64, 2.0)]


def test_it_reads_as_a_picture():
    assert piano_roll(PLAYER, IMPROV, width=45, colour=False, plain=True).splitlines() == [
        "    |                    ####################",
        "    |",
        "    |          ----------",
        "    |",
        "  C4|----------",
        "     0 s       1         2         3",
        "     -- player   ## improv",
    ]


def test_both_at_once_is_seen():
    assert "*" in piano_roll([Note(0.0, 60, 64, 1.0)], [Note(0.5, 60, 64, 1.0)], 40, colour=False, plain=True)


def test_colours_add_nothing_but_escapes():
    plain = piano_roll(PLAYER, IMPROV, 60, colour=False)
    coloured = piano_roll(PLAYER, IMPROV, 60, colour=True)
    stripped = [line.rstrip() for line in re.sub("\x1b\\[[0-9]+m", "", coloured).splitlines()]
    assert stripped == plain.splitlines()
    assert "\x1b[36m" in coloured and "\x1b[33m" in coloured


def test_it_keeps_to_the_width_and_to_a_screen():
    notes = [Note(index / 2, index, 64, None if index == 127 else 0.25) for index in range(128)]
    for width in (20, 80, 200):
        lines = piano_roll(notes, [], width, colour=False).splitlines()
        assert len(lines) <= 26
        assert max(map(len, lines)) <= width or width < 30


def test_no_notes_is_said():
    assert piano_roll([], []) == "(no notes)"
