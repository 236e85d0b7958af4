"""What `improv bench` measures and says, without its measuring what this machine can."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from improv import cli
from improv.bench import command, drafting, measuring
from improv.bench.measuring import Played
from improv.bench.report import LIMITS, MOST, Report
from improv.clock import now
from improv.encoding import IOI
from improv.errors import UserError
from improv.midi import note_on
from improv.plan import Command, Play
from improv.ports.reports import Heard, Opened, PortSettings, Sent
from improv.ports.reports import Report as Reported
from improv.settings import Settings
from improv.timing import Window
from tests.table_model import TableModel


def window(*milliseconds: float) -> Window:
    filled = Window()
    for one in milliseconds:
        filled.add(one / 1000)
    return filled


def report(**changes: Any) -> Report:
    quick: dict[str, Any] = {
        "steps": {"cpu": window(0.1, 0.2)},
        "drafts": {"cpu": 12},
        "reaction": {"harmonize": window(0.5, 0.9), "accompany": window(1.0, 2.0)},
        "lateness": window(0.04, 0.07, 0.07, 3.0),
    }
    rest = {
        "model": "Piano",
        "loop": None,
        "through": "no loop",
        "ready": 1.0,
        "age": 0.25,
        "ports": "through a synth",
        "load": False,
    }
    return Report(**{**quick, **rest, **changes})


def test_what_is_quick_enough_is_fit_to_perform() -> None:
    assert report().verdict == "fit to perform"
    assert report(load=True).verdict == "fit to perform, with every core busy"
    assert report().as_dict()["fit"] is True


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_too_slow_is_named_with_what_to_change(name: str) -> None:
    slow = window(*[LIMITS[name][0] + 1] * 3)
    named = {"step": {"steps": {"cpu": slow}}, "reaction": {"reaction": {"drafting": slow}}}
    found = report(**named.get(name, {name: slow}))
    assert found.verdict == f"not fit to perform ({name} too long): {LIMITS[name][1]}"
    assert found.as_dict()["fit"] is False
    assert "!" in str(found)


def test_notes_that_are_not_there_when_due_are_not_fit_either() -> None:
    assert "only 90% of notes there when due" in report(ready=0.9).verdict
    assert report(ready=0.9).as_dict()["fit"] is False


def test_the_histogram_has_a_bar_for_each_stretch_and_none_behind_the_last() -> None:
    lines = str(report()).splitlines()
    bars = lines[lines.index("how late notes leave, ms") + 1 : -2]
    assert [(bar.split("#")[0].split()[0], bar.split()[-1]) for bar in bars] == [
        ("0", "1"), ("0.05", "2"), ("0.1", "0"), ("0.2", "0"), ("0.5", "0"), ("1", "0"), ("2", "1"),
    ]  # fmt: skip
    assert len({bar.count("#") for bar in bars}) == 3
    assert report(lateness=None).verdict.endswith("was not measured, as there are no ports")


def test_json_has_the_keys_that_help_names() -> None:
    named = re.sub(r" \([^)]*\)", "", command.KEYS).strip("{}").split(", ")
    found = report().as_dict()
    assert named == [*found]
    assert found["drafts_per_gap"] == {"cpu": 12}
    assert "of 32: 12 on cpu" in str(report())
    assert found["lateness_ms"] == {"p50": 0.07, "p99": 3.0}
    assert found["step_ms"] == found["step_ms_by_provider"]["cpu"] == {"p50": 0.1, "p99": 0.2}


class FakeLink:
    """Obeys at once, and reports it."""

    def __init__(self) -> None:
        self.reports: list[Reported] = []

    def send(self, asked: Command) -> None:
        if isinstance(asked, Play):
            self.reports += [Sent(note.onset, 0.002, note.pitch, note.velocity, note.channel) for note in asked.notes]

    def echo(self, said: Reported) -> None:
        self.reports.append(said)

    def wait(self, timeout: float | None) -> list[Reported]:
        reports, self.reports = self.reports, []
        return reports


def test_a_score_is_played_at_its_moments() -> None:
    played, heard = Played(None, [(0.0, b"\x90\x3c\x40"), (0.03, b"\x80\x3c\x00")]), []
    end = now() + 60.0
    while len(heard) < 2 and now() < end:
        heard += [one for one in played.wait(0.1) if isinstance(one, Heard)]
    assert [one.data for one in heard] == [b"\x90\x3c\x40", b"\x80\x3c\x00"]
    assert heard[1].at - heard[0].at >= 0.02
    assert played.struck == [heard[0].at]


def test_steps_lateness_and_reaction_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("STEPS", 20), ("WARM", 1), ("PLANNED", 4), ("STRUCK", 6)):
        monkeypatch.setattr(measuring, name, value)
    link: Any = FakeLink()
    assert measuring.steps(TableModel()).count == 20
    late = measuring.lateness(link, 1)
    assert (late.count, late.max) == (4, pytest.approx(0.002))
    for name in measuring.REACTIONS:
        assert measuring.reaction(TableModel(), Settings(), link, name).count >= 1
        assert measuring.reaction(TableModel(), Settings(), None, name).count >= 1


class Echo(FakeLink):
    """What is played on it is also heard."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def send(self, asked: Command) -> None:
        super().send(asked)
        assert isinstance(asked, Play)
        for note in asked.notes:
            self.reports.append(Heard(note.onset + 0.004, 0, note_on(note.channel, note.pitch, note.velocity)))

    def close(self) -> None:
        self.closed = True


def test_the_loop_is_looked_for_where_improv_plays_and_then_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "BACK_IN", 0.01)
    monkeypatch.setattr(measuring, "PROBES", 2)
    own, cable, none = Echo(), Echo(), FakeLink()
    for link in (cable, none):
        link.opened = Opened("jack", (), "Bus")  # type: ignore[attr-defined]
    asked: list[PortSettings] = []
    monkeypatch.setattr(measuring, "open_ports", lambda settings: asked.append(settings) or own)
    window, through = measuring.looped(cable, 1)  # type: ignore[arg-type]
    assert window is not None and (window.median, through, asked) == (pytest.approx(0.002), "Bus", [])
    window, through = measuring.looped(none, 1)  # type: ignore[arg-type]
    assert window is not None and (window.count, through) == (2, "a port of improv's own")
    assert asked == [PortSettings(api="jack", looped=True)] and own.closed

    def refuse(settings: PortSettings) -> Any:
        raise UserError("Windows MIDI has no ports of improv's own")

    monkeypatch.setattr(measuring, "open_ports", refuse)
    window, through = measuring.looped(none, 1)  # type: ignore[arg-type]
    assert (window, through) == (None, "Windows MIDI has no ports of improv's own")
    assert f"not measured ({through})" in str(report(through=through))


def test_drafts_are_counted_that_are_written_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    quarters = TableModel({IOI: {TableModel().encoding.ioi_bin(0.3125): 1e6}})
    monkeypatch.setattr(drafting, "GAP", 30.0)
    assert drafting.drafts(quarters, Settings()) == MOST
    monkeypatch.setattr(drafting, "GAP", 0.0)
    assert drafting.drafts(quarters, Settings()) == 0


def test_the_command_says_what_it_found_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_measured", lambda settled, load: report(ready=0.9 if load else 1.0))
    monkeypatch.setattr(measuring, "busy", lambda: __import__("contextlib").nullcontext())
    assert cli.main(["bench", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "fit to perform"
    assert cli.main(["bench", "--load"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("not fit to perform")
    assert np.isfinite(report().as_dict()["age_ms"])
