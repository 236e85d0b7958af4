"""The messages between page and improv: read from the one file that says what they are, and checked."""

from __future__ import annotations

import json
from importlib.resources import files

from jsonschema import Draft202012Validator

from improv.monitor.hub import Message

FILE = files("improv.monitor") / "static" / "messages.json"
#: No message of a page's is longer, in bytes.
LONGEST = 8192


class Schema:
    """Knows what a page may say."""

    def __init__(self) -> None:
        document = json.loads(FILE.read_text(encoding="utf-8"))
        said = [one["$ref"].rpartition("/")[2] for one in document["$defs"]["fromPage"]["oneOf"]]
        self._checks = {kind: Draft202012Validator({**document, "$ref": f"#/$defs/{kind}"}) for kind in said}

    def read(self, text: str) -> Message:
        """The message that a page sent. ValueError, in one line, for what is none."""
        try:
            message = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError):
            raise ValueError("not JSON") from None
        kind = message.get("type") if isinstance(message, dict) else None
        check = self._checks.get(kind) if isinstance(kind, str) else None
        if check is None:
            raise ValueError(f"no such message; there are {', '.join(self._checks)}")
        for error in check.iter_errors(message):
            where = "".join(f".{part}" for part in error.absolute_path)
            raise ValueError(f"{kind}{where}: {error.message}"[:300])
        assert isinstance(message, dict)
        return message


def _no_number(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are none in JSON, though Python takes them
