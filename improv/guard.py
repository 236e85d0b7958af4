"""Feedback: where improv hears what it has played, that is taken back, and nothing else.

A note that comes in is taken back if improv has sent the same one (channel, pitch, velocity) within ECHO seconds before
it; and each note sent takes back one at most. So a player's own unison is heard, even in the same moment. With a note
its note-off is taken back; so are the pedals that improv sends.
"""

from __future__ import annotations

from collections import Counter, deque

from improv.events import SUSTAIN, ControlChange, Event, NoteOff, NoteOn

#: Seconds an echo takes at most.
ECHO = 0.060
#: What was sent is told by another process, and may be told of a hair later than it is heard.
_HAIR = 0.002
#: Notes sent that are remembered.
_MOST = 512


class Guard:
    """Is told what improv sends, and asked of each event that comes in whether it is improv's own."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, int, int, int]] = deque(maxlen=_MOST)  # when, channel, pitch, velocity
        self._pedals: deque[tuple[float, int, int]] = deque(maxlen=_MOST)  # when, channel, value
        self._taken: Counter[tuple[int, int, int]] = Counter()  # (port, channel, pitch): note-offs that will echo too

    def sent(self, at: float, channel: int, pitch: int, velocity: int) -> None:
        """A note of improv's began `at` (absolute seconds)."""
        self._notes.append((at, channel, pitch, velocity))

    def pedalled(self, at: float, channel: int, value: int) -> None:
        """Improv's pedal moves `at` (absolute seconds)."""
        self._pedals.append((at, channel, value))

    def takes_back(self, event: Event, port: int) -> bool:
        """Whether this event of input number `port` is what improv has sent."""
        match event:
            case NoteOn(at, channel, pitch, velocity):
                own = _take(self._notes, at, (channel, pitch, velocity))
                self._taken[port, channel, pitch] += own
                return own
            case NoteOff(_, channel, pitch):
                own = self._taken[port, channel, pitch] > 0
                self._taken[port, channel, pitch] -= own
                if not self._taken[port, channel, pitch]:
                    del self._taken[port, channel, pitch]
                return own
            case ControlChange(at, channel, control, value):
                return control == SUSTAIN and _take(self._pedals, at, (channel, value))


def _take(sent: deque[tuple[float, int, int, int]] | deque[tuple[float, int, int]], at: float, what: object) -> bool:
    """Take the first of `sent` that says `what` and was sent shortly before `at`, if there is one."""
    for one in sent:
        if one[1:] == what and -_HAIR <= at - one[0] <= ECHO:
            sent.remove(one)  # type: ignore[arg-type]
            return True
    return False
