"""How many notes sound at once: where there would be more, the oldest makes way, as on a synthesizer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from improv.notes import Note

#: When notes have to end, absolute seconds.
Ends = dict[Note, float]


def made_way(notes: Iterable[Note], most: int) -> Ends:
    """Of notes with durations, those that must end sooner so that no more than `most` sound at once, and when.

    A note ends where its own pitch begins again. What must end where it begins is not to begin.
    """
    ends: Ends = {}
    sounding: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.onset, note.pitch)):
        sounding = [one for one in sounding if (one.release or 0.0) > note.onset]
        ends |= {one: note.onset for one in sounding if one.pitch == note.pitch}
        sounding = [one for one in sounding if one.pitch != note.pitch]
        while len(sounding) >= most:
            ends[sounding.pop(0)] = note.onset
        sounding.append(note)
    return ends


def shortened(note: Note, ends: Ends) -> Note:
    """The note as it is to sound, with no duration at all if it is not to begin."""
    return note if note not in ends else replace(note, duration=max(0.0, ends[note] - note.onset))
