"""`improv learn`: the next control that moves is bound, and kept in the settings file that the next start reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from improv import cli, config
from improv.ports.reports import Heard, Lost, Opened, Report


class Moving:
    """A link on whose input somebody does this; then nothing, until the time is over."""

    opened = Opened("fake", ("Keys",), "improv out")

    def __init__(self, *data: str, then: tuple[Report, ...] = ()) -> None:
        self._reports: list[Report] = [*(Heard(0.0, 0, bytes.fromhex(each)) for each in data), *then]
        self.now = 0.0

    def wait(self, timeout: float) -> list[Report]:
        if self._reports:
            return [self._reports.pop(0)]
        self.now += timeout
        return []

    def close(self) -> None:
        pass


Learn = Callable[[str, Moving], int]


@pytest.fixture
def learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learn:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "user_file", lambda: tmp_path / "user" / config.FILE_NAME)

    def one(name: str, link: Moving) -> int:
        monkeypatch.setattr("improv.ports.link.open_ports", lambda settings: link)
        monkeypatch.setattr("improv.learning.clock.now", lambda: link.now)
        return cli.main(["learn", name])

    return one


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("temperature", "b01430", "cc 20"),
        ("mute", "992450", "note 36"),
        ("mode", "c003", "program"),
        ("take", "b0407f", "cc 64"),
    ],
)
def test_what_moves_is_bound_and_kept_and_the_rest_of_the_file_stays(
    learn: Learn, capsys: pytest.CaptureFixture[str], name: str, data: str, found: str
) -> None:
    Path("config.toml").write_text("# mine\n[controls]\nfinish = 'cc 70'\n")
    assert learn(name, Moving("f8", "b01400", data)) == 0
    assert f"{name} is {found} now. Saved to config.toml." in capsys.readouterr().out
    kept = config.settle(None, {})
    assert (kept.text(f"controls.{name}"), kept.text("controls.finish")) == (found, "cc 70")
    assert Path("config.toml").read_text().startswith("# mine\n")


@pytest.mark.parametrize(
    ("link", "said"),
    [
        (Moving("b04614"), "controls.finish and controls.mute are both bound to cc 70"),
        (Moving(), "nothing moved on Keys"),
        (Moving(then=(Lost("fake: gone"),)), "fake: gone"),
    ],
)
def test_what_cannot_be_is_one_line_and_changes_nothing(
    learn: Learn, capsys: pytest.CaptureFixture[str], link: Moving, said: str
) -> None:
    text = "[controls]\nfinish = 'cc 70'\n"
    Path("config.toml").write_text(text)
    assert learn("mute", link) == 2
    complaint = capsys.readouterr().err
    assert said in complaint and complaint.count("\n") == 1
    assert Path("config.toml").read_text() == text
