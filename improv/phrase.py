"""The short phrase that improv brings along, for a jam without a file: a call, a pause for the answer, another call."""

from __future__ import annotations

from improv.events import Event, NoteOff, NoteOn

BEAT = 0.625  # seconds: 96 beats a minute
#: Beat, pitch, length in beats, velocity.
FIRST = (
    (0.0, 50, 1.9, 56), (0.0, 65, 0.7, 74), (0.75, 69, 0.25, 62), (1.0, 72, 0.9, 80), (1.5, 57, 0.5, 50),
    (2.0, 53, 1.9, 55), (2.0, 70, 0.45, 76), (2.5, 69, 0.45, 68), (3.0, 65, 0.45, 70), (3.5, 67, 0.45, 66),
    (4.0, 48, 1.4, 56), (4.0, 64, 0.7, 76), (4.75, 67, 0.25, 62), (5.0, 69, 0.45, 72), (5.5, 62, 0.45, 64),
    (6.0, 50, 1.6, 52), (6.0, 57, 1.6, 50), (6.0, 62, 1.6, 66),
)  # fmt: skip
SECOND = (
    (0.0, 46, 1.9, 58), (0.0, 62, 0.45, 76), (0.5, 65, 0.45, 70), (1.0, 70, 0.9, 84), (1.5, 58, 0.5, 52),
    (2.0, 48, 1.9, 58), (2.0, 72, 0.7, 86), (2.75, 74, 0.25, 74), (3.0, 72, 0.45, 80), (3.5, 67, 0.45, 70),
    (4.0, 53, 1.4, 60), (4.0, 69, 0.95, 82), (5.0, 67, 0.3, 70), (5.33, 65, 0.3, 68), (5.67, 64, 0.3, 66),
    (6.0, 50, 1.6, 54), (6.0, 60, 1.6, 54), (6.0, 65, 1.6, 70),
)  # fmt: skip
#: When the second call begins, in beats: the answer to the first has time to end.
SECOND_BEGINS = 20.0


def events() -> list[Event]:
    """The phrase as a keyboard would send it, in order of moments (seconds from the start), on channel 0."""
    said: list[Event] = []
    for begins, call in ((0.0, FIRST), (SECOND_BEGINS, SECOND)):
        for beat, pitch, beats, velocity in call:
            said.append(NoteOn((begins + beat) * BEAT, 0, pitch, velocity))
            said.append(NoteOff((begins + beat + beats) * BEAT, 0, pitch))
    return sorted(said, key=lambda event: (event.at, isinstance(event, NoteOn)))
