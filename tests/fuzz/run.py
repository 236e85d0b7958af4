"""Coverage-guided fuzzing of a target (tests.fuzz.targets).

    python -m tests.fuzz.run NAME [-runs=N ...]
    python -m tests.fuzz.run keep NAME ...

Wants `pip install atheris` (Linux, macOS). What follows the name goes to libFuzzer; without it a million inputs are
tried. An input that improv cannot take, that takes it ten seconds or a gigabyte, ends the run and is written to
crash-*, timeout-* or oom-*. Inputs that reached new code are kept in a folder of the working directory, fuzz-NAME;
`keep` packs them into tests/fuzz/found/NAME.zip: the next run begins with them, and tests/fuzz/test_fuzz.py tries them.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import atheris

from improv import sessionfile, settingtable

with atheris.instrument_imports(include=["improv", "mido", "tomllib"]):
    from tests.fuzz.targets import CORPUS, FOUND, TARGETS

BOUNDS = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"]
#: What is said in settings and sessions, for the fuzzer to say it too.
WORDS = [*settingtable.SECTIONS, *(key.name for key in settingtable.KEYS), *sessionfile._KINDS]


def main() -> None:
    """Fuzz until libFuzzer has had enough; or keep what it has found."""
    name, *rest = sys.argv[1:] or ["midi_bytes"]
    if name == "keep":
        for one in rest:
            keep(one)
        return
    folder, words = Path(f"fuzz-{name}"), Path("fuzz.words")
    folder.mkdir(exist_ok=True)
    words.write_text("".join(f'"{word}"\n' for word in dict.fromkeys(WORDS)))
    if (packed := FOUND / f"{name}.zip").exists():
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(folder)
    options = [*BOUNDS, f"-dict={words}", *(rest or ["-runs=1000000"])]
    atheris.Setup([sys.argv[0], *options, str(folder), str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


def keep(name: str) -> None:
    """Pack what was found; the same inputs give the same archive."""
    FOUND.mkdir(exist_ok=True)
    with zipfile.ZipFile(FOUND / f"{name}.zip", "w") as archive:
        for path in sorted(Path(f"fuzz-{name}").iterdir()):
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes(), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
