"""The rows of the table of settings that say how improv plays with you, and what turns that while you play."""

from __future__ import annotations

from improv.controlnames import CONTROLS, Bound
from improv.settingkey import Key
from improv.settingkinds import Choice, Number, Text
from improv.settings import Settings

CORE = Settings()

PLAYING_KEYS = (
    Key(
        *("accompany", "role", CORE.role, Choice(("accompaniment", "lead"))),
        "Who has the melody: accompaniment leaves it to you, lead plays it over your chords",
        "--role",
    ),
    Key(
        *("accompany", "commit", CORE.commit, Number(0.0, 1.0, "seconds")),
        "What it has planned to begin this soon stays when you play, unless that made it unlikely",
    ),
    Key(
        *("harmonize", "voices", CORE.voices, Number(1, 5, "voices", whole=True)),
        "How many voices are added to your top note",
    ),
    Key(
        *("harmonize", "harmonic_rhythm", CORE.harmonic_rhythm, Number(0.0, 5.0, "seconds")),
        "No sooner than this does a new note change the harmony",
    ),
    Key(
        *("solo", "prompt", "", Text("PATH")),
        'MIDI file whose end a solo goes on from, as if you had played it; "" begins in silence',
        "--prompt",
    ),
    Key(
        *("playing", "density", CORE.density, Number(0.0, 40.0, "notes a second")),
        "How many notes are asked for; 0 is as they come",
        "--density",
    ),
    Key(
        *("playing", "register", CORE.register, Number(0.0, 108.0)),
        "How high they are asked to be: their mean pitch, 60 is middle C; 0 is as they come",
        "--register",
    ),
    Key(
        *("playing", "listens_to_itself", CORE.listens_to_itself, Number(0.0, 1.0)),
        "Share of its own notes that it hears; lower follows you more, and itself less",
    ),
    Key(
        *("playing", "loudness", CORE.loudness, Number(0.1, 3.0)),
        "How loud it plays beside you; 1 is as loud as you, or, under your melody, as much softer as people are there",
        "--loudness",
    ),
    *(Key("controls", name, "", Bound(), meaning) for name, meaning in CONTROLS.items()),
    Key(
        *("controls", "take_by", CORE.take_by, Choice(("toggle", "momentary"))),
        "Whether take changes over at each press, or lasts while it is held",
    ),
    Key(
        *("controls", "state", "", Bound(sent=True)),
        "A controller that improv sends: 0 while it listens, 64 while it answers, 127 while it is muted",
    ),
)
