"""The folder of sessions: names, what is kept, which one is meant; and the commands about them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mido
import pytest

from improv import cli, config, recording, sessionfolder
from improv.errors import UserError
from improv.events import NoteOff, NoteOn
from improv.plan import PlannedNote, Play
from improv.sessionfile import FORMAT, Head, Tally, Turn, line
from improv.settings import Settings
from improv.settled import core_settings

NOW = datetime(2026, 11, 25, 20, 0, 0, tzinfo=UTC)
HEAD = Head(FORMAT, 100.0, "2026-11-25T20:00:00.000+00:00", 0, asdict(Settings()), {}, {"sha256": "other"}, {})
TURNS = [
    Turn(101.0, (NoteOn(101.0, 0, 60, 70), NoteOff(101.5, 0, 60)), ()),
    Turn(102.0, (), (Play((PlannedNote(102.5, 67, 80, 0.5, 1),)),)),
]


def put(folder: Path, name: str, age_days: float = 0.0, size: int = 0) -> Path:
    path = folder / f"{name}.improv"
    text = b"".join(map(line, (HEAD, *TURNS, Tally(160.5, 1, 1, True))))
    path.write_bytes(text.ljust(size, b"\n"))
    moment = (NOW - timedelta(days=age_days)).timestamp()
    os.utime(path, (moment, moment))
    return path


def test_a_new_session_has_a_name_of_its_own(tmp_path: Path) -> None:
    where = tmp_path / "new" / "folder"
    paths = []
    for _ in range(3):
        paths.append(sessionfolder.new_path(where, NOW))
        paths[-1].touch()
    name = NOW.astimezone().strftime("%Y-%m-%d-%H%M%S")
    assert [path.name for path in paths] == [f"{name}.improv", f"{name}-2.improv", f"{name}-3.improv"]
    assert [one.path for one in sessionfolder.entries(where)] == [*reversed(paths)], "the latest first"
    assert sessionfolder.choose(where, None) == paths[-1]


def test_old_sessions_go_and_then_the_oldest_until_the_rest_fits(tmp_path: Path) -> None:
    for name, age in (("a", 400.0), ("b", 30.0), ("c", 20.0), ("d", 10.0), ("e", 0.01)):
        put(tmp_path, name, age, 10_000)
    (tmp_path / "mine.mid").write_text("stays")
    removed = sessionfolder.clear_away(tmp_path, 365.0, 25_000, NOW)
    assert sorted(path.stem for path in removed) == ["a", "b", "c"]
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["d", "e", "mine"]
    assert sessionfolder.clear_away(tmp_path, 0.0, 0, NOW) == [tmp_path / "d.improv"], "the one in use stays"
    assert sessionfolder.clear_away(tmp_path / "nowhere", 1.0, 1, NOW) == []


def test_the_list_says_what_can_be_said(tmp_path: Path) -> None:
    put(tmp_path, "a")
    (tmp_path / "b.improv").write_bytes(b"noise")
    damaged, good = sessionfolder.entries(tmp_path)
    assert (damaged.began, damaged.seconds, damaged.heard) == (None, None, None)
    assert (good.began, good.seconds, good.heard, good.played) == (NOW, 60.5, 1, 1)


@pytest.mark.parametrize(
    ("wanted", "chosen"), [(None, "2026-11-25"), ("2026-11-24", "2026-11-24"), ("2026-11-25.improv", "2026-11-25")]
)
def test_a_session_is_meant_by_its_name_or_its_beginning(tmp_path: Path, wanted: str | None, chosen: str) -> None:
    put(tmp_path, "2026-11-24")
    put(tmp_path, "2026-11-25")
    assert sessionfolder.choose(tmp_path, wanted).stem == chosen
    assert sessionfolder.choose(Path("nowhere"), str(tmp_path / "2026-11-24.improv")).stem == "2026-11-24"


@pytest.mark.parametrize(("wanted", "said"), [("2026", "several sessions begin with 2026"), ("x", "no session x in ")])
def test_what_means_none_or_several_is_one_line(tmp_path: Path, wanted: str, said: str) -> None:
    put(tmp_path, "2026-11-24")
    put(tmp_path, "2026-11-25")
    with pytest.raises(UserError, match=said):
        sessionfolder.choose(tmp_path, wanted)
    with pytest.raises(UserError, match="no session is recorded yet"):
        sessionfolder.choose(tmp_path / "empty", None)


def test_a_session_that_begins_clears_old_ones_away(tmp_path: Path) -> None:
    path = put(tmp_path, "2001-01-01")
    os.utime(path, (1.0, 1.0))
    settled = config.settle(None, {"record.folder": str(tmp_path)})
    recorder = recording.new_recorder(settled, core_settings(settled), tmp_path / "none.onnx")
    assert recorder is not None
    recorder.end()
    recorder.run()
    assert recorder.path is not None and recorder.path.exists() and not path.exists()


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    (tmp_path / "sessions").mkdir()
    path = tmp_path / "config.toml"
    path.write_text('[record]\nfolder = "sessions"\n')
    return path


def test_the_commands_list_and_write(
    tmp_path: Path, settings_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["sessions", "--config", str(settings_file)]) == 0
    assert "no session is recorded yet" in capsys.readouterr().out
    put(tmp_path / "sessions", "a")
    put(tmp_path / "sessions", "b").write_bytes(b"noise")
    assert cli.main(["sessions", "--config", str(settings_file)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "0:01:00" in said[0] and "heard      1   played      1" in said[0]
    assert "damaged" in said[1]
    assert cli.main(["sessions", "--json", "--config", str(settings_file)]) == 0
    assert [entry["heard"] for entry in json.loads(capsys.readouterr().out)] == [1, None]
    assert cli.main(["export", "a", "--config", str(settings_file)]) == 0
    assert cli.main(["replay", "a", "-o", "again.mid", "--config", str(settings_file)]) == 0
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "again.mid").read_bytes()
    file = mido.MidiFile(tmp_path / "a.mid")
    assert [track.name for track in file.tracks] == ["player", "improv"]
    notes = [[m.note for m in track if m.type == "note_on"] for track in file.tracks]
    assert notes == [[60], [67]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "b"], "not a session of improv"),
        (["export", "x"], "no session x in"),
        (["replay", "b"], "not a session of improv"),
        (["replay", "a", "--recompute"], "not the model the session was played with"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, settings_file: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "sessions", "a")
    put(tmp_path / "sessions", "b").write_bytes(b"noise")
    assert cli.main([*arguments, "--config", str(settings_file)]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
