"""How reading, scoring and playing many files scale: `python -m tests.bench.scale MIDI_DIR [--model FILE.onnx]`

Files a second that `improv-train ingest` reads, by processes (fewer than 64 files one process reads alone); notes a
second that `evaluate` scores, by rows in a run; notes a processor second that `audition` plays, by continuations
written together. Gates nothing.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

from improv.clock import now
from improv.model import load
from improv.resources import default_model
from improv.settings import Settings
from training import corpus, evaluate
from training.audition.continuations import Job, go_on
from training.audition.prompts import choose, read_pieces

ROWS, TOGETHER = (32, 128, 512, 2048), (1, 2, 4, 8, 16)
PROMPTS, SECONDS, HEARD = 16, 20.0, 200


def rate(work: Callable[[], int], clock: Callable[[], float] = now) -> float:
    """How much of it is done in a second of this clock."""
    begin = clock()
    done = work()
    return done / (clock() - begin)


def line(what: str, by: Sequence[int], rates: Sequence[float]) -> None:
    """Print a line of figures."""
    print(f"{what:<52}" + "  ".join(f"{one}: {found:,.0f}" for one, found in zip(by, rates, strict=True)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("music", type=Path, help="folder of MIDI files, some of two minutes and more")
    parser.add_argument("--model", type=Path, default=default_model())
    said = parser.parse_args()

    files = len(corpus.find_music([said.music]))
    processes = range(1, (os.cpu_count() or 1) + 1)
    reads = [rate(lambda n=count: corpus.ingest([said.music], workers=n) and files) for count in processes]  # type: ignore[misc]
    line(f"ingest, files a second by processes ({files} files)", processes, reads)

    model = load(said.model)
    scores = []
    for rows in ROWS:
        evaluate.RUN = rows
        scores.append(rate(lambda: evaluate.evaluate(model, [said.music]).notes))
    line("evaluate, notes a second by rows in a run", ROWS, scores)

    prompts = choose(read_pieces([said.music]), PROMPTS, SECONDS, seed=0)
    jobs = [Job(p.heard[-HEARD:], p.cut + SECONDS, Settings(), (0, i)) for i, p in enumerate(prompts)]
    plays = []
    for count in TOGETHER:
        several = [jobs[begin : begin + count] for begin in range(0, len(jobs), count)]
        plays.append(rate(lambda jobs=several: sum(len(n) for some in jobs for n in go_on(model, some)), process_time))  # type: ignore[misc]
    line("audition, notes a processor second by prompts together", TOGETHER, plays)


if __name__ == "__main__":
    main()
