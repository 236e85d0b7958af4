"""What was heard, for whoever plays next: the player's notes as they sound, and the context they share with improv."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial

from improv.beatfinder import BeatFinder
from improv.casting import IMPROV, PLAYER, PROMPT
from improv.context import Context
from improv.encoding import Encoding
from improv.events import Event, Prompt
from improv.keynames import Key, read_key
from improv.listener import Listener
from improv.notes import GROUP_SPAN, MAX_DURATION, Note
from improv.panel import Panel
from improv.recall import Remembrance
from improv.tally import Tally
from improv.timekeeping import Timekeeper
from improv.tonality import KeyFollower

#: So much may wait to be learned: who never stops gives no time for it.
UNLEARNED = 64
#: So many notes of each are kept as they began: a minute or less. And so many of the player's are counted.
RECENT_NOTES, COUNTED = 256, 2048


class Ears:
    """`recent` holds the player's last notes as they began, `own` improv's; `played` counts the player's, of minutes;
    `context` holds both voices; `time` knows the beat. Learning takes longer than hearing, so it is left until there is
    time to `learn`, or somebody asks for the `remembrance`."""

    def __init__(self, encoding: Encoding, panel: Panel, remembrance: Remembrance | None = None) -> None:
        """With no `remembrance` from an earlier session a new one, if the settings want one."""
        self.context = Context(encoding)
        self.recent: deque[Note] = deque(maxlen=RECENT_NOTES)
        self.played = Tally(COUNTED)
        self._remembrance = (remembrance or Remembrance(encoding)) if panel.settings.memory == "session" else None
        self._unlearned: deque[Callable[[], None]] = deque()
        self.time = Timekeeper(panel)
        self._keys = KeyFollower()
        self._listener = Listener()
        self._panel = panel
        self.own: deque[Note] = deque(maxlen=RECENT_NOTES)
        self._own = 0
        self._listened = 0.0  # how many of improv's notes are context
        self._own_last: dict[int, tuple[int, Note]] = {}  # by pitch, improv's last note and its number

    def hear(self, event: Event) -> Note | None:
        """Take in what the player did, as long ago as it took to be heard; the note that it began, if it began one."""
        begun = None
        early = self._panel.settings.input_offset_ms / 1000
        if early:
            event = replace(event, at=event.at - early)
        for number, note in self._listener.hear(event):
            self.context.put((PLAYER, number), note)
            self._keys.hear(number, note, event.at)
            if note.duration is None:
                self.recent.append(note)
                self.played.add(note)
                begun = note
                self._unlearned.append(partial(self.time.struck, note.onset))
            if self._remembrance is not None:
                learn = self._learn_onset if note.duration is None else self._learn_end
                self._unlearned.append(partial(learn, self._remembrance, number, note))
            self.learn(left=UNLEARNED)
        return begun

    @property
    def remembrance(self) -> Remembrance | None:
        """The session memory of all that was heard; None if the settings want none."""
        self.learn()
        return self._remembrance

    @property
    def beats(self) -> BeatFinder | None:
        """What is known of the beat of all that the player played in free time; None beside a clock."""
        self.learn()
        return self.time.beats

    @property
    def behind(self) -> bool:
        """Whether there is something to learn."""
        return bool(self._unlearned)

    def learn(self, left: int = 0) -> None:
        """Learn from what was heard, until no more than so many are `left` to be learned."""
        while len(self._unlearned) > left:
            self._unlearned.popleft()()

    def learn_one(self) -> None:
        """Learn a note, some 0.2 ms."""
        self.learn(max(0, len(self._unlearned) - 1))

    @staticmethod
    def _learn_onset(remembrance: Remembrance, number: int, note: Note) -> None:
        remembrance.hear(note.onset, note.pitch, own=False)
        remembrance.lengths.began((PLAYER, number), note, not remembrance.frozen)

    @staticmethod
    def _learn_end(remembrance: Remembrance, number: int, note: Note) -> None:
        remembrance.lengths.ended((PLAYER, number), note)

    @staticmethod
    def _learn_own(remembrance: Remembrance, number: int, note: Note) -> None:
        remembrance.hear(note.onset, note.pitch, own=True)
        remembrance.lengths.began((IMPROV, number), note, False)

    def prompt(self, prompt: Prompt) -> None:
        """Take in music that counts as the player's, though it was not played."""
        last = max((note.onset + note.duration for note in prompt.notes), default=0.0)
        for number, note in enumerate(sorted(prompt.notes, key=lambda note: note.onset)):
            played = Note(note.onset - last + prompt.at, note.pitch, note.velocity, note.duration)
            self.context.put((PROMPT, number), played)
            self.recent.append(played)
            self.time.struck(played.onset)
            self.played.add(played)
            if self.remembrance is not None:
                self.remembrance.hear(played.onset, played.pitch, own=False)

    def hear_own(self, note: Note) -> None:
        """Take in a note that improv has played, with the duration it sounds; its pitch's next onset cuts it."""
        self._cut_own(note.pitch, note.onset)
        if self._remembrance is not None:
            self._unlearned.append(partial(self._learn_own, self._remembrance, self._own, note))
        self.own.append(note)
        before = int(self._listened)
        self._listened += self._panel.settings.listens_to_itself
        if int(self._listened) > before:
            self.context.put((IMPROV, self._own), note)
            self._own_last[note.pitch] = (self._own, note)
            self._own += 1

    @property
    def key(self) -> Key | None:
        """The key that improv leans to as things are: the player's, the one that is set, or none."""
        match self._panel.settings.key:
            case "off":
                return None
            case "auto":
                return self._keys.key
            case named:
                return read_key(named)

    def held_key(self) -> str:
        """The setting that holds the present key: its name; as it is where none has been found yet."""
        settings, found = self._panel.settings, self._keys.key
        return settings.key if found is None or settings.names_key else str(found)

    def freeze(self, frozen: bool) -> None:
        """Learn nothing of what is played from now on, or learn again."""
        if self.remembrance is not None:
            self.remembrance.frozen = frozen

    def forget(self) -> None:
        """Forget what has been learned of the player's playing."""
        if self.remembrance is not None:
            self.remembrance.forget()

    def end_own(self, at: float, pitches: Collection[int] | None = None) -> None:
        """All that improv has played, or what of it has these pitches, ends at `at` (seconds) or before."""
        for pitch in [*self._own_last] if pitches is None else pitches:
            self._cut_own(pitch, at)
            self._own_last.pop(pitch, None)

    def _cut_own(self, pitch: int, at: float) -> None:
        number, note = self._own_last.get(pitch, (0, None))
        if note is not None and note.release is not None and note.release > at:
            self.context.put((IMPROV, number), replace(note, duration=max(0.0, at - note.onset)))

    @property
    def heard(self) -> int:
        """How many notes the player has begun."""
        return self._listener.heard

    def keys_down(self) -> set[int]:
        """The pitches of the keys that the player holds down."""
        return self._listener.keys_down()

    def sounding(self) -> set[int]:
        """The pitches that the player holds, by key or by pedal."""
        return self._listener.sounding()

    def last_sounded(self) -> float:
        """For how many seconds the player's last chord sounded; MAX_DURATION while it does, and before there is one."""
        played = [note for (voice, _), note in self.context.latest() if voice != IMPROV]
        last = [note for note in played if note.onset >= played[-1].onset - GROUP_SPAN]
        return max((MAX_DURATION if note.duration is None else note.duration for note in last), default=MAX_DURATION)

    def quiet_since(self) -> float | None:
        """From when on the player holds nothing, if no event comes (absolute seconds); None before the first note."""
        return self._listener.quiet_since(self._panel.settings.hold_limit)
