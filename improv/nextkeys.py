"""Which keys may be next: those about the last one, the nearest first. Pure."""

from __future__ import annotations


def nearest(last: int, farthest: int) -> list[int]:
    """The pitches (0-127) up to so many semitones from the `last` one, itself first: a key is often struck again."""
    keys = range(max(0, last - farthest), min(127, last + farthest) + 1)
    return sorted(keys, key=lambda key: abs(key - last))
