"""The settings of time: the beat that improv shares with a DAW or a drum machine. A part of the table."""

from __future__ import annotations

from improv.divisions import DIVISIONS, FASTEST, SLOWEST
from improv.settingkey import Key
from improv.settingkinds import Choice, Meter, Number, Text
from improv.settings import Settings

CORE = Settings()

TIME_KEYS = (
    Key(
        *("time", "sync", CORE.sync, Choice(("free", "clock", "send"))),
        "Whose time it plays in: free time, that of a MIDI clock it follows, or its own, which it sends as a clock",
        "--sync",
    ),
    Key(
        *("time", "clock", "", Text()),
        'Port whose clock is followed, part of a name is enough; "" takes the ports it listens to',
        "--clock",
    ),
    Key(
        *("time", "clock_absent", CORE.clock_absent, Choice(("free", "wait"))),
        "What it does while the clock is stopped or absent: play in free time, or wait for it",
    ),
    Key(*("time", "meter", "4/4", Meter()), "Metre of the bars it counts by the clock", "--meter"),
    Key(
        *("time", "tempo", CORE.tempo, Number(SLOWEST, FASTEST, "quarter notes a minute")),
        "Tempo of the clock it sends",
        "--tempo",
    ),
    Key(
        *("time", "trade", CORE.trade, Number(0, 32, "bars", whole=True)),
        "Trade so many bars by the clock, answering on the bar line; 0 answers when you have finished",
        "--trade",
    ),
    Key(
        *("time", "grid", CORE.grid, Choice(("off", *DIVISIONS))),
        "Where its notes begin beside a clock: 16 is on sixteenths, 8t on triplets; auto is on either, as it comes",
        "--grid",
    ),
    Key(
        *("time", "grid_strength", CORE.grid_strength, Number(0.0, 1.0)),
        "Share of its onsets that the grid takes; 1 is all, 0 is none",
    ),
    Key(
        *("time", "swing", CORE.swing, Number(0.5, 0.75)),
        "Share of two notes of the grid that the first takes: 0.5 is straight, 0.67 swings",
        "--swing",
    ),
    Key(
        *("time", "offset_ms", CORE.offset_ms, Number(-500.0, 500.0, "milliseconds")),
        "How much earlier its notes are sent, for a synth or DAW that sounds late; improv calibrate finds it",
    ),
    Key(
        *("time", "input_offset_ms", CORE.input_offset_ms, Number(-100.0, 500.0, "milliseconds")),
        "How much later your notes come than you mean them; improv calibrate finds it",
    ),
)
