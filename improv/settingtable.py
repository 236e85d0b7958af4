"""The one table of settings. `config.toml` and the options are written from it, and checked against it."""

from __future__ import annotations

from improv.modes import MODES
from improv.playingtable import PLAYING_KEYS
from improv.ports.reports import APIS
from improv.settingkey import Key
from improv.settingkinds import Choice, Names, Number, Switch, Text
from improv.settingnames import Channels, FileOr, KeyOr, Pitch, Split
from improv.settings import Settings
from improv.timetable import TIME_KEYS

PEDALS = ("off", "follow", "own")
MEMORIES = ("session", "off")
CORE = Settings()


SECTIONS = {
    "ports": "Where the notes come from and go to.",
    "answer": "When improv answers.",
    "accompany": "How it plays with you.",
    "harmonize": "The voices it adds to yours.",
    "solo": "What it plays on its own.",
    "playing": "What is asked of its notes.",
    "time": "The beat it shares with a DAW or a drum machine.",
    "controls": "Knobs, pads, pedals and keys that turn settings and make gestures; improv learn NAME binds one.",
    "harmony": "What it may play together with you.",
    "model": "The network that plays, and the memory beside it.",
    "sampling": "How its notes are drawn.",
    "record": "Every session is written down as it happens: improv sessions, export and replay.",
    "web": "The page that shows and controls it, in a browser.",
    "terminal": "What it says while it plays.",
}

