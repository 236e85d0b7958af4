"""Who plays which part: how the player's and improv's notes stand before the network, and whose it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from improv.encoding import Order
from improv.notes import Note, Part

PLAYER, PROMPT, IMPROV = "player", "prompt", "improv"
Loudness = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Cast:
    """The part of each of the two, and the order in which the network reads the notes of a chord."""

    player: Part
    own: Part
    order: Order = Order.LEAD_FIRST

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of a plan: improv's own, and the player's if it is another."""
        return (self.own,) if self.own == self.player else (self.own, self.player)

    def joins(self, part: Part, pitch: int, group: list[tuple[Part, int]]) -> bool:
        """Whether a note may come after those of `group`, in this order."""
        if self.order == Order.LEAD_FIRST and part == Part.LEAD:
            return all(other == Part.LEAD and below < pitch for other, below in group)
        if self.order == Order.LEAD_FIRST:
            group = [(other, below) for other, below in group if other != Part.LEAD]
        return all(below < pitch for _, below in group)


#: Two who play as one, and who of two has the melody. A lead who joins a chord that sounds already comes last in it.
TOGETHER = Cast(Part.UNSPLIT, Part.UNSPLIT)
ACCOMPANIST = Cast(player=Part.LEAD, own=Part.ACCOMPANIMENT)
LEADER = Cast(player=Part.ACCOMPANIMENT, own=Part.LEAD, order=Order.ASCENDING)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the network is to read what was heard: in which order, as which parts by voice, and at which loudness, a
    map of velocities 1-127."""

    order: Order = Order.LEAD_FIRST
    parts: Mapping[str, Part] = field(default_factory=dict)
    loudness: Loudness = int

    def of(self, voice: str, note: Note) -> Note:
        """A note of this voice, as the network is to read it."""
        return replace(note, velocity=self.loudness(note.velocity), part=self.parts.get(voice, note.part))


def reading(cast: Cast, loudness: Loudness) -> Reading:
    """The reading for a cast."""
    return Reading(cast.order, {PLAYER: cast.player, PROMPT: cast.player, IMPROV: cast.own}, loudness)
