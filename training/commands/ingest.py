"""`improv-train ingest`."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.needs import need, writing
from training.options import OWN_VOICE, fraction, positive
from training.progress import Complaints, progress

SHORT = "music files to a corpus"
LONG = """Read all MIDI files and scores (MusicXML, Humdrum, ABC) in folders, and the folders in them, into one
corpus file: seconds instead of ticks, notes as long as they sound (sustain pedal included), who plays the
melody as far as track names and staves tell. Scores take music21 a second or so each, the first time; after
that they come from a cache. Of performances that repeat each other, transposed ones too, one is kept. Whole
compositions are kept apart for validation and test; movements of one work stay together, and so does a work
that several catalogues name (catalog.csv or metadata.csv in a folder, columns file or midi, composer, title).
Beside the corpus a summary (.md) and a picture of what is in it (.png) are written."""


def options(command: argparse.ArgumentParser) -> None:
    """Add its options."""
    add = command.add_argument
    add("music", nargs="+", type=Path, metavar="DIR", help="folder with MIDI files or scores (or a single file)")
    add("-o", "--output", type=Path, default=Path("corpus.npz"), help="the corpus to write (default: %(default)s)")
    add("--workers", type=positive, help="processes that read (default: one a core)")
    add(
        "--compositions",
        type=Path,
        metavar="CSV",
        help="table with columns file,composition, or file,composer,title (default: catalogues, file names)",
    )
    named = "keep this composition for {}; may be given several times (default: a share, chosen by name)"
    add("--validation", action="extend", nargs="+", metavar="COMPOSITION", help=named.format("validation"))
    add("--test", action="extend", nargs="+", metavar="COMPOSITION", help=named.format("test"))
    add("--own-voice", action="store_true", help=OWN_VOICE)
    add("--share", type=fraction, default=0.05, help="share of compositions for each of the two (default: %(default)s)")


def run(options: argparse.Namespace) -> None:
    """Read music into a corpus."""
    need("symusic", "rich", "matplotlib")
    from training.compositions import read_compositions
    from training.corpus import ingest, summary
    from training.pictures import write_summary

    named = {split: getattr(options, split) for split in ("validation", "test") if getattr(options, split)}
    complaints = Complaints()
    with progress("reading") as tell:
        corpus = ingest(
            options.music,
            workers=options.workers,
            table=read_compositions(options.compositions) if options.compositions else None,
            named=named,
            share=options.share,
            own=options.own_voice,
            complain=complaints,
            progress=tell,
        )
    writing(options.output, corpus.save)
    writing(options.output, lambda path: write_summary(corpus, path))
    complaints.sum_up()
    facts = summary(corpus)
    parts = ", ".join(f"{count:,} {part}" for part, count in facts["by_part"].items() if count)
    print(
        f"files {facts['files']:,}, compositions {facts['compositions']:,}, notes {facts['notes']:,} ({parts}), "
        f"hours {facts['hours']:.1f}"
    )
    if facts["merged"]:
        dropped, kept = corpus.merged[0]
        others = f" and {facts['merged'] - 1} others" if facts["merged"] > 1 else ""
        print(f"left out as repeats of a performance: {dropped} (of {kept}){others}")
    for split, counts in facts["by_split"].items():
        figures = ", ".join(f"{what} {counts[what]:,}" for what in ("compositions", "files", "notes"))
        print(f"  {split}: {figures}")
    beside = options.output.with_suffix(".md")
    print(f"written to {options.output}; what is in it: {beside}; next: improv-train fit {options.output}")
