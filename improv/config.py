"""Settings: one table of keys drives the file, the options, the checks and what is said about them.

The file is TOML; `config.toml` at the repository's top is `render()` of this table. It is looked for where
`--config` says, then in the working folder, then in the user's configuration folder; what no file says keeps
its default, and options win over files.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from improv.errors import UserError
from improv.settingkinds import Names, Switch, Value
from improv.settingtable import BY_OPTION, BY_PATH, KEYS, SECTIONS

FILE_NAME = "config.toml"
HEAD = """\
# Settings of improv. Looked for in the working folder, then in your configuration folder; --config names
# another file. What is left out keeps its default, and options win over this file.
"""

Values = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Config:
    """Settled settings: every key of the table has a checked value, read by the type its kind promises."""

    values: Mapping[str, Value]

    def text(self, path: str) -> str:
        """The text at `section.name`."""
        return str(self.values[path])

    def switch(self, path: str) -> bool:
        """The switch at `section.name`."""
        return bool(self.values[path])

    def number(self, path: str) -> float:
        """The number at `section.name`."""
        value = self.values[path]
        assert isinstance(value, (int, float))
        return float(value)

    def whole(self, path: str) -> int:
        """The whole number at `section.name`."""
        return int(self.number(path))

    def names(self, path: str) -> tuple[str, ...]:
        """The names at `section.name`."""
        value = self.values[path]
        assert isinstance(value, tuple)
        return value


def defaults() -> Values:
    """Every key's default, by path."""
    return {key.path: key.default for key in KEYS}


def user_file() -> Path:
    """The settings file in the user's configuration folder, whether it exists or not."""
    return platformdirs.user_config_path("improv", appauthor=False) / FILE_NAME


def find(named: Path | None) -> Path | None:
    """The settings file to read, or None. Raises UserError if `named` is given and is no file."""
    if named is not None:
        if not named.is_file():
            raise UserError(f"{named}: no such settings file; 'improv setup --config {named}' makes one")
        return named
    return next((path for path in (Path(FILE_NAME), user_file()) if path.is_file()), None)


def read(path: Path) -> Values:
    """What a settings file says, by path. Raises UserError naming file, key and accepted values."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"{path}: not TOML: {error}") from error
    values: Values = {}
    for dotted, raw in _entries(path, document):
        key = BY_PATH[dotted]
        try:
            values[dotted] = key.kind.check(raw)
        except ValueError:
            raise UserError(f"{path}: {dotted} = {raw!r}: accepted is {key.kind.accepted}") from None
    if values.get("model.file"):  # a path in a file is meant from where the file lies
        values["model.file"] = str(path.parent / str(values["model.file"]))
    return values


def _entries(path: Path, document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Yield (dotted key, raw value), refusing what the table does not know."""
    for section, content in document.items():
        if section not in SECTIONS or not isinstance(content, dict):
            wrong = f"unknown section [{section}]" if isinstance(content, dict) else f"unknown key {section}"
            raise UserError(f"{path}: {wrong}; accepted are {', '.join(f'[{name}]' for name in SECTIONS)}")
        for name, raw in content.items():
            if f"{section}.{name}" not in BY_PATH:
                known = ", ".join(key.name for key in KEYS if key.section == section)
                raise UserError(f"{path}: unknown key {name} in [{section}]; accepted are {known}")
            yield f"{section}.{name}", raw


def add_options(parser: argparse._ActionsContainer, options: Iterable[str]) -> None:
    """Give `parser` these options of the table; one that is not typed leaves no trace in the namespace."""
    for option in options:
        key = BY_OPTION[option]
        shown = f"{key.meaning} (default: {key.kind.show(key.default)})".replace("%", "%%")
        if isinstance(key.kind, Switch):
            parser.add_argument(
                option, dest=key.path, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=shown
            )
        else:
            action = "append" if isinstance(key.kind, Names) else "store"
            parser.add_argument(
                option, dest=key.path, action=action, default=argparse.SUPPRESS, help=shown, metavar=key.kind.metavar
            )


def from_options(namespace: argparse.Namespace) -> Values:
    """The typed options of a parsed command line, checked. Raises UserError naming option and accepted values."""
    values: Values = {}
    for key in KEYS:
        if hasattr(namespace, key.path):
            raw = getattr(namespace, key.path)
            try:
                values[key.path] = key.kind.check(key.kind.parse(raw) if isinstance(raw, str) else raw)
            except ValueError:
                raise UserError(f"{key.option} {raw}: accepted is {key.kind.accepted}") from None
    return values


def settle(named: Path | None, options: Values) -> Config:
    """Defaults, overlaid by the settings file if there is one, overlaid by options. Raises UserError."""
    path = find(named)
    return Config({**defaults(), **(read(path) if path else {}), **options})


def render(values: Values | None = None) -> str:
    """A settings file that says `values` (default: the defaults), each key with its comment."""
    said = {**defaults(), **(values or {})}
    lines = [HEAD]
    for section, about in SECTIONS.items():
        lines += [f"# {about}", f"[{section}]"]
        for key in (key for key in KEYS if key.section == section):
            lines.append(f"# {key.meaning}. Accepted: {key.kind.accepted}; default: {key.kind.show(key.default)}.")
            lines.append(f"{key.name} = {key.kind.show(said[key.path])}")
        lines.append("")
    return "\n".join(lines)
