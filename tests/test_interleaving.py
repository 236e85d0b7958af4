"""Whatever is played, turned, asked for, chosen and told by a clock, in whatever order: no note and no pedal is stuck.

All goes in as bytes on three inputs, two keyboards with knobs and pads and a clock; what improv sends may come back on
one of them. Settings are changed by controls and read again from a file meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from improv.controls import Controls, bindings
from improv.encoding import IOI, Encoding
from improv.events import Move
from improv.hands import Hearing
from improv.improviser import Improviser
from improv.midi import control_change, note_off, note_on
from improv.modes import MODES
from improv.ports.reports import Heard, Sent
from improv.reception import Reception
from improv.scheduler import Scheduler
from improv.settings import Settings
from tests.table_model import TableModel

ENCODING = Encoding()
PITCHES, CHANNELS = range(55, 66), (0, 1, 9)
KEYS, MORE_KEYS, CLOCK = range(3)
#: Each gesture on a pad of its own, on channel 10; knobs for settings, and programs for modes.
PADS = {move: 36 + index for index, move in enumerate(Move)}
KNOBS = ("temperature", "density", "register", "loudness", "memory_weight", "key_strength", "listens_to_itself")
BOUND = {
    **{str(move): f"note {pad} channel 10" for move, pad in PADS.items()},
    **{name: f"cc {20 + index}" for index, name in enumerate(KNOBS)},
    "mode": "program",
}
#: So many turns in one moment are more than there is to think of.
AT_ONCE = 3000
#: Seconds in which all that was begun has ended, once the player has let go and improv is to answer only.
OVER = 40.0


class Table:
    """Improv with a table for a model, between its inputs and what sounds in the end."""

    def __init__(self, begin: Settings, seed: int, *, looped: bool) -> None:
        self.now = 0.0
        self._looped = looped
        model = TableModel({IOI: {0: 1.0, ENCODING.ioi_bin(0.25): 2.0, ENCODING.ioi_bin(1.0): 1.0}})
        self.core, self._scheduler = Improviser(model, begin, np.random.default_rng(seed)), Scheduler()
        self.reception = Reception(CLOCK, CLOCK, controls=Controls(bindings(BOUND), begin.mode))
        self.sounding: set[tuple[int, int]] = set()
        self.pedals: set[int] = set()

    def say(self, port: int, data: bytes) -> None:
        """These bytes come in now."""
        for event in self.reception.events(Heard(self.now, port, data)):
            self.core.hear(event)

    def play(self, until: float) -> None:
        """Go on until then, from one moment at which something happens to the next."""
        turns = 0
        while True:
            moments = (self.core.wake_at(), self._scheduler.next_deadline())
            before, self.now = (
                self.now,
                max(self.now, min([until, *(moment for moment in moments if moment is not None)])),
            )
            if self.now >= until:
                break
            turns = turns + 1 if self.now == before else 0
            assert turns < AT_ONCE, "it wants turns for ever"
            self.turn()
        self.turn()

    def turn(self) -> None:
        for command in self.core.turn(self.now):
            self._scheduler.apply(command, self.now)
            self.reception.asked(command)
        for sent in self._scheduler.due(self.now):
            if sent.begins and sent.note is not None:
                note = sent.note
                self.reception.sent(
                    Sent(sent.deadline, self.now - sent.deadline, note.pitch, note.velocity, note.channel)
                )
            self._arrived(sent.data)
            if self._looped:
                self.say(MORE_KEYS, sent.data)

    def _arrived(self, data: bytes) -> None:
        kind, channel, key = data[0] & 0xF0, data[0] & 0x0F, (data[0] & 0x0F, data[1])
        if kind == 0x90:
            assert key not in self.sounding, "struck again while it sounds"
            self.sounding.add(key)
        elif kind == 0x80:
            self.sounding.discard(key)
        elif data[1] == 64:
            (self.pedals.add if data[2] >= 64 else self.pedals.discard)(channel)

    def let_go(self) -> None:
        """The player lifts every key and pedal, the clock stops, and improv is to do no more than answer."""
        for port in (KEYS, MORE_KEYS):
            for channel in CHANNELS:
                self.say(port, control_change(channel, 64, 0))
                for pitch in (*PITCHES, *PADS.values()):
                    self.say(port, note_off(channel, pitch))
        self.say(CLOCK, b"\xfc")
        self.core.settle(replace(self.core.settings, mode="answer"))
        self.turn()


def named(**values: object) -> st.SearchStrategy[dict[str, object]]:
    """Some of these settings, each with one of its values."""
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(found) for name, found in values.items()})


channels = st.sampled_from(CHANNELS)
ports = st.sampled_from([KEYS, MORE_KEYS])
#: What is written in the settings file when it is read again.
reloads = named(
    mode=[*MODES],
    role=["lead", "accompaniment"],
    channel_out=[1, 5],
    channel_lead=[None, 2],
    channel_accompaniment=[None, 3, 5],
    channel_left=[None, 4],
    pedal=["off", "follow", "own"],
    polyphony=[1, 4, 16],
    voices=[1, 5],
    trade=[0, 1],
    grid_strength=[0.0, 1.0],
    clock_absent=["free", "wait"],
    take_by=["toggle", "momentary"],
    state=[None, (90, 1)],
    key=["off", "auto", "D dorian"],
    shy=[0.0, 0.2],
    low=[0, 60],
    high=[62, 127],
    offset_ms=[0.0, 40.0, -40.0],
    input_offset_ms=[0.0, 20.0],
    drafts=[1, 3],
)
hearings = st.lists(
    st.builds(Hearing, st.sampled_from([None, *CHANNELS]), st.sampled_from([0, 60])), min_size=1, max_size=2
)
steps = st.one_of(
    st.tuples(ports, st.builds(note_on, channels, st.sampled_from(PITCHES), st.integers(1, 127))),
    st.tuples(ports, st.builds(note_off, channels, st.sampled_from(PITCHES))),
    st.tuples(ports, st.builds(control_change, channels, st.just(64), st.sampled_from([0, 127]))),
    st.tuples(ports, st.builds(note_on, st.just(9), st.sampled_from([*PADS.values()]), st.just(100))),
    st.tuples(ports, st.builds(note_off, st.just(9), st.sampled_from([*PADS.values()]))),
    st.tuples(ports, st.builds(control_change, channels, st.integers(20, 26), st.integers(0, 127))),
    st.tuples(ports, st.integers(0, len(MODES) - 1).map(lambda program: bytes((0xC0, program)))),
    st.tuples(st.just(CLOCK), st.sampled_from([b"\xfa", b"\xfb", b"\xfc", b"\xf2\x04\x00", b"\xf2\x00\x00"])),
    st.tuples(st.just("ticks"), st.integers(1, 60)),
    st.tuples(st.just("reload"), reloads),
    st.tuples(st.just("hearing"), hearings),
)
waits = st.sampled_from([0.0, 0.0, 0.001, 0.02, 0.125, 0.25, 0.5, 2.0])


def do(table: Table, what: object, value: object) -> None:
    if what == "reload":
        assert isinstance(value, Mapping)
        table.core.settle(replace(table.core.settings, **value))
    elif what == "hearing":
        table.reception.settle(value, table.core.settings)  # type: ignore[arg-type]
    elif what == "ticks":
        assert isinstance(value, int)
        for _ in range(value):  # of 120 quarter notes a minute
            table.say(CLOCK, b"\xf8")
            table.play(table.now + 0.5 / 24)
    else:
        table.say(what, value)  # type: ignore[arg-type]
        table.turn()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*MODES]),
    st.sampled_from(["free", "clock", "send"]),
    reloads,
    st.lists(st.tuples(waits, steps), min_size=8, max_size=40),
    st.booleans(),
    st.integers(0, 3),
)
def test_whatever_is_interleaved_no_note_and_no_pedal_is_stuck(mode, sync, more, script, looped, seed) -> None:
    table = Table(replace(Settings(drafts=2), **{**more, "mode": mode, "sync": sync}), seed, looped=looped)
    for wait, (what, value) in script:
        table.play(table.now + wait)
        do(table, what, value)
    table.let_go()
    table.play(table.now + OVER)
    assert not table.sounding and not table.pedals
    ears = table.core._stage.ears
    assert not ears.keys_down() and not ears.sounding(), "nor any key of the player's"
