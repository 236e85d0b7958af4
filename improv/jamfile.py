"""`improv jam`: a MIDI file is played to improv, and what both said is written down, shown and, if wished, played."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from improv import clock, midifile, phrase
from improv.engine import Link
from improv.errors import UserError
from improv.events import Event, Prompt
from improv.jam import JamResult, jam
from improv.listener import notes_in
from improv.notes import MAX_DURATION, Note
from improv.pianoroll import piano_roll
from improv.plan import PlannedNote, Play
from improv.ports.reports import Lost
from improv.recall import Remembrance
from improv.settings import Settings
from improv.step import StepModel

#: Seconds before the first note of a session that is played on a port.
LEAD_IN = 0.2


@dataclass(frozen=True, slots=True)
class Report:
    """What happened in a jam: notes and answers counted, its length and the time it took in seconds."""

    input: str
    output: str
    seed: int
    player_notes: int
    improv_notes: int
    answers: int
    false_turns: int
    seconds: float
    took_seconds: float

    @property
    def speed(self) -> float:
        """How many times faster than real time it went."""
        return self.seconds / max(self.took_seconds, 1e-9)

    def as_dict(self) -> dict[str, object]:
        """The report as JSON shows it."""
        return {**asdict(self), "times_real_time": round(self.speed, 1)}


@dataclass(frozen=True, slots=True)
class Session:
    """Both voices of a jam, as events and as notes, and the report."""

    result: JamResult
    player: tuple[Note, ...]
    improv: tuple[Note, ...]
    report: Report


def run(
    source: Path | None,
    output: Path,
    part: str,
    model: StepModel,
    settings: Settings,
    seed: int,
    remembrance: Remembrance | None = None,
    before: Sequence[Prompt] = (),
) -> Session:
    """Play `source` (None: the phrase improv brings along) to improv and write both voices to `output`; `before`
    all that it hears what is given there.

    Raises UserError if the one cannot be read or the other not written.
    """
    if source is not None and output.exists() and source.exists() and os.path.samefile(source, output):
        raise UserError(f"{output}: is the file that is played; name another one with -o")
    events = phrase.events() if source is None else midifile.read(source, part)
    begin = time.perf_counter()
    result = jam([*before, *events], model, settings, np.random.default_rng(seed), remembrance)
    took = time.perf_counter() - begin
    midifile.write(output, result.player, result.improv)
    player, improv = tuple(notes_in(result.player)), tuple(notes_in(result.improv))
    name = "a phrase of improv's own" if source is None else str(source)
    return Session(result, player, improv, _report(name, output, seed, result, player, improv, took))


def _report(
    source: str, output: Path, seed: int, result: JamResult, player: Sequence[Note], improv: Sequence[Note], took: float
) -> Report:
    ends = [event.at for event in (*result.player, *result.improv)]
    return Report(
        input=source,
        output=str(output),
        seed=seed,
        player_notes=len(player),
        improv_notes=len(improv),
        answers=_answers(player, improv),
        false_turns=result.status.false_turns,
        seconds=round(max(ends, default=0.0), 3),
        took_seconds=round(took, 3),
    )


def _answers(player: Sequence[Note], improv: Sequence[Note]) -> int:
    """How many times improv took over: its onsets, in runs that no onset of the player's interrupts."""
    onsets = sorted([(note.onset, 0) for note in player] + [(note.onset, 1) for note in improv])
    before = [0, *(voice for _, voice in onsets)]
    return sum(voice == 1 and last == 0 for (_, voice), last in zip(onsets, before, strict=False))


def picture(session: Session, terminal: bool, encoding: str) -> str:
    """What the terminal shows of a session: piano roll, figures, and how to hear it."""
    width = min(shutil.get_terminal_size().columns, 120)
    plain = not encoding.lower().startswith("utf")
    colour = terminal and "NO_COLOR" not in os.environ
    report = session.report
    answers = "1 answer" if report.answers == 1 else f"{report.answers} answers"
    return "\n".join(
        [
            piano_roll(session.player, session.improv, width, colour=colour, plain=plain),
            "",
            f"{report.player_notes} notes played, {answers} of {report.improv_notes} notes in all; "
            f"{report.seconds:.0f} s of music in {report.took_seconds:.1f} s",
            f"Written to {report.output}. To hear it, open it in a DAW or a MIDI player,",
            "or play it on a port: improv jam --out PORT (improv ports lists them).",
        ]
    )


def play_on(link: Link, player: Sequence[Event], improv: Sequence[Event], stopping: Callable[[], bool]) -> str | None:
    """Play both voices on a link, each note on the channel it was played on.

    Returns None when it has ended or `stopping()`, or one line that says why the ports are lost.
    """
    start = clock.now() + LEAD_IN
    notes = [*_planned(player, start), *_planned(improv, start)]
    link.send(Play(tuple(sorted(notes, key=lambda note: note.onset))))
    end = max((note.onset + note.duration for note in notes), default=start) + LEAD_IN
    while not stopping() and (left := end - clock.now()) > 0:
        for report in link.wait(min(left, 0.1)):
            if isinstance(report, Lost):
                return report.message
    return None


def _planned(voice: Sequence[Event], start: float) -> Iterator[PlannedNote]:
    """A voice's notes, channel by channel: each has its own pedal."""
    for channel in sorted({event.channel for event in voice}):
        for note in notes_in(event for event in voice if event.channel == channel):
            duration = MAX_DURATION if note.duration is None else note.duration
            yield PlannedNote(start + note.onset, note.pitch, note.velocity, duration, channel)
