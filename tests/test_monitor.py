"""The page's pure parts: what can be turned, what is done there, who may see it, and that nobody is waited for."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from improv import clock
from improv.controls import Binding, Controls, bindings
from improv.engine import Timing
from improv.errors import UserError
from improv.events import ControlChange, Gesture, Move, NoteOff, NoteOn, ProgramChange, Turned
from improv.improviser import Improviser
from improv.learning import PATIENCE
from improv.modes import MODES
from improv.monitor import showing
from improv.monitor.binder import Binder
from improv.monitor.cables import Cables
from improv.monitor.dials import DIALS, described, shown, turned
from improv.monitor.guard import Guard
from improv.monitor.hub import BUSY, CLIENTS, LOST, RATE, Hub, Lasting
from improv.monitor.link import AHEAD, PageLink
from improv.monitor.mirror import Mirror
from improv.monitor.overheard import Overheard
from improv.monitor.remote import Remote
from improv.monitor.schema import FILE, Schema
from improv.monitor.witness import Witness
from improv.plan import Cancel, PlannedNote, Play, Silence
from improv.ports.reports import Back, Opened, Plugged, Report, Sent, There, Unplugged
from improv.providers import load_to_play
from improv.resources import default_model
from improv.settings import Settings, tempered
from improv.settingtable import BY_PATH
from tests.score import perform, played

DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
NOTE = {"type": "note", "on": True, "pitch": 60, "velocity": 80}


def fits(message: dict[str, Any]) -> bool:
    return Draft202012Validator({**DOCUMENT, "$ref": f"#/$defs/{message['type']}"}).is_valid(message)


def test_the_schema_is_one_and_describes_all() -> None:
    Draft202012Validator.check_schema(DOCUMENT)
    for name, one in DOCUMENT["$defs"].items():
        if name not in ("toPage", "fromPage"):
            assert one["description"] and one["additionalProperties"] is False, name


def test_every_control_of_the_page_is_a_setting_and_goes_there_and_back() -> None:
    settings = Settings()
    for name, value in shown(settings).items():
        assert DIALS[name].path in BY_PATH
        assert turned(name, value, settings) == getattr(settings, name), name
    said = showing.hello(1.0, settings, alone=True, model="m", models=["m"], recording=False)
    assert fits(said) and {mode["name"] for mode in said["modes"]} == set(MODES)
    assert [control["name"] for control in described()] == [*DIALS]


@pytest.mark.parametrize(
    ("name", "value"),
    [("temperature", 9), ("mode", "waltz"), ("seed", 1), ("voices", 1.5), ("low", 128), ("key", "H moll"), ("mode", 3)],
)
def test_what_cannot_be_is_one_line(name: str, value: object) -> None:
    with pytest.raises(UserError, match=name):
        turned(name, value, Settings())


def test_the_lowest_note_stays_below_the_highest() -> None:
    with pytest.raises(UserError, match="no higher than the highest"):
        turned("low", 80, Settings(high=70))


class PageOf:
    """A page that says what it is given, and keeps what it is told."""

    def __init__(self, *said: dict[str, Any]) -> None:
        self.messages = [{"at": 5.0, "page": 1, **one} for one in said]
        self.told: list[dict[str, Any]] = []

    def said(self) -> list[dict[str, Any]]:
        messages, self.messages = self.messages, []
        return messages

    def tell(self, message: dict[str, Any]) -> None:
        self.told.append(message)


def heard(*said: dict[str, Any]) -> tuple[list[object], Remote, PageOf]:
    page = PageOf(*said)
    remote = Remote(page)  # type: ignore[arg-type]
    binder = Binder(page, Controls(), lambda name, binding: Path("config.toml"))
    return [*remote.events(Settings(), {"default": Path(), "mine": Path("mine.onnx")}, binder)], remote, page


def test_what_is_done_on_the_page_becomes_events() -> None:
    events, remote, _ = heard(
        NOTE,
        {"type": "pedal", "down": True},
        {"type": "gesture", "move": "mute", "down": True},
        {"type": "set", "name": "temperature", "value": 1.5},
        {"type": "note", "on": False, "pitch": 60},
        {"type": "control", "control": 1, "value": 5},
        {"type": "program", "program": 3},
    )
    assert events == [
        NoteOn(5.0, 0, 60, 80),
        ControlChange(5.0, 0, 64, 127),
        Gesture(5.0, Move.MUTE, True),
        Turned(5.0, "temperature", tempered(1.5)),
        NoteOff(5.0, 0, 60),
        ControlChange(5.0, 0, 1, 5),
        ProgramChange(5.0, 0, 3),
    ]
    assert not remote.again and remote.choices == {"sampling.temperature": 1.5}


def test_a_key_that_two_pages_hold_comes_up_with_the_last() -> None:
    up = {"type": "note", "on": False, "pitch": 60}
    events, _, _ = heard(NOTE, {**NOTE, "page": 2}, up, up, {**up, "page": 2})
    assert [type(event) for event in events] == [NoteOn, NoteOn, NoteOff]


def test_other_ports_begin_a_new_session_and_what_cannot_be_is_taken_back() -> None:
    events, remote, page = heard(
        {"type": "set", "name": "temperature", "value": 0.5}, {"type": "choose", "inputs": ["a"], "model": "mine"}
    )
    assert len(events) == 1 and remote.again
    assert remote.choices == {"sampling.temperature": 0.5, "ports.in": ("a",), "model.file": "mine.onnx"}
    assert remote.take_back() and remote.choices == {"sampling.temperature": 0.5} and not remote.again
    _, _, page = heard({"type": "choose", "model": "theirs"}, {"type": "set", "name": "mode", "value": "waltz"})
    assert [message["kind"] for message in page.told] == ["error", "error"] and all(map(fits, page.told))


def test_a_witness_sees_what_begins_and_ends_and_nothing_that_was_cancelled() -> None:
    witness, note, later = Witness(), PlannedNote(1.0, 60, 80, 0.5, 1), PlannedNote(2.0, 62, 80, 0.5, 1)
    witness.obey(Play((note, later)), 0.0)
    assert witness.planned() == [note, later] and witness.due_at() == 1.0
    assert [(one.on, one.deadline, one.note) for one in witness.go_on(1.6)] == [(True, 1.0, note), (False, 1.5, note)]
    witness.obey(Cancel(1.7), 1.6)
    assert witness.go_on(3.0) == [] and witness.planned() == []
    witness.obey(Play((note,)), 0.5)
    assert len(witness.go_on(1.1)) == 1
    witness.obey(Silence(), 1.2)
    ended = witness.go_on(1.2)
    assert [one.on for one in ended] == [False] and fits(showing.strokes(ended))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "no such message"),
        ("{", "not JSON"),
        ("[" * 5000, "not JSON"),
        ('{"type": ["note"]}', "no such message"),
        ('{"type": "notes", "events": []}', "no such message"),
        ('{"type": "note", "on": true, "pitch": 128, "velocity": 3}', "note.pitch"),
        ('{"type": "note", "on": true, "pitch": 60}', "note"),
        ('{"type": "ping", "sent": 1, "more": 1}', "ping"),
        ('{"type": "ping", "sent": NaN}', "not JSON"),
        ('{"type": "gesture", "move": "dance", "down": true}', "gesture.move"),
    ],
)
def test_what_is_no_message_is_refused_in_one_line(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        Schema().read(text)
    assert "\n" not in str(refused.value)


def test_only_who_means_this_server_and_knows_the_token_is_served() -> None:
    here, open_to_all = Guard(8765), Guard(8765, "secret")
    for host in ("127.0.0.1:8765", "localhost:8765", "[::1]:8765"):
        assert here.host({"host": host})
    for host in ("evil.example:8765", "127.0.0.1:80", "127.0.0.1", "", "[::1", "localhost.evil.example:8765"):
        assert not here.host({"host": host}), host
    assert open_to_all.host({"host": "192.168.0.7:8765"}) and not open_to_all.host({"host": "192.168.0.7:1"})
    assert here.known({}) and open_to_all.known({"token": "secret"})
    assert not open_to_all.known({}) and not open_to_all.known({"token": "sécret"})
    own = {"host": "localhost:8765", "origin": "http://localhost:8765"}
    assert here.own(own) and here.own({"host": "localhost:8765"})
    assert not here.own({**own, "origin": "http://evil.example"}) and not here.own({**own, "origin": "null"})


def test_a_slow_client_misses_frames_and_then_is_let_go_and_others_go_on() -> None:
    hub = Hub()
    slow, quick = (hub.join(lambda: None, 0.0) for _ in range(2))
    assert slow is not None and quick is not None
    for _ in range(BUSY + 50):
        hub.say({"type": "status"})
        assert len(quick.take()) == 1
    assert len(slow.take()) == BUSY
    for _ in range(LOST + 1):
        hub.say({"type": "notes", "events": []})
        quick.take()
    assert slow.lost and not quick.lost and slow.take() == []


def test_who_comes_later_is_told_what_there_is() -> None:
    hub = Hub()
    hub.say({"type": "hello", "now": 1.0, "settings": {"mode": "answer"}})
    hub.say({"type": "settings", "settings": {"mode": "solo"}})
    hub.say({"type": "plan", "notes": []})
    client = hub.join(lambda: None, 7.0)
    assert client is not None
    told = [json.loads(text) for text in client.take()]
    assert [one["type"] for one in told] == ["hello", "plan"]
    assert told[0]["now"] == 7.0 and told[0]["settings"] == {"mode": "solo"}


def test_a_new_session_begins_with_its_own_settings() -> None:
    lasting = Lasting()
    lasting.hear({"type": "hello", "settings": {"mode": "answer"}})
    lasting.hear({"type": "settings", "settings": {"mode": "solo"}})
    lasting.hear({"type": "hello", "settings": {"mode": "accompany"}})
    assert lasting.messages() == [{"type": "hello", "settings": {"mode": "accompany"}}]


def test_what_a_client_holds_is_let_go_when_it_leaves_and_floods_end() -> None:
    hub = Hub()
    client = hub.join(lambda: None, 0.0)
    assert client is not None
    client.heard(NOTE)
    client.heard({"type": "pedal", "down": True})
    released = [{"type": "note", "on": False, "pitch": 60}, {"type": "pedal", "down": False}]
    assert client.let_go() == released
    assert all(client.speaks(1.0) for _ in range(RATE)) and not client.speaks(1.0)
    assert client.speaks(2.0)
    assert [hub.join(lambda: None, 0.0) is None for _ in range(CLIENTS)] == [False] * (CLIENTS - 1) + [True]


def binder(page: PageOf, **bound: str) -> tuple[Binder, Controls, list[tuple[str, Binding | None]]]:
    controls, kept = Controls(bindings(bound)), []

    def keep(name: str, binding: Binding | None) -> Path:
        if name == "mute":
            raise UserError("config.toml: cannot be written")
        kept.append((name, binding))
        return Path("config.toml")

    return Binder(page, controls, keep), controls, kept


def test_a_control_is_learned_shown_and_kept_and_can_be_unbound() -> None:
    page = PageOf()
    binding, controls, kept = binder(page, take="cc 66")
    binding.look(0.0)
    assert page.told == [{"type": "bindings", "bindings": {"take": "cc 66"}, "learning": None}]
    binding.learn("density", 1.0)
    binding.look(1.0)
    assert page.told[-1] == {"type": "bindings", "bindings": {"take": "cc 66"}, "learning": "density"}
    assert controls.hear(ControlChange(1.5, 0, 20, 90)) == []
    binding.close()  # what is saved, is by then
    binding.look(1.5)
    assert kept == [("density", Binding("cc", 20))] and binding.bound == {"controls.density": "cc 20"}
    assert page.told[-1] == {"type": "bindings", "bindings": {"take": "cc 66", "density": "cc 20"}, "learning": None}
    assert page.told[-2]["text"] == "density is cc 20 now. Saved to config.toml."
    assert all(map(fits, page.told))


def test_what_is_bound_twice_or_cannot_be_saved_or_never_moves_is_one_line() -> None:
    page = PageOf()
    binding, controls, kept = binder(page, take="cc 66", mute="cc 67")
    binding.learn("tap", 1.0)
    controls.hear(ControlChange(1.0, 3, 66, 127))
    binding.look(1.0)
    assert [one["text"] for one in page.told if one["type"] == "said"] == [
        "controls.take and controls.tap are both bound to cc 66: give each its own"
    ]
    assert kept == [] and controls.learning is None
    binding.unbind("mute", 2.0)
    binding.close()
    binding.look(2.0)
    assert page.told[-2]["text"] == "nothing is bound to mute now. config.toml: cannot be written"
    assert [*controls.bound] == ["take"], "it holds all the same, for now"
    binding.learn("tap", 3.0)
    binding.look(3.0)
    binding.look(3.0 + PATIENCE + 0.1)
    assert "nothing moved" in page.told[-2]["text"] and controls.learning is None
    with pytest.raises(UserError, match="no such control"):
        binding.learn("waltz", 4.0)
    assert all(map(fits, page.told))


def test_cables_are_shown_as_they_come_and_go() -> None:
    cables = Cables(Opened("alsa", ("Keys:Keys 20:0", "pads"), "improv out", absent=("pads",)), There())
    message = cables.message()
    assert (message["inputs"], message["output"], message["unplugged"]) == (["Keys:Keys 20:0", "pads"], "", ["pads"])
    assert cables.hear(There(("Keys:Keys 20:0",), ("Synth:Synth 24:0",)))
    assert cables.hear(Unplugged("Keys:Keys 20:0", "in")) and cables.hear(Plugged("Pads:Pads 28:0", "in"))
    message = cables.message()
    assert message["inputs"] == ["Keys:Keys 20:0", "Pads:Pads 28:0"] and message["unplugged"] == ["Keys:Keys 20:0"]
    assert message["available_outputs"] == ["Synth:Synth 24:0"]
    assert cables.hear(Plugged("Keys:Keys 32:0", "in")), "with another number"
    assert cables.message()["inputs"][0] == "Keys:Keys 32:0" and not cables.message()["unplugged"]
    assert cables.hear(Back(Opened("alsa", (), "", absent=("pads",)))) and cables.message()["unplugged"] == ["pads"]
    assert fits({"type": "ports", "ports": message})


def test_where_the_page_is_the_instrument_no_port_is_chosen() -> None:
    message = Cables(None, There(("Keys",), ())).message()
    assert (message["inputs"], message["output"], message["available_inputs"]) == ([], "", ["Keys"])


SCALE = [[0.25 * step, pitch, 0.2] for step, pitch in enumerate((60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64))]


def test_boldness_turned_on_the_page_changes_what_is_played_and_a_seed_gives_the_same_again() -> None:
    """With the model that ships: tame answers go by small steps, bold ones leap, whatever the seed."""
    model = load_to_play(default_model())

    def answers(boldness: float, seeds: range) -> list[list[int]]:
        turn, _, _ = heard({"type": "set", "name": "temperature", "value": boldness, "at": 0.0})
        both = [perform([*turn, *played(*SCALE)], model, seed) for seed in seeds]  # type: ignore[list-item]
        return [[event.pitch for event in one.improv if isinstance(event, NoteOn)] for one in both]

    def leaps(boldness: float) -> float:
        found = answers(boldness, range(1, 5))
        return float(np.mean([abs(step) for pitches in found for step in np.diff(pitches)]))

    assert answers(0.5, range(1, 2)) == answers(0.5, range(1, 2)) != answers(2.0, range(1, 2))
    assert leaps(2.0) > 1.25 * leaps(0.5)


class NoPorts:
    """A link to nothing."""

    def send(self, command: object) -> None:
        pass

    def wait(self, timeout: float | None, beside: object = None) -> list[Report]:
        return []


def test_improvs_notes_are_told_before_they_are_due_and_so_are_never_late_for_the_synth() -> None:
    page = PageOf()
    page.connection = None  # type: ignore[attr-defined]
    core = Improviser(load_to_play(default_model()), Settings(), np.random.default_rng(0))
    mirror = Mirror(page, core, Overheard(core._stage.model), Timing(), 0.0, recording=False)  # type: ignore[arg-type]
    link = PageLink(page, NoPorts(), Cables(None, There()), list, mirror, alone=True)  # type: ignore[arg-type]
    due = clock.now() + AHEAD / 2
    link.send(Play((PlannedNote(due, 60, 80, 0.5, 1), PlannedNote(due + 10 * AHEAD + 10.0, 62, 80, 0.5, 1))))
    reports = link.wait(0.0)
    told = [message["events"] for message in page.told if message["type"] == "notes"]
    assert [(event["on"], event["pitch"], event["at"]) for events in told for event in events] == [(True, 60, due)]
    assert [report.deadline for report in reports if isinstance(report, Sent)] == [due]
    assert all(map(fits, page.told))
