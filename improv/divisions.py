"""How a beat can be cut: the names of the grids. Apart from what draws on them, for the command line to be quick."""

from __future__ import annotations

#: Parts of a quarter note by a division's name; of two the model chooses, beat by beat.
DIVISIONS = {"auto": (4, 3), "4": (1,), "8": (2,), "8t": (3,), "16": (4,), "16t": (6,), "32": (8,)}
