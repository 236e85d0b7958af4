"""One row of the table of settings."""

from __future__ import annotations

from dataclasses import dataclass

from improv.settingkinds import Kind, Value


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: where it stands in the file, its default, what it may be, what it means, its option if any."""

    section: str
    name: str
    default: Value
    kind: Kind
    meaning: str
    option: str = ""

    @property
    def path(self) -> str:
        """The key's full name, `section.name`."""
        return f"{self.section}.{self.name}"
