"""Settings: one table of keys drives the file, the options, the checks and what is said about them.

The file is TOML; `config.toml` at the repository's top is `render()` of this table. It is looked for where
`--config` says, then in the working folder, then in the user's configuration folder; what no file says keeps
its default, and options win over files.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from improv.errors import UserError
from improv.settingkinds import Names, Switch, Value
from improv.settingtable import BY_OPTION, BY_PATH, KEYS, MEMORIES, SECTIONS

FILE_NAME = "config.toml"
#: No settings file is larger, in bytes.
LARGEST = 1 << 20
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
    values = parse(path, text_of(path))
    for key in (
        "model.file",
        "solo.prompt",
        "model.memory",
        "record.folder",
        "terminal.log",
    ):  # a path in a file is meant from where the file lies
        if values.get(key) and values[key] not in MEMORIES:
            values[key] = str(path.parent / str(values[key]))
    return values


def text_of(path: Path) -> str:
    """The text of a settings file. Raises UserError if it cannot be read or is no text."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UserError(f"{path}: larger than any settings file, which has {LARGEST} bytes at most")
        return data.decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not TOML: not a text in UTF-8") from error


def parse(path: Path, text: str) -> Values:
    """What the text of a settings file says, by path; `path` is only named in a UserError."""
    try:
        document = tomllib.loads(text)
    except (
        ValueError,
        RecursionError,
    ) as error:  # a number or a nesting that Python does not take is no TOMLDecodeError
        raise UserError(f"{path}: not TOML: {error}") from error
    values: Values = {}
    for dotted, raw in _entries(path, document):
        kind = BY_PATH[dotted].kind
        try:
            values[dotted] = kind.check(raw)
        except ValueError:
            raise UserError(f"{path}: {dotted} = {raw!r}: accepted is {kind.accepted}") from None
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
        default = key.kind.show(key.default) if key.default not in ("", ()) else "none"
        shown = f"{key.meaning} (default: {default})".replace("%", "%%")
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
                said = raw if isinstance(raw, str) else " ".join(raw)
                raise UserError(f"{key.option} {said}: accepted is {key.kind.accepted}") from None
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


def changed(text: str, changes: Values) -> str:
    """The text of a settings file with these keys set, and its comments, order and other keys as they were."""
    intended = parse(Path(FILE_NAME), text) | changes
    lines = text.removesuffix("\n").split("\n") if text else []  # splitlines knows ends of line that TOML does not
    for path, value in changes.items():
        section, name = path.split(".")
        _set(lines, section, name, f"{name} = {BY_PATH[path].kind.show(value)}")
    edited = "\n".join(lines) + "\n" if lines else ""
    try:
        if parse(Path(FILE_NAME), edited) == intended:
            return edited
    except UserError:
        pass
    return render(intended)  # written in a way that editing by lines does not follow: say it plainly anew


def _set(lines: list[str], section: str, name: str, statement: str) -> None:
    """Put `statement` in the place of the section's line for `name`, or under the section's head, or at the end."""
    header = re.compile(r"\s*\[\s*([\w-]+)\s*\]")
    begin = next((i for i, line in enumerate(lines) if (m := header.match(line)) and m[1] == section), None)
    if begin is None:
        lines += [*([""] if lines else []), f"[{section}]", statement]
        return
    end = next((i for i in range(begin + 1, len(lines)) if header.match(lines[i])), len(lines))
    for first in range(begin + 1, end):
        if re.match(rf"\s*{name}\s*=", lines[first]):
            lines[first : _statement_end(lines, first)] = [statement]
            return
    lines.insert(begin + 1, statement)


def _statement_end(lines: Sequence[str], first: int) -> int:
    """The index after the last line of the TOML statement that begins at `first`; a list may run over several."""
    for end in range(first + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[first:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return first + 1
