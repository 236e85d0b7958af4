"""How the core plays, as one value: every number a user may turn."""

from __future__ import annotations

from dataclasses import dataclass

from improv.notes import Note, Part
from improv.plan import VOICES

#: Temperature and top_p are given a field each, in the order of encoding.FIELDS.
PerField = tuple[float, float, float, float, float]
TEMPERATURE: PerField = (1.0, 0.95, 0.95, 1.0, 0.95)
TOP_P: PerField = (1.0, 0.97, 0.97, 1.0, 0.97)


def tempered(boldness: float) -> PerField:
    """The temperatures for one dial that turns them all; 1 is as it comes."""
    a, b, c, d, e = TEMPERATURE
    return a * boldness, b * boldness, c * boldness, d * boldness, e * boldness


def narrowed(share: float) -> PerField:
    """The top_p of each field if none is to be more than `share` (0 to 1)."""
    a, b, c, d, e = TOP_P
    return min(a, share), min(b, share), min(c, share), min(d, share), min(e, share)


@dataclass(frozen=True, slots=True)
class Settings:
    """The core's settings; seconds, and MIDI channels counted from 0.

    Playing: `channel_out` carries improv's notes, but where it has the melody or accompanies they go to `channel_lead`
    or `channel_accompaniment`, and where it plays as one with the player those `left_below` a pitch to `channel_left`;
    each None for `channel_out` too. Its `pedal` is "off", does as the player's ("follow"), or holds each harmony by
    itself ("own").

    Turn-taking: improv answers after a silence, counted from the moment nothing is held. Its length is the
    `gap_quantile` of the player's recent intervals between onsets, less what the last note was held, at
    least `gap_min` and at most `gap_max`. A chord still held counts as silence once nothing new has come for
    `hold_limit`. An answer needs `min_notes` in the phrase. A player who resumes within `false_turn_window` of an
    answer's start had not finished.

    Answering: of so many `drafts` the best is played. It is about as long as the player's phrase, of which at most the
    last `max_phrase` count. `memory` "session" lets it draw on what the player has played, with a weight of
    `memory_weight` at most (0 to 1); "off" leaves it to the network alone. `temperature` (see `tempered`) above 1 makes
    improv bolder, below 1 tamer; `top_p` (see `narrowed`) below 1 leaves out what is unlikely.

    Accompanying: its `role` is "accompaniment", then the player has the melody, or "lead". When the player plays, what
    it had planned to begin within `commit` stays or is dropped, and what lies beyond is drawn anew.

    Harmonizing: `voices` are added to the player's top note, and change no sooner than every `harmonic_rhythm` seconds.

    What is asked of its notes: `density` notes a second and `register`, their mean pitch, 0 for as they come;
    `loudness` times the player's, or what is usual of an accompaniment or a lead beside theirs. Of its own notes a
    share of `listens_to_itself` (0 to 1) is context for what comes.

    Controls: the gesture "take" changes over at each press (`take_by` "toggle") or lasts as long as it is held
    ("momentary"); what improv does is said by a controller, `state` its number and its channel, None for not at all.

    Harmony: `key` "auto" follows the player's key, "off" none, and "D dorian" is that one; what lies outside it is made
    less likely by a `key_strength` from 0 (not at all) to 1. No pitch is below `low` or above `high`. No more than
    `polyphony` of improv's notes sound at once: the oldest makes way. A note whose pitch is less likely than `shy` (0
    to 1) is left out, and a rest is in its place.

    Time: `sync` "free" keeps no beat, "clock" follows a MIDI clock and "send" sends one of `tempo` quarter notes a
    minute, in a `meter` of so many of such notes, (6, 8) for 6/8. While there is no clock, or it is stopped,
    `clock_absent` "free" plays in free time and "wait" not at all. With a clock, a share of `grid_strength` of the
    onsets is on a `grid` (one of improv.divisions, or "off") with `swing`;
    with `trade`, improv answers for so many bars from a bar line on, 0 is as long as it likes. Its notes are sent
    `offset_ms` early, and the player's are taken to have been struck `input_offset_ms` before they were heard.
    """

    mode: str = "answer"
    channel_out: int = 1
    channel_lead: int | None = None
    channel_accompaniment: int | None = None
    channel_left: int | None = None
    left_below: int = 60
    pedal: str = "off"
    gap_quantile: float = 0.97
    gap_min: float = 0.35
    gap_max: float = 2.5
    hold_limit: float = 4.0
    min_notes: int = 3
    false_turn_window: float = 1.0
    max_phrase: float = 12.0
    drafts: int = 8
    memory: str = "session"
    memory_weight: float = 0.5
    role: str = "accompaniment"
    commit: float = 0.12
    voices: int = 2
    harmonic_rhythm: float = 0.4
    density: float = 0.0
    register: float = 0.0
    loudness: float = 1.0
    listens_to_itself: float = 1.0
    take_by: str = "toggle"
    state: tuple[int, int] | None = None
    temperature: PerField = TEMPERATURE
    top_p: PerField = TOP_P
    key: str = "off"
    key_strength: float = 0.5
    low: int = 0
    high: int = 127
    polyphony: int = VOICES
    shy: float = 0.0
    sync: str = "free"
    clock_absent: str = "free"
    meter: tuple[int, int] = (4, 4)
    tempo: float = 120.0
    grid: str = "auto"
    grid_strength: float = 1.0
    swing: float = 0.5
    trade: int = 0
    offset_ms: float = 0.0
    input_offset_ms: float = 0.0

    @property
    def bar(self) -> float:
        """Quarter notes in a bar."""
        return 4 * self.meter[0] / self.meter[1]

    @property
    def names_key(self) -> bool:
        """Whether the key is one that was named."""
        return self.key not in ("off", "auto")

    def channel(self, note: Note) -> int:
        """The MIDI channel (0-15) that a note of improv's goes to."""
        own = {
            Part.LEAD: self.channel_lead,
            Part.ACCOMPANIMENT: self.channel_accompaniment,
            Part.UNSPLIT: self.channel_left if note.pitch < self.left_below else None,
        }[note.part]
        return self.channel_out if own is None else own

    @property
    def channels(self) -> frozenset[int]:
        """All MIDI channels (0-15) that notes of improv's may go to."""
        own = (self.channel_lead, self.channel_accompaniment, self.channel_left)
        return frozenset({self.channel_out, *(channel for channel in own if channel is not None)})
