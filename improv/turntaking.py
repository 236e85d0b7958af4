"""Whose turn it is: when the player has finished a phrase, and when that was taken wrongly.

1. A phrase is what the player has played since improv's last answer, at most the last `max_phrase` seconds.
2. Improv may answer once nothing has been held for as long as `gap()`: a high quantile of the player's own
   recent intervals between onsets (chords counted once), times what false turns have taught, less what the last
   note was held, for intervals too begin with onsets. A long last note says more of an end than the model's own
   expectation of a wait, which was tried in its place.
3. A player who comes in within `false_turn_window` of an answer's start had not finished: the phrase goes on,
   and the gap grows. It shrinks back slowly.
4. After an answer improv waits until the player has played again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import numpy as np

from improv.notes import GROUP_SPAN
from improv.panel import Panel

#: How many intervals are remembered; at five onsets a second, the last half minute.
RECENT = 128
#: Before the player has shown their pace it is taken to be this, in seconds between onsets.
FIRST_GUESS = 0.5
#: What one false turn multiplies the gap by, at most how often over, and the seconds in which half of it is forgotten.
RISE = 1.5
MOST_RISE = 4.0
HALF_LIFE = 60.0


class TurnTaking:
    """Follows the player's onsets, of which some may have been `heard` before; all in seconds on the events' clock."""

    def __init__(self, panel: Panel, heard: Iterable[float] = ()) -> None:
        self._panel = panel
        self._intervals: deque[float] = deque([FIRST_GUESS], RECENT)
        self._phrase: deque[float] = deque(maxlen=4096)
        self._last_group: float | None = None
        self._answer_at: float | None = None
        self._usual = FIRST_GUESS  # the high quantile of the intervals
        self._pace = FIRST_GUESS  # their median
        self._rise = 1.0
        self.last: float | None = None  # the player's last onset
        self.false_turns = 0
        for onset in heard:
            self.heard(onset)

    def heard(self, onset: float) -> bool:
        """The player began a note at `onset`. Returns whether an answer was just withdrawn as a false turn."""
        false_turn = False
        if self._answer_at is not None:
            false_turn = onset - self._answer_at < self._panel.settings.false_turn_window
            if false_turn:
                self.false_turns += 1
                self._rise = min(self._rise * RISE, MOST_RISE)
            else:
                self._phrase.clear()
                self._last_group = None  # the wait for an answer is no interval of the player's
            self._answer_at = None
        self.last = onset
        self._count_interval(onset)
        self._phrase.append(onset)
        while self._phrase[0] < onset - self._panel.settings.max_phrase:
            self._phrase.popleft()
        return false_turn

    def gap(self, held: float = 0.0) -> float:
        """Seconds of silence after which the phrase is taken to be over, its last note held for `held` seconds."""
        settings = self._panel.settings
        return min(max(self._usual * self._rise - held, settings.gap_min), settings.gap_max)

    def due(self, quiet_since: float | None) -> float | None:
        """When to answer, if nothing is held from `quiet_since` on; None if it is not improv's turn."""
        min_notes = self._panel.settings.min_notes
        if quiet_since is None or self._answer_at is not None or len(self._phrase) < max(min_notes, 1):
            return None
        return quiet_since + self.gap(quiet_since - self._phrase[-1])

    def answered(self, at: float) -> None:
        """Improv's answer begins at `at`."""
        self._answer_at = at

    def forget(self) -> None:
        """What has been played so far is no phrase that wants an answer."""
        self._phrase.clear()
        self._answer_at = self._last_group = None

    def pace(self) -> float:
        """Seconds from one onset of the player's to the next, as a rule (the median; chords counted once)."""
        return self._pace

    def phrase_length(self) -> float:
        """Seconds from the phrase's first onset to its last."""
        return self._phrase[-1] - self._phrase[0] if self._phrase else 0.0

    def _count_interval(self, onset: float) -> None:
        if self._last_group is not None:
            interval = onset - self._last_group
            if interval <= GROUP_SPAN:
                return
            self._intervals.append(interval)
            self._pace, self._usual = np.quantile(self._intervals, (0.5, self._panel.settings.gap_quantile)).tolist()
            self._rise = 1 + (self._rise - 1) * 0.5 ** (interval / HALF_LIFE)
        self._last_group = onset
