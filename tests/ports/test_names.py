import pytest

from improv.errors import UserError
from improv.ports.names import find, is_own, namesakes

#: Names as the systems give them, by API.
MACOS = ["IAC Driver Bus 1", "IAC Driver Bus 2", "Digital Piano", "Launchkey MK3 49 LKMK3 MIDI Out", "Klavier Ü1"]
WINDOWS = ["USB Keyboard 0", "loopMIDI Port 1", "loopMIDI Port 1 2", "Microsoft GS Wavetable Synth 3"]
ALSA = [
    "Midi Through:Midi Through Port-0 14:0",
    "USB Keyboard:USB Keyboard MIDI 1 20:0",
    "Launchkey MK3 49:Launchkey MK3 49 LKMK3 MIDI In 24:0",
    "Launchkey MK3 49:Launchkey MK3 49 LKMK3 DAW In 24:1",
    "FLUID Synth (4711):Synth input port (4711:0) 128:0",
]
JACK = [
    "system:midi_capture_1",
    "system:midi_capture_2",
    "a2j:USB Keyboard [20] (capture): USB Keyboard MIDI 1",
    "a2j:Midi Through [14] (capture): Midi Through Port-0",
    "Midi-Bridge:Digital Piano 2:(capture_0) Digital Piano MIDI 1",
    "fluidsynth:midi_00",
    "Bitwig Studio:MIDI in",
]


@pytest.mark.parametrize(
    ("api", "names", "wanted", "found"),
    [
        ("coremidi", ["IAC Driver Bus 1"], "IAC Bus", "IAC Driver Bus 1"),
        ("coremidi", ["IAC-Driver Bus 1"], "IAC Bus", "IAC-Driver Bus 1"),
        ("coremidi", ["IAC Driver IAC Bus 1"], "IAC Bus", "IAC Driver IAC Bus 1"),
        ("coremidi", MACOS, "IAC Driver Bus 2", "IAC Driver Bus 2"),
        ("coremidi", MACOS, "iac bus 2", "IAC Driver Bus 2"),
        ("coremidi", MACOS, "digital", "Digital Piano"),
        ("coremidi", MACOS, "KLAVIER ü1", "Klavier Ü1"),
        ("coremidi", ["Piano", "Piano 2"], "Piano", "Piano"),
        ("coremidi", ["Piano", "Piano 2"], "piano", "Piano"),
        ("windows", WINDOWS, "USB Keyboard", "USB Keyboard 0"),
        ("windows", WINDOWS, "USB Keyboard 5", "USB Keyboard 0"),
        ("windows", WINDOWS, "loopMIDI Port 1", "loopMIDI Port 1"),
        ("windows", WINDOWS, "loopMIDI Port 1 2", "loopMIDI Port 1 2"),
        ("windows", WINDOWS, "gs wavetable", "Microsoft GS Wavetable Synth 3"),
        ("alsa", ALSA, "USB Keyboard", "USB Keyboard:USB Keyboard MIDI 1 20:0"),
        ("alsa", ALSA, "USB Keyboard:USB Keyboard MIDI 1 32:0", "USB Keyboard:USB Keyboard MIDI 1 20:0"),
        ("alsa", ALSA, "usb keyboard midi 1", "USB Keyboard:USB Keyboard MIDI 1 20:0"),
        ("alsa", ALSA, "Launchkey DAW", "Launchkey MK3 49:Launchkey MK3 49 LKMK3 DAW In 24:1"),
        ("alsa", ALSA, "through", "Midi Through:Midi Through Port-0 14:0"),
        ("jack", JACK, "system:midi_capture_1", "system:midi_capture_1"),
        ("jack", JACK, "midi_capture_2", "system:midi_capture_2"),
        ("jack", JACK, "USB Keyboard", "a2j:USB Keyboard [20] (capture): USB Keyboard MIDI 1"),
        ("jack", JACK, JACK[2].replace("20", "24"), "a2j:USB Keyboard [20] (capture): USB Keyboard MIDI 1"),
        ("jack", JACK, JACK[4].replace("Piano 2", "Piano 3"), JACK[4]),
        ("jack", ["Piano-01:out"], "Piano:out", "Piano-01:out"),
        ("jack", JACK, "fluidsynth", "fluidsynth:midi_00"),
        ("jack", JACK, "Digital Piano", "Midi-Bridge:Digital Piano 2:(capture_0) Digital Piano MIDI 1"),
        ("jack", ["Keys:out", "Keys 2:out"], "keys", "Keys:out"),
    ],
)
def test_what_is_meant(api: str, names: list[str], wanted: str, found: str) -> None:
    assert find(wanted, names, api, "out") == found


@pytest.mark.parametrize(
    ("api", "names", "wanted", "said"),
    [
        ("coremidi", MACOS, "IAC Bus", 'several output ports match "IAC Bus": "IAC Driver Bus 1", "IAC Driver Bus 2"'),
        ("coremidi", MACOS, "Bus IAC", 'no output port matches "Bus IAC"; there is "IAC Driver Bus 1", '),
        ("jack", ["Bus-01:out", "Bus-02:out"], "Bus", '"Bus-01:out", "Bus-02:out"; name one in full'),
        ("jack", JACK, "system", '"system:midi_capture_1", "system:midi_capture_2"'),
        ("alsa", ALSA, "20:0", "no output port"),
        ("alsa", [], "USB Keyboard", "there is none at all"),
        ("alsa", ["Twin 20:0", "Twin 24:0"], "Twin", '"Twin 20:0", "Twin 24:0"'),
        ("windows", WINDOWS, "", "no output port"),
        ("windows", WINDOWS, "-", "no output port"),
        ("coremidi", ["Twin", "Twin"], "Twin", "several"),
    ],
)
def test_none_or_several_is_one_line_with_the_candidates(api: str, names: list[str], wanted: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        find(wanted, names, api, "out")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_number_that_tells_twins_apart_may_be_given() -> None:
    assert find("Twin 24:0", ["Twin 20:0", "Twin 24:0"], "alsa", "in") == "Twin 24:0"


@pytest.mark.parametrize(
    ("wanted", "taken", "others"),
    [
        ("Bus", "Bus:out", ("Bus-01:out",)),
        ("bus", "Bus:out", ("Bus-01:out",)),
        ("us:o", "Bus:out", ("Bus-01:out",)),
        ("out", "Bus:out", ("Bus-01:out",)),
        ("Bus:out", "Bus:out", ()),
        ("Bus-01", "Bus-01:out", ()),
        ("bus-01:OUT", "Bus-01:out", ()),
        ("Keys", "Keys:notes", ()),
    ],
)
def test_what_a_second_client_of_a_name_offers_is_not_taken_and_can_be_named(
    wanted: str, taken: str, others: tuple[str, ...]
) -> None:
    names = ["Bus-01:out", "Bus:out", "Keys:notes"]
    assert find(wanted, names, "jack", "in") == taken
    assert namesakes(wanted, taken, names, "jack") == others
    assert namesakes(wanted, taken, names, "alsa") == ()


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("improv in:improv in", True),
        ("improv out-01:improv out", True),
        ("improv in:improv in 128:0", True),
        ("improv out", True),
        ("improv out 3", True),
        ("my improv in", False),
        ("improv inn", False),
        ("improv:keys", False),
    ],
)
def test_improvs_own_ports_are_known(name: str, own: bool) -> None:
    assert is_own(name) is own
