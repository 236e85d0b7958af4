"""What was measured, in words and as JSON, and what it means for playing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from improv.timing import Window

#: Milliseconds that 99 of 100 may take, and what to change where they take longer. The wire takes 1 ms for a note;
#: 10 ms is what players begin to feel.
LIMITS = {
    "step": (5.0, "a smaller model, or another --provider"),
    "reaction": (10.0, "close other programs, or let improv run in real time (Linux: the audio group's limits)"),
    "lateness": (5.0, "close other programs, or let improv run in real time (Linux: the audio group's limits)"),
    "loop": (15.0, "fewer frames a period in the MIDI system (JACK), or another MIDI interface"),
}
#: What a reaction is, by the name it has in JSON.
REACTIONS = {
    "harmonize": "harmonize: a key to a note with it",
    "accompany": "accompany: a key to the new plan",
    "drafting": "the same, while it is drafting",
}
#: Of so many answers, how many are drafted is measured.
MOST = 32
#: The share of notes that must be there when due.
IN_TIME = 0.99
#: Where the bars of the histogram end, milliseconds, and how long the longest is.
BARS, LONGEST = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0), 40


@dataclass(frozen=True, slots=True)
class Report:
    """Seconds in windows; None is what could not be measured here. `steps` by what computes them, the one that plays
    first; so are `drafts`, answers written in the shortest pause; `reaction` by REACTIONS; `ready` and `age` as in
    improv.engine.Timing; `ports` says what the notes went through, or why not, and `through` that of the `loop`."""

    model: str
    steps: dict[str, Window]
    drafts: dict[str, int]
    reaction: dict[str, Window]
    lateness: Window | None
    loop: Window | None
    through: str
    ready: float | None
    age: float | None
    ports: str
    load: bool

    @property
    def windows(self) -> dict[str, Window]:
        """What has a limit, by its name in LIMITS."""
        slowest = max(self.reaction.values(), key=lambda window: window.p99 or 0.0)
        named = {"step": next(iter(self.steps.values())), "reaction": slowest}
        named |= {name: one for name, one in (("lateness", self.lateness), ("loop", self.loop)) if one is not None}
        return {name: window for name, window in named.items() if window.count}

    @property
    def too_slow(self) -> list[str]:
        """The names of what takes too long."""
        return [name for name, window in self.windows.items() if 1000 * (window.p99 or 0.0) > LIMITS[name][0]]

    @property
    def verdict(self) -> str:
        """One line: whether this will do, and what to change if not."""
        if self.too_slow:
            advice = dict.fromkeys(LIMITS[name][1] for name in self.too_slow)
            return f"not fit to perform ({', '.join(self.too_slow)} too long): {'; '.join(advice)}"
        if self.ready is not None and self.ready < IN_TIME:
            return f"not fit to perform (only {self.ready:.0%} of notes there when due): {LIMITS['step'][1]}"
        if self.lateness is None:
            return "the model is fit to perform; how late notes leave was not measured, as there are no ports"
        return "fit to perform" + (", with every core busy" if self.load else "")

    def as_dict(self) -> dict[str, Any]:
        """For JSON: milliseconds."""
        return {
            "model": self.model,
            "step_ms": _milliseconds(next(iter(self.steps.values()))),
            "lateness_ms": _milliseconds(self.lateness),
            "loop_ms": _milliseconds(self.loop),
            "loop_through": self.through,
            "step_ms_by_provider": {name: _milliseconds(window) for name, window in self.steps.items()},
            "drafts_per_gap": self.drafts,
            "reaction_ms": {name: _milliseconds(window) for name, window in self.reaction.items()},
            "in_time": self.ready,
            "age_ms": None if self.age is None else round(1000 * self.age, 1),
            "load": self.load,
            "fit": not self.too_slow and (self.ready is None or self.ready >= IN_TIME),
            "verdict": self.verdict,
        }

    def __str__(self) -> str:
        lines = [f"{self.model}; {self.ports}", f"{'':34}{'median':>9}{'p99':>9}  ms   p99 at most"]
        for name, window in self.steps.items():
            lines.append(_line(f"a step on {name}", window, "step"))
        for name, window in self.reaction.items():
            lines.append(_line(REACTIONS[name], window, "reaction"))
        if self.lateness is not None:
            lines.append(_line("notes leave late by", self.lateness, "lateness"))
        if self.loop is not None:
            lines.append(f"{_line('out and in again', self.loop, 'loop')}   (through {self.through})")
        else:
            lines.append(f"out and in again: not measured ({self.through})")
        if self.ready is not None and self.age is not None:
            told = f"answers: {self.ready:.1%} of notes there when due, thought of {self.age:.1f} s ahead"
            lines.append(told)
        drafted = ", ".join(f"{count} on {name}" for name, count in self.drafts.items())
        lines.append(f"answers drafted in the shortest pause, of {MOST}: {drafted}")
        if self.lateness is not None:
            lines += ["", "how late notes leave, ms", *_bars(self.lateness)]
        return "\n".join([*lines, "", self.verdict])


def _milliseconds(window: Window | None) -> dict[str, float] | None:
    if window is None or window.median is None or window.p99 is None:
        return None
    return {"p50": round(1000 * window.median, 3), "p99": round(1000 * window.p99, 3)}


def _line(what: str, window: Window, limit: str) -> str:
    found = _milliseconds(window)
    if found is None:
        return f"{what:34}{'-':>9}{'-':>9}"
    mark = " " if found["p99"] <= LIMITS[limit][0] else "!"
    return f"{what:34}{found['p50']:9.2f}{found['p99']:9.2f} {mark}   {LIMITS[limit][0]:9.0f}"


def _bars(window: Window) -> Sequence[str]:
    """A histogram, a line a bar; the last holds all that is later."""
    counts, before = [], 0
    for end in BARS:
        upto = window.rank(end / 1000)
        counts.append(upto - before)
        before = upto
    names = [f"{begin:g} to {end:g}" for begin, end in zip((0.0, *BARS), BARS, strict=False)] + [f"over {BARS[-1]:g}"]
    counts.append(window.count - before)
    most = max(1, *counts)
    shown = [(name, count) for name, count in zip(names, counts, strict=True)]
    while len(shown) > 1 and shown[-1][1] == 0:
        shown.pop()
    return [f"{name:>12} {'#' * -(-LONGEST * count // most):{LONGEST}} {count}" for name, count in shown]
