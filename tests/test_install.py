"""What `pip install .` gives: the wheel, in a clean virtual environment, away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.errands import Errand

TOP = Path(__file__).parents[1]
BIN = "Scripts" if os.name == "nt" else "bin"


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user's shell would: with nothing of this test run in its environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run([*map(str, command)], cwd=cwd, env=clean, capture_output=True, text=True)


def pip(environment: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """Run a command of pip's on an environment that has none of its own."""
    return run(sys.executable, "-m", "pip", "--python", environment / BIN / "python", *command, cwd=environment)


def build(folder: Path) -> Path:
    """The wheel."""
    folder.mkdir()
    build = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", folder, TOP)
    built = run(*build, cwd=folder)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


def environment(folder: Path, wheel: Path) -> Path:
    """An environment that holds the wheel and what it asks for, and nothing else."""
    venv.create(folder)
    # What is not imported need not be compiled; and a registry that is out of breath is asked again.
    installed = pip(folder, "install", "--quiet", "--no-compile", "--retries", 10, wheel)
    assert installed.returncode == 0, installed.stderr
    return folder


HOME = tempfile.TemporaryDirectory(prefix="improv-install-")
WHEEL = Errand(lambda: build(Path(HOME.name) / "wheel"))
ENVIRONMENT = Errand(lambda: environment(Path(HOME.name) / "environment", WHEEL.result()))


@pytest.fixture
def wheel() -> Path:
    return WHEEL.result()


@pytest.fixture
def commands() -> Path:
    """The folder of the environment's commands."""
    return ENVIRONMENT.result() / BIN


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working folder whose own `training` and `improv` must not be taken for the installed ones."""
    for name in ("training", "improv"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('a stranger was imported')\n")
    return tmp_path


def test_the_wheel_holds_the_programs_and_the_models_and_nothing_else(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    shipped = {f"improv/models/{path.name}" for path in (TOP / "models").glob("default.*")}
    assert "improv/models/default.onnx" in shipped
    assert shipped == {name for name in names if name.startswith("improv/models/")}
    assert {name.split("/")[0].split("-")[0] for name in names} == {"improv", "training", "improv_midi"}
    assert wheel.name.startswith("improv_midi-")


def test_the_base_install_holds_only_what_playing_needs(commands: Path) -> None:
    listed = pip(commands.parent, "list", "--format", "json")
    names = {package["name"].lower().replace("_", "-") for package in json.loads(listed.stdout)}
    assert names >= {"improv-midi", "mido", "python-rtmidi", "onnxruntime", "numpy", "platformdirs"}
    assert not names & {"tensorflow", "keras", "tf2onnx", "music21", "symusic", "matplotlib", "scipy"}


def test_jam_works_from_any_folder(commands: Path, tmp_path: Path) -> None:
    done = run(commands / "improv", "jam", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "improv.mid" in done.stdout
    assert (tmp_path / "improv.mid").read_bytes().startswith(b"MThd")


def test_jam_works_beside_a_foreign_training_folder_and_gives_the_same(commands: Path, elsewhere: Path) -> None:
    for name in ("a.mid", "b.mid"):
        done = run(commands / "improv", "jam", "--json", "-o", name, cwd=elsewhere)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["improv_notes"] > 0
    assert (elsewhere / "a.mid").read_bytes() == (elsewhere / "b.mid").read_bytes()


def test_the_port_process_starts_beside_foreign_folders(commands: Path, elsewhere: Path) -> None:
    done = run(commands / "improv", "ports", "--json", cwd=elsewhere)
    if done.returncode == 0:  # somebody's MIDI system runs
        assert isinstance(json.loads(done.stdout), list)
    else:
        assert done.returncode == 2
        assert done.stderr.startswith("improv: no MIDI system opens here")
        assert len(done.stderr.splitlines()) == 1


def test_training_without_its_packages_is_one_clear_line(commands: Path, elsewhere: Path) -> None:
    done = run(commands / "improv-train", "ingest", "music", cwd=elsewhere)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "[train]" in done.stderr
    assert run(commands / "improv-train", "--help", cwd=elsewhere).returncode == 0


def test_help_and_version_come_with_the_install(commands: Path, elsewhere: Path) -> None:
    assert "improv jam" in run(commands / "improv", "--help", cwd=elsewhere).stdout
    assert run(commands / "improv", "--version", cwd=elsewhere).stdout.startswith("improv 0.")
