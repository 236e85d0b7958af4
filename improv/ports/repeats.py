"""Offs that may have been lost on the way, said again. Pure: the moment is handed in.

1. What silences everything is said again at SILENCE_AT: on JACK, a client that is killed stalls the graph, and what
   others send in the next milliseconds vanishes; on a busy machine it may stand still for longer.
2. When the list of ports changes, the offs of the last WITHIN seconds are said again, at CHANGE_AT.
3. When all is over, the offs of the last LAST_WITHIN seconds are.
4. Where the system may lose messages, every off of improv's is said again OFF_AGAIN_AT, and what silences everything
   for longer.
5. What sounds again meanwhile is left alone.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable

from improv.events import SUSTAIN
from improv.ledger import Key, Ledger
from improv.midi import ALL_NOTES_OFF, CONTROL, NOTE_OFF, note_off

#: When everything is silenced.
SILENCE_AT = (0.0, 0.010, 0.030, 0.080, 0.250)
#: On a busy machine JACK without real time goes on without a client that is late, and what was sent to it is lost: up
#: to three messages in a hundred, and seen at nine waiting processes: all of 0.3 s.
OFF_AGAIN_AT, LONG_SILENCE_AT = (0.05, 0.5), (*SILENCE_AT, 0.6, 1.0)
#: When offs are said again after the list of ports has changed, and those of how many seconds.
CHANGE_AT, WITHIN = (0.0, 0.1), 0.5
#: When the port process ends, it says offs of so many seconds once more: the system may have lost one unnoticed.
LAST_WITHIN = 10.0
#: More offs than this are not remembered; ten fingers play fewer in that time.
_MOST = 1024


class Repeats:
    """Watches which offs leave, knows from the `ledger` what sounds, and says what is due once more."""

    def __init__(self, ledger: Ledger, *, lossy: bool = False) -> None:
        """`lossy`: the system may lose messages."""
        self._ledger = ledger
        self._off_again_at = OFF_AGAIN_AT if lossy else ()
        #: When everything is silenced, in seconds from the first time.
        self.silence_at = LONG_SILENCE_AT if lossy else SILENCE_AT
        self._ended: deque[tuple[float, Key]] = deque(maxlen=_MOST)
        self._due: list[tuple[float, bytes]] = []

    def ended(self, key: Key, now: float) -> None:
        """An off left."""
        self.passed_on(key, now)
        self._plan([note_off(*key)] if self._off_again_at else [], now, self._off_again_at)

    def passed_on(self, key: Key, now: float) -> None:
        """An off of the player's left, as it came: it is said again at an end or a change, and not without need."""
        self._ended.append((now, key))

    def silenced(self, messages: Iterable[bytes], now: float) -> None:
        """These were sent to silence what sounds."""
        messages = [*messages]
        self._ended += [(now, (data[0] & 0x0F, data[1])) for data in messages if data[0] & 0xF0 == NOTE_OFF]
        self._plan(messages, now, self.silence_at[1:])

    def changed(self, now: float) -> None:
        """The list of ports is another."""
        self._plan(self.recent(now), now, CHANGE_AT)

    def recent(self, now: float, within: float = WITHIN) -> list[bytes]:
        """The offs of the last `within` seconds."""
        keys = dict.fromkeys(key for at, key in self._ended if now - at <= within)
        return [note_off(*key) for key in keys]

    def due(self, now: float) -> list[bytes]:
        """What is to be said once more by `now`."""
        said = []
        while self._due and self._due[0][0] <= now:
            data = heapq.heappop(self._due)[1]
            if not self._disturbs(data):
                said.append(data)
        return said

    def next_deadline(self) -> float | None:
        """When something is to be said once more; None if nothing is."""
        return self._due[0][0] if self._due else None

    def _plan(self, messages: Iterable[bytes], now: float, delays: Iterable[float]) -> None:
        if len(self._due) > _MOST * len(LONG_SILENCE_AT):
            return
        once = list(dict.fromkeys(messages))
        for delay in delays:
            for data in once:
                heapq.heappush(self._due, (now + delay, data))

    def _disturbs(self, data: bytes) -> bool:
        """Whether a message would end what sounds by now."""
        kind, channel = data[0] & 0xF0, data[0] & 0x0F
        if kind == NOTE_OFF:
            return self._ledger.holds((channel, data[1]))
        if kind == CONTROL and data[1] == SUSTAIN:
            return self._ledger.pedal(channel)
        return kind == CONTROL and data[1] == ALL_NOTES_OFF and self._ledger.busy(channel)
