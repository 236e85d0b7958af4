"""A whole audition: prompts, players, measures, and the files that show them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from improv.settings import Settings
from training.audition import freerun, judge
from training.audition.answering import best_of
from training.audition.continuations import Job, each, play, up_to
from training.audition.gates import Gate, gates
from training.audition.judge import ELSEWHERE, HUMAN, OTHER
from training.audition.passages import Notes, moved
from training.audition.prompts import Held, Prompt, choose
from training.audition.strawmen import straw_men

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked: `prompts` of each folder, continued for `seconds`; of all of them `free_prompts` for
    `free_seconds`; by memories of these `weights`; answered by the best of so many `drafts`, at the weight of the
    settings; `settings` otherwise as the daemon's; `workers` processes play."""

    prompts: int = 16
    seconds: float = 20.0
    free_prompts: int = 20
    free_seconds: float = 300.0
    weights: tuple[float, ...] = (0.0, Settings().memory_weight, 1.0)
    drafts: tuple[int, ...] = ()
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    workers: int = 1


@dataclass
class Audition:
    """What was found: `players` by name and prompt; `on` what they play on from the prompts at the indices `free`;
    `machines` the names that are the machine's, of which those that answer are not asked to play on; `tables` by
    section over all prompts, `by_group` the same by folder; `gates` of all; `runs` the lengths that copying counts;
    `seconds` how long playing and judging took."""

    prompts: list[Prompt]
    players: dict[str, list[Notes]]
    free: list[int]
    on: dict[str, list[Notes]]
    machines: list[str]
    tables: dict[str, judge.Table]
    gates: list[Gate]
    by_group: dict[str, dict[str, judge.Table]]
    gates_by_group: dict[str, list[Gate]]
    runs: dict[str, Any]
    seconds: dict[str, float]


def audition(
    model: Path,
    pieces: Sequence[Held],
    plan: Plan,
    trained: Sequence[Notes] | None = None,
    progress: Progress = lambda done, total: None,
) -> Audition:
    """Let the model play after prompts from the middles of `pieces`, and judge it; `trained`: what it learned from.

    Raises UserError if the model cannot be read or no piece is long enough.
    """
    begin, prompts = time.perf_counter(), choose(pieces, plan.prompts, plan.seconds, plan.seed)
    free = _spread(len(prompts), plan.free_prompts)
    players = _people(prompts, plan)
    runs_on = _people_going_on([prompts[i] for i in free], prompts, plan)
    machines = [f"memory {weight:g}" for weight in plan.weights]
    played = _machines(model, prompts, set(free), plan, progress)
    for name, notes in zip(machines, played, strict=True):
        players[name] = [up_to(one, p.cut, plan.seconds) for one, p in zip(notes, prompts, strict=True)]
        runs_on[name] = [notes[i] for i in free]
    answers = _answers(model, prompts, plan, progress)
    players |= answers
    playing = time.perf_counter() - begin
    bands = freerun.bands(_windows(pieces))
    runs = {"copying heard": judge.runs_heard(prompts, players)}
    if trained is not None:
        runs["copying trained"] = judge.runs_trained(players, trained)

    def tables(which: Sequence[int]) -> dict[str, judge.Table]:
        asked = [prompts[i] for i in which]
        those = {name: [notes[i] for i in which] for name, notes in players.items()}
        found: dict[str, judge.Table] = {"likeness": judge.likeness(asked, those)}
        found |= {name: judge.copying(lengths, which) for name, lengths in runs.items()}
        found |= {"loops": judge.looping(those), "told": judge.told(asked, those)}
        on = [index for index, i in enumerate(free) if i in which]
        going = {name: [notes[index] for index in on] for name, notes in runs_on.items()}
        if bands and on:
            lasting = judge.lasting([prompts[free[i]] for i in on], going, bands, plan.free_seconds)
            found |= {"lasting": lasting} if all(lasting.values()) else {}
        return found

    groups = list(dict.fromkeys(prompt.group for prompt in prompts))
    found = tables(range(len(prompts)))
    of = {group: [i for i, prompt in enumerate(prompts) if prompt.group == group] for group in groups}
    by_group = {group: tables(of[group]) for group in groups} if len(groups) > 1 else {}
    took = {"playing": playing, "judging": time.perf_counter() - begin - playing}
    by_gates = {group: gates(one) for group, one in by_group.items()}
    return Audition(
        prompts, players, free, runs_on, [*machines, *answers], found, gates(found), by_group, by_gates, runs, took
    )


