"""All measures of all players: who plays like people, who copies, who loops, who can be told, who lasts.

A player is a name and what it played after each prompt: "human" is the human continuation itself, "elsewhere" and
"other" are the human passages beside it, the machine goes by the memory's weight, straw men by their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.audition import classifier, freerun
from training.audition.copying import longest_runs
from training.audition.loops import share_in_loops
from training.audition.measures import FEATURES, overlaps
from training.audition.passages import Notes
from training.audition.prompts import Prompt

HUMAN, ELSEWHERE, OTHER = "human", "elsewhere", "other"

#: By player what it played after each prompt.
Players = Mapping[str, Sequence[Notes]]
#: By player the value of each column.
Table = dict[str, dict[str, float]]


def likeness(prompts: Sequence[Prompt], players: Players) -> Table:
    """The mean overlap with the human continuation by feature."""
    table: Table = {}
    for player, passages in players.items():
        found = [overlaps(notes, p.human, p.key) for p, notes in zip(prompts, passages, strict=True)]
        table[player] = {name: float(np.mean([one[name] for one in found])) for name in FEATURES}
    return table


def runs_heard(prompts: Sequence[Prompt], players: Players) -> dict[str, Any]:
    """By player and kind ("literal", "transposed"), of each prompt the longest run shared with what was heard."""
    runs: dict[str, Any] = {player: {"literal": [], "transposed": []} for player in players}
    for index, prompt in enumerate(prompts):
        passages = [notes[index] for notes in players.values()]
        for kind in ("literal", "transposed"):
            found = longest_runs(passages, [prompt.heard], transposed=kind == "transposed")
            for player, longest in zip(players, found.tolist(), strict=True):
                runs[player][kind].append(longest)
    return runs


def runs_trained(players: Players, pieces: Sequence[Notes]) -> dict[str, Any]:
    """The same of the longest run shared with any of the pieces that were trained on."""
    everything = [notes for passages in players.values() for notes in passages]
    runs: dict[str, Any] = {player: {} for player in players}
    for kind in ("literal", "transposed"):
        found = longest_runs(everything, pieces, transposed=kind == "transposed").tolist()
        for player, passages in players.items():
            runs[player][kind], found = found[: len(passages)], found[len(passages) :]
    return runs


def copying(runs: Mapping[str, Mapping[str, Sequence[int]]], which: Sequence[int]) -> Table:
    """Median and 95th percentile of runs over the prompts at the indices `which`."""
    table: Table = {}
    for player, kinds in runs.items():
        table[player] = {}
        for kind, longest in kinds.items():
            of_these = np.asarray(longest)[np.asarray(which, int)]
            table[player][f"{kind}, median"] = float(np.median(of_these))
            table[player][f"{kind}, 95 %"] = float(np.quantile(of_these, 0.95))
    return table


def looping(players: Players) -> Table:
    """The share of notes that lie in loops, and of passages that have one."""
    table: Table = {}
    for player, passages in players.items():
        shares = [share_in_loops(notes) for notes in passages]
        table[player] = {"notes in loops": float(np.mean(shares)), "passages with one": float(np.mean(np.sign(shares)))}
    return table


def told(prompts: Sequence[Prompt], players: Players) -> Table:
    """The classifier's held-out AUC for each player but the human; empty where no piece is left to be held out."""
    pieces = [prompt.name for prompt in prompts]
    if len(set(pieces)) < 2:
        return {}
    looks = {
        player: [classifier.seen(p, notes) for p, notes in zip(prompts, passages, strict=True)]
        for player, passages in players.items()
    }
    others = [player for player in players if player != HUMAN]
    return {player: {"AUC": classifier.held_out_auc(looks[HUMAN], looks[player], pieces)} for player in others}


def lasting(prompts: Sequence[Prompt], players: Players, bands: Mapping[str, Any], seconds: float) -> Table:
    """Of minutes played on: shares of half minutes inside the band of people's (by folder), see `freerun.shares`.

    A passage ends where its piece does; only whole half minutes before that count.
    """
    table: Table = {}
    for player, passages in players.items():
        runs = []
        for prompt, notes in zip(prompts, passages, strict=True):
            ends = float(notes["onset"][-1]) if len(notes) else prompt.cut
            stop = prompt.cut + seconds if _plays_on(player) else min(prompt.cut + seconds, ends)
            windows = freerun.half_minutes(notes, prompt.cut, stop)
            runs.append(freerun.inside(windows, bands[prompt.group]))
        table[player] = freerun.shares(runs)
    return table


def _plays_on(player: str) -> bool:
    """Whether a player was asked for all the time there is, so that what it left silent counts against it."""
    return player not in (HUMAN, "shuffled", "time-shifted", "in key")
