"""Which files are one composition, so that a split can keep them together: from names, tables and catalogues."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from improv.errors import UserError

#: A movement's number at the end of a name that already holds a work's: schu_143_2, schubert_D850_1.
MOVEMENT = re.compile(r"^(.*\d.*)_\d{1,2}$")
#: Tables looked for in folders of music, with the columns composer, title, and file or midi.
CATALOGUES = ("catalog.csv", "metadata.csv")
OPUS = re.compile(r"\b(?:op|opus)\s*(?:posth\w*\s*)?(\d+)")
INDEX = re.compile(r"\b(kv?|bwv|d|hob|woo|s)\s*(\d+)\b")
SURNAMES = {"bartholdy": "mendelssohn", "saens": "saint saens", "korsakov": "rimsky korsakov"}
#: Schubert's works go by opus in one catalogue and by Deutsch's number in another.
SAME = {
    f"schubert op {opus}": f"schubert d {deutsch}"
    for opus, deutsch in {
        15: 760, 42: 845, 53: 850, 78: 894, 90: 899, 94: 780, 99: 898, 120: 664, 142: 935, 143: 784
    }.items()
}  # fmt: skip


def composition_of(name: str) -> str:
    """The composition a file belongs to, from its name: movements of one work share it."""
    stem = Path(name).stem
    movement = MOVEMENT.match(stem)
    return movement[1] if movement else stem


def work(composer: str, title: str) -> str:
    """One name for a work, however catalogues write it: surname and opus or index number, or how the title begins.

    A whole opus is one work: its numbers are often recorded together under one title.
    """
    surname = _plain(composer.partition(",")[0]).split() or ["anonymous"]
    who = SURNAMES.get(surname[-1], surname[-1])
    text = _plain(title.split(" - ", 1)[-1].replace("_", " "))
    if opus := OPUS.search(text):
        key = f"{who} op {opus[1]}"
    elif index := INDEX.search(text):
        key = f"{who} {index[1].replace('kv', 'k')} {index[2]}"
    else:
        key = f"{who} {' '.join(text.split()[:6])}"
    return SAME.get(key, key)


def _plain(text: str) -> str:
    """Small letters, digits and single blanks; accents dropped."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", ascii_text).split())


def read_compositions(table: Path) -> dict[str, str]:
    """A CSV table as a mapping from file name to composition.

    Its columns are `file` and `composition`, or those of a catalogue: `file` (or `midi`), `composer`, `title`.
    Raises UserError if it is anything else.
    """
    expected = "expected a CSV table with the columns file and composition, or file, composer and title"
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
        columns = set(reader.fieldnames or ())
        where = "file" if "file" in columns else "midi"
        if {where, "composition"} <= columns:
            return {row[where]: row["composition"] for row in rows}
        if not {where, "composer", "title"} <= columns:
            raise UserError(f"{table}: {expected}")
        # A roll without a composer's name has it in the title, before a slash.
        return {row[where]: work(row["composer"] or row["title"].partition("/")[0], row["title"]) for row in rows}
    except OSError as error:
        raise UserError(f"{table}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, csv.Error, AttributeError) as error:
        raise UserError(f"{table}: {expected}") from error


def catalogues(paths: Iterable[Path]) -> dict[str, str]:
    """What the catalogues in these folders say; a file of such a name that is no catalogue is passed over."""
    found: dict[str, str] = {}
    for path in paths:
        for name in CATALOGUES:
            if (path / name).is_file():
                try:
                    table = read_compositions(path / name)
                except UserError:
                    continue
                base = path.resolve().name
                found |= {f"{base}/{file}": composition for file, composition in table.items()}
                # Some catalogues give the path inside the folder, some the name alone.
                found |= {f"{base}/**/{Path(file).name}": composition for file, composition in table.items()}
    return found


def catalogued(name: str, table: dict[str, str]) -> str | None:
    """What `table` says of the file that goes by `name` in the corpus: by its whole name, or by the file's alone."""
    base, _, inside = name.partition("/")
    keys = (name, inside, Path(name).name, f"{base}/**/{Path(name).name}")
    return next((table[key] for key in keys if table.get(key)), None)
