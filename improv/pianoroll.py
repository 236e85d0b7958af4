"""A small piano roll in text: the player and improv in two colours, and in two shades for who sees none."""

from __future__ import annotations

from collections.abc import Sequence

from improv.notes import Note

#: Shades of player, improv and both at once; and plain letters for a terminal without block characters.
BLOCKS, PLAIN = "▒█▓", "-#*"
CYAN, YELLOW, RESET = "\x1b[36m", "\x1b[33m", "\x1b[0m"
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
#: Columns left of the picture: a pitch's name and a line.
MARGIN = 5
MOST_ROWS = 24


def piano_roll(
    player: Sequence[Note], improv: Sequence[Note], width: int = 80, *, colour: bool = True, plain: bool = False
) -> str:
    """Lines of at most `width` columns: pitch upwards, time to the right, a time axis and a legend below.

    `colour` adds ANSI colours, `plain` keeps to ASCII. Notes still sounding (duration None) end with the last.
    """
    notes = [*player, *improv]
    if not notes:
        return "(no notes)"
    low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
    per_row = -(-(high - low + 1) // MOST_ROWS)
    rows = (high - low) // per_row + 1
    columns = max(width - MARGIN, 10)
    ends = [note.onset + (note.duration or 0.0) for note in notes]
    span = max(max(ends), 1e-3)
    grid = [[0] * columns for _ in range(rows)]
    for voice, of_voice in ((1, player), (2, improv)):
        for note in of_voice:
            end = span if note.duration is None else note.onset + note.duration
            first = min(int(note.onset / span * columns), columns - 1)
            # A column at least, and a column's gap less, so that repeated notes stay apart.
            last = max(first + 1, min(int(end / span * columns), columns))
            for column in range(first, last):
                grid[(note.pitch - low) // per_row][column] |= voice
    glyphs = PLAIN if plain else BLOCKS
    lines = [
        _name(low + row * per_row, per_row) + ("|" if plain else "│") + _line(grid[row], glyphs, colour)
        for row in reversed(range(rows))
    ]
    return "\n".join([*lines, _axis(span, columns), _legend(glyphs, colour)])


def _line(cells: Sequence[int], glyphs: str, colour: bool) -> str:
    text, before = "", 0
    for cell in cells:
        if colour and cell != before:
            text += (RESET, CYAN, YELLOW, YELLOW)[cell]
        text += (" " + glyphs)[cell]
        before = cell
    return text + (RESET if colour and before else "") if colour else text.rstrip()


def _name(pitch: int, per_row: int) -> str:
    """The name of the C in this row, or nothing."""
    to_c = -pitch % 12
    return (f"C{(pitch + to_c) // 12 - 1}" if to_c < per_row else "").rjust(MARGIN - 1)


def _axis(span: float, columns: int) -> str:
    """Seconds below the columns, as often as they have room."""
    step = next(step for step in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 10**9) if step * columns / span >= 8)
    axis = [" "] * (columns + MARGIN)
    for second in range(0, int(span) + 1, step):
        label = f"{second} s" if second == 0 else str(second)
        begin = MARGIN + int(second / span * columns)
        if begin + len(label) <= len(axis):
            axis[begin : begin + len(label)] = label
    return "".join(axis).rstrip()


def _legend(glyphs: str, colour: bool) -> str:
    player, improv = glyphs[0] * 2, glyphs[1] * 2
    if colour:
        player, improv = CYAN + player + RESET, YELLOW + improv + RESET
    return " " * MARGIN + f"{player} player   {improv} improv"
