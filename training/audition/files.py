"""What an audition leaves behind: MIDI files, the contact sheet, the tables, the blind test."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from improv import midifile
from training.audition import blind, sheet
from training.audition.continuations import events_of
from training.audition.judge import HUMAN
from training.audition.passages import moved
from training.audition.run import Audition, Plan
from training.audition.table import gate_lines, page


def write(folder: Path, found: Audition, plan: Plan, title: str, with_blind: bool) -> None:
    """Write all files of an audition into `folder`. Raises OSError or UserError if the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    _midi(folder / "midi", found)
    machines = {name: found.players[name] for name in found.machines}
    sheet.draw(folder / "contact-sheet.png", found.prompts, machines)
    (folder / "audition.md").write_text(_page(found, plan, title), encoding="utf-8")
    (folder / "audition.json").write_text(json.dumps(_report(found, plan), indent=1), encoding="utf-8")
    if with_blind:
        blind.write(folder, found.prompts, found.players[judged(found, plan)], plan.seed)


def judged(found: Audition, plan: Plan) -> str:
    """Which machine is played to a person: the one at the daemon's own weight, or else the one in the middle."""
    usual = f"memory {plan.settings.memory_weight:g}"
    return usual if usual in found.machines else found.machines[len(found.machines) // 2]


def _midi(folder: Path, found: Audition) -> None:
    """For each prompt a file a player: the prompt's end on the first track, the continuation on the second; where it
    was asked for, another in which the machine plays on."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, prompt in enumerate(found.prompts):
        begin = prompt.cut - prompt.seconds
        lead = events_of(moved(prompt.shown, -begin))
        passages = {player: found.players[player][index] for player in (HUMAN, *found.machines)}
        if index in found.free:
            place = found.free.index(index)
            passages |= {
                f"{player} playing on": found.on[player][place] for player in found.on.keys() & {*found.machines}
            }
        for player, notes in passages.items():
            name = f"{index + 1:03}-{prompt.group}-{Path(prompt.name).stem}-{player.replace(' ', '-')}.mid"
            midifile.write(folder / name, lead, events_of(moved(notes, -begin)))


def _page(found: Audition, plan: Plan, title: str) -> str:
    temperature, top_p = (
        ", ".join(f"{v:g}" for v in pair) for pair in (plan.settings.temperature, plan.settings.top_p)
    )
    pieces = len({prompt.name for prompt in found.prompts})
    facts = [
        f"{len(found.prompts)} prompts from {pieces} pieces, each continued for {plan.seconds:g} s; "
        f"playing on for {plan.free_seconds / 60:g} minutes from {len(found.free)} of them.",
        f"Temperature {temperature}; top_p {top_p} (part, ioi, pitch, velocity, duration); seed {plan.seed}.",
        f"Playing took {found.seconds['playing']:.0f} s on {plan.workers} "
        f"process{'es' if plan.workers > 1 else ''}, judging {found.seconds['judging']:.0f} s.",
    ]
    notes: list[str] = []
    for group, own in found.gates_by_group.items():
        count = sum(prompt.group == group for prompt in found.prompts)
        notes += [f"## {group}: {count} prompts", "", *gate_lines(own), ""]
    return page(title, facts, found.tables, found.gates, notes)


def _report(found: Audition, plan: Plan) -> dict[str, object]:
    return {
        "prompts": [{"folder": p.group, "piece": p.name, "cut": round(p.cut, 3)} for p in found.prompts],
        "plan": asdict(plan),
        "seconds": {name: round(value, 1) for name, value in found.seconds.items()},
        "tables": found.tables,
        "gates": [asdict(gate) | {"counts": gate.counts} for gate in found.gates],
        "runs": found.runs,
        "by_folder": found.by_group,
        "gates_by_folder": {
            group: [asdict(gate) | {"counts": gate.counts} for gate in own]
            for group, own in found.gates_by_group.items()
        },
    }
