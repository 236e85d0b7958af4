"""Who looks after a session beside the music: tells the player what happens, writes it down, says that all is well."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from improv.events import Heard
from improv.notify import Notifier
from improv.ports.reports import Cable, Dropped, Report, Sent
from improv.recorder import Recorder
from improv.sessionfile import LeftOut, Remark
from improv.status import StatusLine

News = Callable[[], Sequence[str]]  # what somebody has to say since last asked, a line each
#: So many events of a backlog are written in one record: a line of a session file has an end.
AT_ONCE = 1000


class Desk:
    """`line` is the player's; `recorder` writes the session down, None where nobody wants that; `log` writes what was
    said; `notifier` tells the service manager."""

    def __init__(
        self,
        line: StatusLine,
        recorder: Recorder | None = None,
        log: Callable[[str], None] = lambda text: None,
        notifier: Notifier | None = None,
    ) -> None:
        self._line = line
        self._recorder = recorder
        self._log = log
        self._notifier = Notifier({}) if notifier is None else notifier
        self._beside: Callable[[str, float], None] = lambda text, at: None
        self._news: list[News] = [] if recorder is None else [recorder.news]

    def ask(self, news: News) -> None:
        """From now on somebody's news are asked for at every look."""
        self._news.append(news)

    def share(self, told: Callable[[str, float], None]) -> None:
        """From now on somebody else is told what the player is told: the line, and when that was."""
        self._beside = told

    def look(self, now: float) -> None:
        """Pass on what there is to say; `now` in absolute seconds. To be called a few times a second or more."""
        self._notifier.alive(now)
        for news in self._news:
            for text in news():
                self.say(text, now)

    def say(self, text: str, now: float) -> None:
        """Tell the player something, in one line, and write it down."""
        self._line.say(text)
        self._beside(text, now)
        self._log(text)
        if self._recorder is not None:
            self._recorder.put(Remark(now, text))

    def left_out(self, events: Sequence[Heard]) -> None:
        """The player did this, and the core was spared it: it is written down all the same."""
        if self._recorder is not None:
            for first in range(0, len(events), AT_ONCE):
                self._recorder.put(LeftOut(tuple(events[first : first + AT_ONCE])))

    def heed(self, report: Report, now: float) -> None:
        """Take note of what the ports reported."""
        if isinstance(report, Cable):
            self.say(str(report), now)
        if isinstance(report, Sent | Dropped) and self._recorder is not None:
            self._recorder.put(report)
