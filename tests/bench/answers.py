"""What answers are like beside the phrases they answer.

    python -m tests.bench.answers FOLDER ... [--files N] [--phrases N] [--part all|lead] [--drafts N] [--model FILE]

From each file of performances that the model should not have been trained on, phrases of 4 to 12 seconds are cut
where the player waits longest, and improv answers each. Printed are quantiles over all answers; a ratio of 1 or a
difference of 0 is an answer like its phrase.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from improv import midifile
from improv.context import CONTEXT_NOTES
from improv.dials import heard as heard_dials
from improv.encoding import IOI, Order, arrange, as_array, group_of
from improv.errors import UserError
from improv.events import Event, NoteOff, NoteOn
from improv.jam import jam
from improv.listener import notes_in
from improv.loudness import loudness, within
from improv.notes import Note
from improv.providers import load_to_play
from improv.resources import default_model
from improv.settings import Settings
from improv.step import StepModel, controls
from improv.tally import Tally
from tests.bench.turns import answers as decisions

#: A phrase lasts this many seconds, at least and at most, and has this many notes.
SHORTEST, LONGEST, LEAST_NOTES = 4.0, 12.0, 8


def phrases(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Stretches from one long wait to another, each from 0 s on, everything released where the next begins."""
    onsets = np.unique([event.at for event in events if isinstance(event, NoteOn)])
    begin = 0
    while begin < len(onsets) - 1:
        first, last = np.searchsorted(onsets, onsets[begin] + np.array([SHORTEST, LONGEST]))
        last = min(last, len(onsets) - 1)
        if last <= first:
            return
        end = first + int(np.argmax(np.diff(onsets[first : last + 1])))
        yield _cut(events, float(onsets[begin]), min(float(onsets[end + 1]), float(onsets[end]) + 2.0))
        begin = end + 1


def _cut(events: Sequence[Event], start: float, stop: float) -> list[Event]:
    """The notes that begin in [start, stop), as they sound, without the pedal."""
    lines: list[Event] = []
    for note in notes_in([event for event in events if start <= event.at < stop]):
        release = min(note.onset + (8.0 if note.duration is None else note.duration), stop)
        lines += [
            NoteOn(note.onset - start, 0, note.pitch, note.velocity),
            NoteOff(release - start, 0, note.pitch),
        ]
    return sorted(lines, key=lambda event: (event.at, isinstance(event, NoteOn)))


def compare(phrase: list[Event], model: StepModel, settings: Settings, seed: int) -> dict[str, float] | None:
    """Figures of one answer; None if there was none."""
    result = jam(phrase, model, settings, np.random.default_rng(seed))
    called = notes_in(phrase)
    answer = [note for note in notes_in(result.improv) if note.onset > called[-1].onset]
    if not answer:
        return None
    decided, _ = decisions(phrase, settings)
    call = called[-CONTEXT_NOTES:]
    judged = judge(model, called, answer)
    velocity, own = ([note.velocity for note in notes] for notes in (call, answer))
    return {
        "length, ratio": _span(answer) / _span([note for note in called if note.onset > called[-1].onset - 12]),
        "pace, notes a second, ratio": _pace(answer) / _pace(called),
        "pace, groups a second, ratio": _pace(_heads(answer)) / _pace(_heads(called)),
        "notes in a group, ratio": (len(answer) / len(_heads(answer))) / (len(called) / len(_heads(called))),
        "largest group, notes": max(np.bincount(group_of(np.array([note.onset for note in answer])))),
        "longest wait, ratio": _longest(answer) / _longest(called),
        "pitch, mean, difference": _mean(answer, "pitch") - _mean(called, "pitch"),
        "pitch, spread, ratio": _spread(answer, "pitch") / _spread(called, "pitch"),
        "same pitch again, share": _repeats(answer),
        "same pitch again, share in phrase": _repeats(called),
        "velocity, mean, difference": float(np.mean(own) - np.mean(velocity)),
        "velocity, spread, ratio": float(np.std(own) / max(np.std(velocity), 1.0)),
        "duration, median, ratio": _duration(answer) / _duration(called),
        "decision to first note, s": answer[0].onset - decided[-1],
        "long wait expected after the end": judged.final,
        "... over its median inside": judged.final / judged.inside,
        "bits a note, answer less phrase": judged.bits - judged.bits_called,
    }


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model itself says of an answer: the probability of a long wait after its last note, and after its
    other groups (the median); bits a note that it and its phrase cost, without part."""

    final: float
    inside: float
    bits: float
    bits_called: float


def judge(model: StepModel, called: list[Note], answer: list[Note]) -> Judgement:
    """Let the model hear phrase and answer, note by note. A wait is long at three times the phrase's usual one."""
    encoding = model.encoding
    heard = loudness(Tally(len(called), called).last(len(called)), within(model.velocity))
    notes = [replace(note, velocity=heard.to_model(note.velocity)) for note in [*called, *answer]]
    arranged = arrange(as_array(notes), Order.LEAD_FIRST)
    rows, dials = encoding.rows(arranged), heard_dials(arranged)
    group = np.append(group_of(np.array([note.onset for note in notes])), -1)
    long_wait = encoding.ioi_bin(3 * float(np.median(np.diff([note.onset for note in _heads(called)]))))
    how = controls(encoding, np.random.default_rng(0))
    state = model.start()
    waits: list[float] = []
    bits: list[float] = []
    for index, row in enumerate(rows):
        step = model.step(row[None, None], dials[None, index : index + 2], state, how)
        state = step.state
        bits.append(float(-step.heard[0, 0, IOI:].sum() / np.log(2)))
        if index >= len(called) and group[index + 1] != group[index]:
            waits.append(float(np.exp(step.raw[0][encoding.field(IOI)][long_wait:]).sum()))
    inside = float(np.median(waits[:-1])) if len(waits) > 1 else np.nan
    return Judgement(waits[-1], inside, float(np.mean(bits[len(called) :])), float(np.mean(bits[1 : len(called)])))


