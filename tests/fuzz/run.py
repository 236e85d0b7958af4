"""`python -m tests.fuzz.run NAME [-runs=N ...]`: coverage-guided fuzzing of a target (tests.fuzz.targets).

Wants `pip install atheris` (Linux, macOS). What follows the name goes to libFuzzer; without it a million inputs are
tried. New inputs that reach new code are kept in a folder of the working directory, fuzz-NAME; the few that are worth
keeping go into tests/fuzz/corpus/NAME. An input that improv cannot take is written to crash-*.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["improv", "mido", "tomllib"]):
    from tests.fuzz.targets import CORPUS, TARGETS


def main() -> None:
    """Fuzz until libFuzzer has had enough."""
    name, *rest = sys.argv[1:] or ["midi_bytes"]
    found = Path(f"fuzz-{name}")
    found.mkdir(exist_ok=True)
    options = rest or ["-runs=1000000", "-max_len=4096"]
    atheris.Setup([sys.argv[0], *options, str(found), str(CORPUS / name)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
