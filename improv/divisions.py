"""What a beat can be: how fast, and how cut. Apart from what plays on it, for the command line to be quick."""

from __future__ import annotations

#: Parts of a quarter note by a division's name; of two the model chooses, beat by beat.
DIVISIONS = {"auto": (4, 3), "4": (1,), "8": (2,), "8t": (3,), "16": (4,), "16t": (6,), "32": (8,)}
#: Tempos that improv can lead in, in quarter notes a minute.
SLOWEST, FASTEST = 20.0, 400.0