def _spread(count: int, picked: int) -> list[int]:
    """So many of the indices below `count`, evenly; all of them if there are no more."""
    picked = min(picked, count)
    return [index * count // picked for index in range(picked)]


def _people(prompts: Sequence[Prompt], plan: Plan) -> dict[str, list[Notes]]:
    """What people and straw men play after each prompt, for as long as is asked."""
    players = {
        HUMAN: [p.human for p in prompts],
        ELSEWHERE: [p.elsewhere for p in prompts],
        OTHER: [p.other for p in prompts],
    }
    for index, p in enumerate(prompts):
        for name, notes in straw_men(p, p.human, p.other, p.cut + plan.seconds, plan.seed + index).items():
            players.setdefault(name, []).append(notes)
    return players


def _people_going_on(free: Sequence[Prompt], prompts: Sequence[Prompt], plan: Plan) -> dict[str, list[Notes]]:
    """The same for minutes: the human goes on to the end of the piece."""
    players: dict[str, list[Notes]] = {}
    for index, p in enumerate(free):
        foreign = [one for one in prompts if one.name != p.name] or [p]
        others = [one for one in foreign if one.group == p.group] or foreign
        other = moved(others[index % len(others)].later, p.cut - others[index % len(others)].cut)
        until = p.cut + plan.free_seconds
        going = {HUMAN: p.later, **straw_men(p, p.later, other, until, plan.seed + index)}
        for name, notes in going.items():
            players.setdefault(name, []).append(notes)
    return players


def _machines(
    model: Path, prompts: Sequence[Prompt], free: set[int], plan: Plan, progress: Progress
) -> list[list[Notes]]:
    """By weight and prompt what the machine plays: for as long as is asked, or for minutes where the index is free.

    Chance is the same at every weight.
    """
    jobs = []
    for weight in plan.weights:
        settings = replace(plan.settings, memory_weight=weight)
        for index, p in enumerate(prompts):
            until = p.cut + (plan.free_seconds if index in free else plan.seconds)
            jobs.append(Job(p.heard, max(until, p.cut + plan.seconds), settings, (plan.seed, index)))
    played = []
    for notes in play(model, jobs, plan.workers):
        played.append(notes)
        progress(len(played), len(jobs))
    return [played[begin : begin + len(prompts)] for begin in range(0, len(jobs), len(prompts))]


def _answers(model: Path, prompts: Sequence[Prompt], plan: Plan, progress: Progress) -> dict[str, list[Notes]]:
    """By name, of a count of drafts, and prompt the best answer."""
    if not plan.drafts:
        return {}
    jobs = [Job(p.heard, p.cut + plan.seconds, plan.settings, (plan.seed, i)) for i, p in enumerate(prompts)]
    by_prompt = []
    for best in each(partial(best_of, plan.drafts, plan.seconds), model, jobs, plan.workers):
        by_prompt.append(best)
        progress(len(by_prompt), len(jobs))
    return {
        f"best of {count}": [up_to(best[i], p.cut, plan.seconds) for best, p in zip(by_prompt, prompts, strict=True)]
        for i, count in enumerate(plan.drafts)
    }


def _windows(pieces: Sequence[Held]) -> dict[str, list[Any]]:
    """By folder people's half minutes, of all its pieces from beginning to end."""
    windows: dict[str, list[Any]] = {}
    for piece in pieces:
        onset = piece.notes["onset"]
        windows.setdefault(piece.group, []).append(freerun.half_minutes(piece.notes, float(onset[0]), float(onset[-1])))
    return windows
