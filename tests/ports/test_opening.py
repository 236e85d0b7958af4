"""Which system and which ports are opened, on made-up systems."""

from typing import ClassVar

import pytest

from improv.errors import UserError
from improv.ports import opening, wire
from improv.ports.opening import list_all, open_first
from improv.ports.reports import Opened, PortInfo, PortSettings


class Client:
    """Stands for wire.Client. `systems`: ports by API and direction; an API that is not there does not open."""

    systems: ClassVar[dict[str, dict[str, list[str]]]] = {}
    taken: ClassVar[set[str]] = set()
    open_now: ClassVar[list[str]] = []

    def __init__(self, api: str, direction: str) -> None:
        if api not in self.systems:
            raise wire.Unavailable("not here")
        self._ports = self.systems[api][direction]
        self._own = f"improv {direction}"

    def names(self) -> list[str]:
        return self._ports

    def open(self, name: str) -> str:
        if name in self.taken:
            raise wire.Taken("busy")
        self.open_now.append(name)
        self._own = name
        return name

    def open_virtual(self) -> str:
        return self.open(self._own)

    def close(self) -> None:
        if self._own in self.open_now:
            self.open_now.remove(self._own)


@pytest.fixture(autouse=True)
def systems(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, list[str]]]:
    systems: dict[str, dict[str, list[str]]] = {}
    monkeypatch.setattr(Client, "systems", systems)
    monkeypatch.setattr(Client, "taken", set())
    monkeypatch.setattr(Client, "open_now", [])
    monkeypatch.setattr(opening.wire, "Client", Client)
    monkeypatch.setattr(opening.wire, "compiled", lambda: ("alsa", "jack", "windows"))
    return systems


ALSA = {"in": ["Keys:Keys 20:0"], "out": ["Synth:Synth 24:0"]}
JACK = {"in": ["piano:out"], "out": ["fluid:in"]}
Systems = dict[str, dict[str, list[str]]]


def opened(settings: PortSettings, failed: tuple[tuple[str, str], ...] = ()) -> tuple[Opened, list[str]]:
    tried: list[str] = []
    return open_first(settings, failed, tried.append).opened, tried


def refused(settings: PortSettings, failed: tuple[tuple[str, str], ...] = ()) -> str:
    with pytest.raises(UserError) as error:
        opened(settings, failed)
    assert Client.open_now == [], "nothing stays open"
    return str(error.value)


def test_the_first_system_that_has_the_ports_is_used(systems: Systems) -> None:
    systems |= {"alsa": ALSA, "jack": JACK}
    assert opened(PortSettings(("piano",), "fluid")) == (Opened("jack", ("piano:out",), "fluid:in"), ["alsa", "jack"])


def test_a_missing_system_is_no_error(systems: Systems) -> None:
    systems |= {"jack": JACK}
    assert opened(PortSettings()) == (Opened("jack", ("improv in",), "improv out"), ["alsa", "jack"])


def test_what_crashed_before_is_not_touched(systems: Systems) -> None:
    systems |= {"alsa": ALSA, "jack": JACK}
    assert opened(PortSettings(), (("alsa", "crashed"),)) == (Opened("jack", ("improv in",), "improv out"), ["jack"])


def test_a_direction_without_a_name_gets_an_own_port(systems: Systems) -> None:
    systems |= {"alsa": ALSA}
    assert opened(PortSettings(("Keys",)))[0] == Opened("alsa", ("Keys:Keys 20:0",), "improv out")


def test_virtual_wins_over_names(systems: Systems) -> None:
    systems |= {"alsa": ALSA}
    assert opened(PortSettings(("Keys",), "Synth", virtual=True))[0] == Opened("alsa", ("improv in",), "improv out")


def test_who_does_not_listen_opens_no_input(systems: Systems) -> None:
    systems |= {"windows": {"in": [], "out": ["Synth 0"]}}  # where no port of improv's own could be made either
    assert opened(PortSettings(output="Synth", listens=False))[0] == Opened("windows", (), "Synth 0")
    assert Client.open_now == ["Synth 0"]


def test_several_inputs_are_opened(systems: Systems) -> None:
    systems |= {"jack": {"in": ["a:1", "b:1"], "out": []}}
    assert opened(PortSettings(("b", "a")))[0].inputs == ("b:1", "a:1")


def test_no_such_port_names_the_candidates_of_every_system_that_opens(systems: Systems) -> None:
    systems |= {"alsa": ALSA, "jack": JACK}
    line = refused(PortSettings(("organ",)))
    assert '"Keys:Keys 20:0"' in line
    assert '"piano:out"' in line


