"""The rules of the house, held by machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.errands import Errand

TOP = Path(__file__).parents[1]
MODULES = sorted([*(TOP / "improv").rglob("*.py"), *(TOP / "training").rglob("*.py")])
TOO_HEAVY = ("tensorflow", "keras", "training", "music21", "symusic", "matplotlib", "tf2onnx")
TEST_COMMAND = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
README = (TOP / "README.md").read_text(encoding="utf-8")


def tool(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=TOP, capture_output=True, text=True)


def test_ruff() -> None:
    found = tool("ruff", "check", "improv", "training", "tests")
    assert found.returncode == 0, found.stdout


MYPY = Errand(lambda: tool("mypy", "--strict", "--cache-dir", ".mypy_cache/house", "improv"))


def test_mypy() -> None:
    found = MYPY.result()
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("module", ["improv.app", "improv.cli", "improv.ports.opening", "improv.setup", "improv.jam"])
def test_playing_imports_nothing_of_training(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {TOO_HEAVY!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True)
    assert said.stdout.strip() == "[]", said.stdout + said.stderr


def test_help_and_the_port_process_import_no_numpy_and_no_onnxruntime() -> None:
    program = (
        "import sys, improv.cli, improv.ports.process; print('numpy' in sys.modules, 'onnxruntime' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True)
    assert said.stdout.strip() == "False False", said.stdout + said.stderr


def test_every_module_imports_where_a_system_has_less_than_this_one() -> None:
    """As on Windows: no poll, no sessions, no process priorities, few signals."""
    less = {
        "os": ("setsid", "setpriority", "PRIO_PROCESS", "nice", "fork"),
        "select": ("poll", "epoll", "kqueue"),
        "signal": ("SIGHUP", "SIGKILL", "SIGSTOP", "pthread_sigmask"),
    }
    paths = [path.relative_to(TOP) for path in MODULES]
    names = [".".join(path.with_suffix("").parts) for path in paths if path.parts[0] == "improv"]
    program = f"""import importlib
for module, gone in {less!r}.items():
    for name in gone:
        vars(importlib.import_module(module)).pop(name, None)
for name in {names!r}:
    importlib.import_module(name)
from improv.ports import starting, waiting
with starting._no_interrupt():
    pass
ours, theirs = starting.multiprocessing.Pipe()
theirs.send(1)
assert waiting.Waiter(ours).sleep(1.0)
"""
    said = subprocess.run([sys.executable, "-c", program], cwd=TOP, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize(
    ("library", "allowed"),
    [("onnxruntime", ["improv/model.py"]), ("rtmidi", ["improv/ports/wire.py"])],
)
def test_one_module_alone_brings_a_library_in(library: str, allowed: list[str]) -> None:
    importing = re.compile(rf"^\s*(import|from) {library}\b", re.MULTILINE)
    modules = [path for path in MODULES if "improv" in path.relative_to(TOP).parts[:1]]
    found = [str(path.relative_to(TOP)) for path in modules if importing.search(path.read_text(encoding="utf-8"))]
    assert found == allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(TOP)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < 50, f"{node.name} does not fit a screen"


def test_the_architecture_names_every_module() -> None:
    page = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = [str(path.relative_to(TOP)) for path in MODULES if path.name != "__init__.py"]
    folders = ("improv/ports/", "improv/modes/", "training/")
    missing = [name for name in names if name not in page and not name.startswith(folders)]
    assert not missing
    assert all(folder in page for folder in folders)


def test_ci_calls_the_readmes_test_command() -> None:
    assert TEST_COMMAND in README.splitlines()
    assert TEST_COMMAND in (TOP / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", README)
    assert links
    assert [link for link in links if not (TOP / link).exists()] == []


def test_the_readme_names_only_options_that_exist() -> None:
    from improv.settingtable import BY_OPTION, BY_PATH

    commands = [line.partition("#")[0] for line in README.splitlines() if line.lstrip().startswith("improv ")]
    commands += re.findall(r"`(improv [^`]+)`", README)
    options = {word for command in commands if "train" not in command for word in re.findall(r"--[a-z-]+", command)}
    assert options >= {"--in", "--out", "--virtual"}
    assert options <= {*BY_OPTION, "--help", "--config", "--recompute"}
    assert {f"{section}.{key}" for section, key in re.findall(r"`\[(\w+)\] (\w+)`", README)} <= set(BY_PATH)


def test_the_changelog_has_this_version() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"\n## {project['version']}" in (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