KEYS = (
    Key("ports", "in", (), Names(), "Ports to listen to, part of a name is enough; [] opens an own port", "--in"),
    Key("ports", "out", "", Text(), 'Port to play on, part of a name is enough; "" opens an own port', "--out"),
    Key("ports", "api", "auto", Choice(APIS), "MIDI system; auto takes the first that opens", "--api"),
    Key(
        *("ports", "virtual", False, Switch()),
        'Open own ports "improv in" and "improv out" for others to connect to',
        "--virtual",
    ),
    Key("ports", "thru", False, Switch(), "Pass what you play on to the output, on its own channel", "--thru"),
    Key("ports", "wait", False, Switch(), "Wait for ports and MIDI system that are not there yet", "--wait"),
    Key(
        *("ports", "longest_note", 60.0, Number(1.0, 600.0, "seconds")),
        "No note of improv's sounds longer than this, whatever else goes wrong",
    ),
    Key(
        *("ports", "late_soft", 0.03, Number(0.0, 10.0, "seconds")),
        "Of notes that would begin later than this every other is left out, so that a busy machine catches up",
    ),
    Key(
        *("ports", "late_hard", 0.25, Number(0.0, 10.0, "seconds")),
        "No note begins later than this; those that would are left out. What has begun always ends",
    ),
    Key(
        *("ports", "channel_in", ("0",), Channels()),
        "MIDI channels to listen to; 0 is all of them but 10, where drums and pads are",
        "--channel-in",
    ),
    Key(
        *("ports", "split", "", Split()),
        "Split of the keyboard, and the side it listens to (but on channels with one of their own); it leaves the "
        "other alone",
        "--split",
    ),
    Key(
        *("ports", "pedal", CORE.pedal, Choice(PEDALS)),
        "Its sustain pedal: none, what yours does, or one of its own that is lifted where the harmony changes",
        "--pedal",
    ),
    Key(
        "ports",
        "channel_out",
        CORE.channel_out + 1,
        Number(1, 16, whole=True),
        "MIDI channel to play on",
        "--channel-out",
    ),
    Key(
        *("ports", "channel_lead", 0, Number(0, 16, whole=True)),
        "MIDI channel of what it plays where it has the melody (accompany, role lead); 0 is channel_out",
        "--channel-lead",
    ),
    Key(
        *("ports", "channel_accompaniment", 0, Number(0, 16, whole=True)),
        "MIDI channel of what it plays where you have the melody (accompany, harmonize); 0 is channel_out",
        "--channel-accompaniment",
    ),
    Key(
        *("ports", "channel_left", 0, Number(0, 16, whole=True)),
        "MIDI channel of its left hand where it plays with two (answer, continue, solo); 0 is channel_out",
        "--channel-left",
    ),
    Key(*("ports", "left_below", "C4", Pitch()), "Its left hand plays what lies below this note", "--left-below"),
    Key(
        *("answer", "mode", CORE.mode, Choice(tuple(MODES))),
        "How it plays: answer waits its turn, accompany plays with you, continue plays on when you stop, "
        "harmonize adds voices to yours, solo plays alone",
        "--mode",
    ),
    Key(
        *("answer", "gap_min", CORE.gap_min, Number(0.1, 10.0, "seconds")),
        "Shortest silence after which improv may answer",
    ),
    Key(
        *("answer", "gap_max", CORE.gap_max, Number(0.1, 10.0, "seconds")),
        "Longest silence it waits for before it answers",
    ),
    Key(
        *("answer", "gap_quantile", CORE.gap_quantile, Number(0.5, 1.0)),
        "Share of your own pauses between notes that the silence must outlast; higher interrupts less",
    ),
    Key(
        *("answer", "hold_limit", CORE.hold_limit, Number(0.5, 60.0, "seconds")),
        "A chord held this long with nothing new counts as silence",
    ),
    Key(
        *("answer", "min_notes", CORE.min_notes, Number(1, 32, "notes", whole=True)),
        "Notes a phrase needs to be answered",
    ),
    Key(
        *("answer", "max_phrase", CORE.max_phrase, Number(1.0, 60.0, "seconds")),
        "How much of the end of a long phrase is answered",
    ),
    Key(
        *("answer", "drafts", CORE.drafts, Number(1, 32, "answers", whole=True)),
        "Answers it thinks of while you pause; the best is played",
    ),
    Key(
        *("answer", "false_turn_window", CORE.false_turn_window, Number(0.0, 5.0, "seconds")),
        "Who plays on this soon after an answer began had not finished, and improv withdraws and waits longer",
    ),
    *PLAYING_KEYS,
    *TIME_KEYS,
    Key(
        *("harmony", "key", CORE.key, KeyOr("auto|off|KEY", ("auto", "off"))),
        "Key it leans to: the one you play in (found over the last half minute), none, or the one you name",
        "--key",
    ),
    Key(
        *("harmony", "key_strength", CORE.key_strength, Number(0.0, 1.0)),
        "How much it leans to that key; notes outside it grow rare and are never forbidden",
    ),
    Key(*("harmony", "low", CORE.low, Number(0, 127, whole=True)), "Lowest note it plays; 60 is middle C"),
    Key(*("harmony", "high", CORE.high, Number(0, 127, whole=True)), "Highest note it plays"),
    Key(
        *("harmony", "polyphony", CORE.polyphony, Number(1, 32, "notes", whole=True)),
        "Notes of its own that sound at once, at most; the oldest makes way",
    ),
    Key(
        *("harmony", "shy", CORE.shy, Number(0.0, 1.0)),
        "Leave a rest rather than a note of which it is less sure than this",
        "--shy",
    ),
    Key(
        "model", "file", "", Text("PATH"), 'Model to play with (.onnx); "" is the one that comes with improv', "--model"
    ),
    Key(
        *("model", "provider", "cpu", Choice(("auto", "cpu", "cuda", "coreml", "directml", "migraphx"))),
        "What computes: the processor, a graphics card's provider of onnxruntime, or the fastest at hand",
        "--provider",
    ),
    Key(
        *("model", "memory", CORE.memory, FileOr("session|off|FILE", MEMORIES)),
        "Whether improv learns from your playing while you play: for this session, not at all, or to be kept in a file",
        "--memory",
    ),
    Key(
        *("model", "memory_weight", CORE.memory_weight, Number(0.0, 1.0)),
        "How much it may lean on what you played, at most; 0 is not at all",
    ),
    Key(
        *("sampling", "temperature", 1.0, Number(0.1, 3.0)),
        "Boldness: below 1 plays safe, above 1 takes risks",
        "--temperature",
    ),
    Key(
        *("sampling", "top_p", 1.0, Number(0.05, 1.0)),
        "Share of the likeliest values that are drawn from, at most; lower plays safer",
        "--top-p",
    ),
    Key(
        *("sampling", "seed", 0, Number(0, 2**32 - 1, whole=True)),
        "Where chance begins: same playing and same seed, same answer",
        "--seed",
    ),
    Key("record", "on", True, Switch(), "Write the session down", "--record"),
    Key("record", "folder", "", Text("PATH"), 'Folder of the sessions; "" is improv\'s in your data folder'),
    Key(
        *("record", "days", 365.0, Number(1.0, 36500.0, "days")),
        "Sessions older than this are removed when a new one begins",
    ),
    Key(
        *("record", "megabytes", 1000, Number(1, 1000000, "megabytes", whole=True)),
        "The oldest sessions are removed so that all together take no more than this",
    ),
    Key("web", "on", False, Switch(), "Serve the page beside what is played", "--web"),
    Key(
        *("web", "port", 8765, Number(1, 65535, whole=True)),
        "Port of the page; the next is taken if it is",
        "--web-port",
    ),
    Key(
        *("web", "host", "127.0.0.1", Text("ADDRESS")),
        "Address at which the page is served; beyond this machine its address holds a token, to be kept secret",
        "--web-host",
    ),
    Key("web", "browser", True, Switch(), "Open the page in the browser", "--browser"),
    Key(
        *("terminal", "detail", "normal", Choice(("quiet", "normal", "verbose"))),
        "What is shown: nothing, one status line, or a line for every answer",
    ),
    Key("terminal", "log", "", Text("PATH"), 'File for what is said, begun anew at a megabyte; "" is none', "--log"),
)
BY_PATH = {key.path: key for key in KEYS}
BY_OPTION = {key.option: key for key in KEYS if key.option}