def test_a_port_that_is_taken_is_named(systems: Systems) -> None:
    systems |= {"windows": {"in": ["Keys 0"], "out": ["Synth 0"]}}
    Client.taken.add("Synth 0")
    line = refused(PortSettings(("Keys",), "Synth"))
    assert line == 'the output port "Synth 0" does not open (busy): is another program holding it?'


def test_where_no_own_port_can_be_made_a_name_is_asked_for(systems: Systems) -> None:
    systems |= {"windows": {"in": ["Keys 0"], "out": []}}
    line = "Windows MIDI has no ports of improv's own: name one with --out (improv ports)"
    assert refused(PortSettings(("Keys",))) == refused(PortSettings(("Keys",), waits=True)) == line
    systems["windows"]["out"].append("Synth 0")
    assert refused(PortSettings(output="Synth")) == line.replace("--out", "--in")


def test_no_system_at_all_is_said_with_every_reason() -> None:
    line = refused(PortSettings(), (("alsa", "crashed on opening"),))
    assert "ALSA: crashed on opening; JACK: not here; Windows MIDI: not here" in line
    with pytest.raises(UserError, match="JACK: not here"):
        list_all("jack", (), [].append)


def test_all_ports_of_all_systems_are_listed(systems: Systems) -> None:
    systems |= {"alsa": ALSA, "jack": JACK}
    assert list_all("auto", (), [].append) == [
        PortInfo("Keys:Keys 20:0", "in", "alsa"),
        PortInfo("Synth:Synth 24:0", "out", "alsa"),
        PortInfo("piano:out", "in", "jack"),
        PortInfo("fluid:in", "out", "jack"),
    ]


def test_a_clock_port_is_opened_behind_the_inputs_or_is_one_of_them(systems: Systems) -> None:
    systems["jack"] = {"in": ["piano:out", "drums:clock"], "out": ["fluid:in"]}
    alone, _ = opened(PortSettings(("piano",), "fluid", "jack", clock="drums"))
    assert (alone.inputs, alone.clock, alone.clock_number) == (("piano:out",), "drums:clock", 1)
    assert Client.open_now == ["piano:out", "drums:clock", "fluid:in"]
    Client.open_now.clear()
    both, _ = opened(PortSettings(("piano", "drums"), "fluid", "jack", clock="clock"))
    assert (both.inputs, both.clock_number) == (("piano:out", "drums:clock"), 1)
    assert Client.open_now == ["piano:out", "drums:clock", "fluid:in"]
    Client.open_now.clear()
    own, _ = opened(PortSettings(api="jack", virtual=True, clock="drums"))
    assert (own.inputs, own.clock_number) == (("improv in",), 1)
    Client.open_now.clear()
    assert 'no input port matches "horn"' in refused(PortSettings(("piano",), "fluid", "jack", clock="horn"))


def test_of_two_clients_of_one_name_one_is_taken_and_the_other_told_of(systems: Systems) -> None:
    systems["jack"] = {"in": ["Bus-01:out", "Bus:out"], "out": ["Bus:in", "fluid:in"]}
    both = opened(PortSettings(("Bus",), "Bus", "jack"))[0]
    assert both == Opened("jack", ("Bus:out",), "Bus:in", namesakes=(("Bus:out", "Bus-01:out"),))
    Client.open_now.clear()
    assert opened(PortSettings(("Bus:out", "Bus-01:out"), "fluid", "jack"))[0].namesakes == ()


def test_with_patience_what_is_not_there_is_left_for_later(systems: Systems) -> None:
    systems |= {"alsa": ALSA, "jack": JACK}
    waiting = PortSettings(("organ", "Keys"), "Synth", waits=True)
    assert opened(waiting) == (
        Opened("alsa", ("organ", "Keys:Keys 20:0"), "Synth:Synth 24:0", absent=("organ",)),
        ["alsa", "jack", "windows", "alsa"],
    )
    assert Client.open_now == ["Keys:Keys 20:0", "Synth:Synth 24:0"]


def test_patience_prefers_a_system_that_has_all(systems: Systems) -> None:
    systems |= {"alsa": ALSA, "jack": JACK}
    assert opened(PortSettings(("piano",), "fluid", waits=True))[0].api == "jack"


def test_a_system_that_is_not_there_is_a_case_of_its_own(systems: Systems) -> None:
    with pytest.raises(opening.NoSystem):
        opened(PortSettings(waits=True))
