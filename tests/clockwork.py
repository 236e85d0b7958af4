"""A host's MIDI clock for tests, as the events it sends; beats are quarter notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from improv.events import ClockEvent, Continue, SongPosition, Start, Stop, Tick

__all__ = ["Continue", "SongPosition", "Start", "Stop", "Tick", "host", "ramp", "ticks"]

Tempo = Callable[[float], float]  # from beats to beats a minute


def ticks(beats: float, tempo: float | Tempo = 120.0, at: float = 0.0) -> list[float]:
    """The moments of a clock's ticks over so many beats, from `at` on (seconds); the end is not among them."""
    moments = []
    for number in range(round(beats * 24)):
        moments.append(at)
        bpm = tempo(number / 24) if callable(tempo) else tempo
        at += 60.0 / bpm / 24
    return moments


def ramp(first: float, last: float, beats: float) -> Tempo:
    """A tempo that goes from one to the other, evenly over so many beats, and stays there."""
    return lambda beat: first + (last - first) * min(beat / beats, 1.0)


def host(
    beats: float,
    tempo: float | Tempo = 120.0,
    at: float = 0.0,
    *,
    first: Iterable[ClockEvent] | None = None,
    jitter: float = 0.0,
    lost: Iterable[int] = (),
    seed: int = 0,
) -> list[ClockEvent]:
    """A start (or `first`) and the ticks of so many beats: each late by up to `jitter` seconds, some lost."""
    late = np.random.default_rng(seed).uniform(0.0, jitter, round(beats * 24))
    gone = set(lost)
    moments = ticks(beats, tempo, at)
    heard = sorted(moment + more for moment, more in zip(moments, late.tolist(), strict=True))
    return [
        *([Start(at)] if first is None else first),
        *(Tick(moment) for number, moment in enumerate(heard) if number not in gone),
    ]
