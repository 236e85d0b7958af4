"""Which port a user means: matching what was typed against what the systems call their ports. Pure.

Names as they come: ALSA `USB Keyboard:USB Keyboard MIDI 1 20:0`, JACK `a2j:USB Keyboard [20] (capture): USB
Keyboard MIDI 1`, Windows `USB Keyboard 1` (RtMidi appends the port's number), macOS `IAC Driver Bus 1`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from improv.errors import UserError
from improv.ports.reports import IN, OUT, Direction

#: What improv calls its own clients and ports.
OWN = {IN: "improv in", OUT: "improv out"}

_NUMBERS = {
    "alsa": re.compile(r" \d+:\d+$"),  # client and port, new at every plugging in
    # a2jmidid's and PipeWire's client numbers; a number in JACK's own port names is all that tells ports apart
    "jack": re.compile(r" \[\d+\](?= \((?:capture|playback)\))| \d+(?=:\((?:capture|playback)_\d+\))"),
    "windows": re.compile(r" \d+$"),  # RtMidi makes names unique with the port's index
}
#: Which end of a device a name means: a bridge's to JACK, or a port's that stands beside the other of its client.
_ENDS = re.compile(r"\(?(?:capture|playback)(?:_\d+)?\)?|(?<![^\W_])(?:in|out)(?:put)?(?![^\W_])")
#: JACK says "client-01" for the second client of one name: another port, or the other end of what opened both.
_CLIENT_NUMBER = re.compile(r"-\d\d(?=:)")
_OWN_CLIENT = re.compile(rf"^(?:{'|'.join(OWN.values())})(?:-\d+)?(?: \d+)?(?::|$)")


def is_own(name: str) -> bool:
    """Whether a port belongs to an improv: those are never offered or matched."""
    return _OWN_CLIENT.match(name) is not None


def find(wanted: str, names: Sequence[str], api: str, direction: Direction) -> str:
    """The one of `names` that `wanted` means.

    Tried in turn: the exact name; then, without letter case and without the numbers that the system appends,
    the whole name or the client or port in it; a part of it; its words in order. UserError with the
    candidates if the first of these that finds anything finds several, or none does. Of JACK's clients of one name the
    first is meant, the one without a number: `namesakes` has the others.
    """
    if names.count(wanted) == 1:
        return wanted
    folded = _fold(wanted, api)
    rules: tuple[Callable[[str], bool], ...] = (
        lambda name: folded in _wholes(_fold(name, api)),
        lambda name: folded in _fold(name, api),
        lambda name: _in_order(_words(folded), _words(_fold(name, api))),
    )
    for rule in rules:
        found = _firsts([name for name in names if rule(name)] if folded.strip() else [], api)
        if len(found) == 1:
            return found[0]
        if found:
            raise UserError(f"several {direction}put ports match {_quoted(wanted)}: {listed(found)}; name one in full")
    raise UserError(f"no {direction}put port matches {_quoted(wanted)}; there is {listed(names)}")


def _firsts(found: list[str], api: str) -> list[str]:
    """`found`, or the first where all are called alike but for the number that JACK gave to a second client."""
    plain = [name for name in found if not _CLIENT_NUMBER.search(name)]
    return plain if plain and len({_called(name, api) for name in found}) == 1 else found


def same_bus(heard: str, played: str, api: str) -> bool:
    """Whether an input and an output seem to be two ends of one thing: a bus that gives back what it gets, or an
    instrument that has both. Improv's own ports are none."""
    if is_own(heard) or is_own(played):
        return False
    ends = (_ENDS.sub("", _called(name, api)) for name in (heard, played))
    return next(ends) == next(ends)


def namesakes(wanted: str, taken: str, names: Sequence[str], api: str) -> tuple[str, ...]:
    """Of `names`, those that are called as the one that was `taken` for what was `wanted`, but for the number that JACK
    gave to a second client; none where that was named in full or with its number."""
    if wanted == taken or api != "jack" or _CLIENT_NUMBER.search(f"{wanted}:"):
        return ()
    return tuple(name for name in names if name != taken and _called(name, api) == _called(taken, api))


def listed(names: Sequence[str]) -> str:
    """Names as one line of candidates."""
    return ", ".join(_quoted(name) for name in names) if names else "none at all"


def _quoted(name: str) -> str:
    return '"' + name.replace("\n", " ") + '"'


def _called(name: str, api: str) -> str:
    """A folded name without JACK's number for a second client of its name."""
    folded = _fold(name, api)
    return _CLIENT_NUMBER.sub("", folded, count=1) if api == "jack" else folded


def _fold(name: str, api: str) -> str:
    """A name without letter case and without the numbers that this API appends."""
    pattern = _NUMBERS.get(api)
    return (pattern.sub("", name) if pattern else name).casefold().strip()


def _wholes(folded: str) -> tuple[str, ...]:
    """What counts as a whole: the name, and in `client:port` either of the two."""
    client, colon, port = folded.partition(":")
    return (folded, client.strip(), port.strip()) if colon else (folded,)


def _words(folded: str) -> list[str]:
    return re.findall(r"[^\W_]+", folded)


def _in_order(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """Whether all wanted words are among `words`, in their order; others may stand between."""
    rest = iter(words)
    return bool(wanted) and all(word in rest for word in wanted)