def _heads(notes: list[Note]) -> list[Note]:
    """The first note of each group."""
    group = group_of(np.array([note.onset for note in notes]))
    return [note for note, here, before in zip(notes, group, [-1, *group], strict=False) if here != before]


def _span(notes: list[Note]) -> float:
    return max(notes[-1].onset - notes[0].onset, 0.1)


def _pace(notes: list[Note]) -> float:
    return max(len(notes) - 1, 1) / _span(notes)


def _longest(notes: list[Note]) -> float:
    return float(np.max(np.diff([note.onset for note in notes]), initial=0.1))


def _mean(notes: list[Note], field: str) -> float:
    return float(np.mean([getattr(note, field) for note in notes]))


def _spread(notes: list[Note], field: str) -> float:
    return max(float(np.std([getattr(note, field) for note in notes])), 1.0)


def _repeats(notes: list[Note]) -> float:
    """How many of the groups' top notes are the top note before."""
    group = group_of(np.array([note.onset for note in notes]))
    tops = [max(note.pitch for note, own in zip(notes, group, strict=True) if own == index) for index in set(group)]
    return float(np.mean(np.diff(tops) == 0)) if len(tops) > 1 else 0.0


def _duration(notes: list[Note]) -> float:
    return float(np.median([8.0 if note.duration is None else note.duration for note in notes]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, default=None, help="default: the model improv comes with")
    parser.add_argument("--files", type=int, default=20, help="of each folder at most so many, evenly picked (20)")
    parser.add_argument("--phrases", type=int, default=4, help="of each file at most so many, evenly picked (4)")
    parser.add_argument("--part", choices=("all", "lead"), default="all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--drafts", type=int, default=Settings().drafts, help="of so many the best is played")
    said = parser.parse_args()
    model, settings = load_to_play(said.model or default_model()), Settings(drafts=said.drafts)
    found: list[dict[str, float]] = []
    asked = 0
    for folder in said.folder:
        for path in _some(sorted(folder.rglob("*.mid")), said.files):
            try:
                cut = list(phrases(midifile.read(path, said.part)))
            except UserError as error:
                print(error)
                continue
            for phrase in _some([one for one in cut if len(one) >= 2 * LEAST_NOTES], said.phrases):
                asked += 1
                figures = compare(phrase, model, settings, said.seed + asked)
                found += [figures] if figures else []
    print(f"{asked} phrases, {len(found)} answers")
    print(f"{'':36}    10 %    25 %  median    75 %    90 %")
    for name in found[0] if found else ():
        row = np.nanquantile([figures[name] for figures in found], (0.1, 0.25, 0.5, 0.75, 0.9))
        print(f"{name:36}" + "".join(f"{value:8.2f}" for value in row))


def _some(items: list, count: int) -> list:
    return items[:: max(1, len(items) // count)][:count]


if __name__ == "__main__":
    main()
