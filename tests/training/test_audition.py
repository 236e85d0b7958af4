"""`improv-train audition` as it is typed: what it leaves, how it refuses; and the blind test's page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import mido
import pytest

from improv.settings import Settings
from tests.training.midifiles import bass, tune, write_midi
from tests.training.passages import passage, prompt_in, wandering
from training.audition import blind
from training.audition.measures import FEATURES
from training.audition.passages import moved
from training.audition.strawmen import STRAW_MEN
from training.cli import main, parser
from training.commands.audition import plan_of
from training.corpus import ingest


def typed(line: str, *more: object) -> int:
    return main([*line.split(), *map(str, more)])


def music(folder: Path, pieces: int, count: int = 480) -> Path:
    for index in range(pieces):
        write_midi(folder / f"piece-{index}.mid", {"right": tune(index, count), "left": bass(count // 4)})
    return folder


SMALL = (
    "audition default --prompts 2 --seconds 8 --free-prompts 1 --free-minutes 1 --memory-weight 0,0.5 --drafts 1,2 "
    "--workers 1"
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small audition, of two folders and with a corpus, as it lies on the disk."""
    folder = tmp_path_factory.mktemp("audition")
    a, b = music(folder / "a", 2), music(folder / "b", 3)
    ingest([a]).save(folder / "c.npz")
    assert typed(SMALL, a, b, "--corpus", folder / "c.npz", "--blind", "-o", folder / "out") == 0
    return folder / "out"


def test_everything_asked_for_is_left(judged):
    names = {path.name for path in judged.iterdir()}
    assert names == {"audition.md", "audition.json", "contact-sheet.png", "midi", "blind.html", "blind-key.json"}
    report = json.loads((judged / "audition.json").read_text())
    assert report["tables"].keys() == {
        *("likeness", "copying heard", "copying trained", "loops", "told", "lasting"),
    }
    everybody = {"human", "elsewhere", "other", *STRAW_MEN, "memory 0", "memory 0.5", "best of 1", "best of 2"}
    for name, table in report["tables"].items():
        missing = {"told": {"human"}, "lasting": {"elsewhere", "other", "best of 1", "best of 2"}}.get(name, set())
        assert table.keys() == everybody - missing, name
    assert report["tables"]["likeness"]["human"] == dict.fromkeys(FEATURES, 1.0)
    assert report["by_folder"].keys() == report["gates_by_folder"].keys() == {"a", "b"}
    assert [prompt["folder"] for prompt in report["prompts"]] == ["a", "a", "b", "b"]


def test_the_page_says_who_passed_what(judged):
    page = (judged / "audition.md").read_text()
    assert "4 prompts from 4 pieces, each continued for 8 s; playing on for 1 minutes from 1 of them" in page
    settings = Settings()
    assert ", ".join(f"{value:g}" for value in settings.temperature) in page
    for words in ("straw man: echo of the prompt", "machine, memory 0.5", "## Classifier", "Gates passed, of", "## b"):
        assert words in page


def test_midi_files_hold_the_prompt_and_what_each_player_made_of_it(judged):
    names = sorted(path.name for path in (judged / "midi").iterdir())
    assert len(names) == 4 * 5 + 2 and "001-a-piece-0-human.mid" in names
    assert [name for name in names if "playing-on" in name] == [
        "001-a-piece-0-memory-0-playing-on.mid",
        "001-a-piece-0-memory-0.5-playing-on.mid",
    ]
    human = mido.MidiFile(judged / "midi" / "001-a-piece-0-human.mid")
    on = [sum(message.type == "note_on" for message in track) for track in human.tracks]
    assert len(on) == 2 and min(on) > 20
    assert 14 < human.length < 18
    assert mido.MidiFile(judged / "midi" / "001-a-piece-0-memory-0-playing-on.mid").length > 60


def test_the_contact_sheet_is_a_picture(judged):
    assert (judged / "contact-sheet.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_command_leaves_the_same_notes_whatever_the_number_of_processes(judged, tmp_path):
    folder = judged.parent
    again = SMALL.replace("--workers 1", "--workers 2")
    assert typed(again, folder / "a", folder / "b", "--corpus", folder / "c.npz", "-o", tmp_path / "out") == 0
    assert not (tmp_path / "out" / "blind.html").exists()
    for path in (judged / "midi").iterdir():
        assert (tmp_path / "out" / "midi" / path.name).read_bytes() == path.read_bytes(), path.name
    reports = [json.loads((place / "audition.json").read_text()) for place in (judged, tmp_path / "out")]
    assert reports[0]["tables"] == reports[1]["tables"]


def pairs_in(page: str) -> list[dict]:
    """What the page's script is given."""
    (data,) = re.findall(r"const PAIRS = (.*);", page)
    return json.loads(data)


def test_the_blind_page_needs_nothing_but_itself(judged):
    page = (judged / "blind.html").read_text()
    assert not re.search(r"https?:|\bsrc=|\bhref=|@import|url\(|fetch\(|XMLHttpRequest|import\(", page)
    assert "default-src 'none'" in page
    for control in ("play-prompt", "play-a", "play-b", "stop", "back", "next", "save-json", "save-csv"):
        assert f'id="{control}"' in page and f'getElementById("{control}")' in page
    assert len(pairs_in(page)) == 4


def test_the_blind_page_does_not_say_who_played(judged):
    page, key = (judged / "blind.html").read_text(), json.loads((judged / "blind-key.json").read_text())
    data = json.dumps(pairs_in(page))
    assert not re.search(r"human|machine|memory|piece-\d|default", data)
    for pair in pairs_in(page):
        assert pair.keys() == {"pair", "prompt", "a", "b"}
        assert all(len(note) == 4 for side in ("prompt", "a", "b") for note in pair[side])
    assert [entry["pair"] for entry in key] == ["1", "2", "3", "4"]
    assert all({entry["a"], entry["b"]} == {"human", "machine"} for entry in key)


PIECE = wandering(1, 800)


def test_the_key_tells_which_side_is_whose_and_sides_and_order_are_drawn_by_lot():
    prompts = [prompt_in(moved(PIECE, index), 100.0 + index, 20.0, name=f"piece {index}") for index in range(16)]
    machine = [passage((prompt.cut + 1, 100, 1.0, 90)) for prompt in prompts]
    shown, key = blind.pairs(prompts, machine, seed=0)
    assert len({entry["a"] for entry in key}) == 2
    order = [int(entry["piece"].split()[1]) for entry in key]
    assert sorted(order) == list(range(16)) and order != sorted(order)
    for pair, entry in zip(shown, key, strict=True):
        mine = "a" if entry["a"] == "machine" else "b"
        assert pair[mine] == [[9.0, 1.0, 100, 90]]  # after 8 s of the prompt, one second late
        assert len(pair["ab".replace(mine, "")]) == 80
        assert pair["prompt"][0][0] == 0.0 and pair["prompt"][-1][0] < 8
    assert blind.pairs(prompts, machine, seed=0) == (shown, key)


def test_neither_side_shows_by_the_digits_of_its_velocities():
    prompts = [prompt_in(PIECE, 100.0, 20.0)]
    (shown,), _ = blind.pairs(prompts, [prompts[0].human], seed=0)
    assert shown["a"] == shown["b"]
    assert {note[3] % 4 for note in shown["a"]} == {2}


def settings_of(line: str) -> Settings:
    return plan_of(parser().parse_args(["audition", "m.onnx", "music", *line.split()])).settings


def test_what_is_not_said_is_as_the_daemon_plays():
    assert settings_of("") == Settings()
    assert plan_of(parser().parse_args(["audition", "m.onnx", "music"])).weights == (0.0, Settings().memory_weight, 1.0)


def test_one_number_means_what_it_means_to_the_daemon_and_names_set_fields():
    usual = Settings()
    assert settings_of("--temperature 0.5").temperature == tuple(0.5 * value for value in usual.temperature)
    assert settings_of("--top-p 0.9").top_p == tuple(min(value, 0.9) for value in usual.top_p)
    found = settings_of("--temperature ioi=0.8,pitch=1.1 --top-p duration=0.5")
    assert found.temperature == (usual.temperature[0], 0.8, 1.1, *usual.temperature[3:])
    assert found.top_p == (*usual.top_p[:4], 0.5)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{tmp}/none.onnx {tmp}/a", ["none.onnx", "no such model"]),
        ("{tmp}/bad.mid {tmp}/a", ["bad.mid", "not a readable ONNX file"]),
        ("default {tmp}/none", ["none: no such file or folder"]),
        ("default {tmp}/empty", ["empty: no music in this folder"]),
        ("default {tmp}/bad.mid", ["bad.mid: no file that can be read"]),
        ("default {tmp}/a --seconds 100", ["0 of 2 pieces last 500 s", "--seconds"]),
        ("default {tmp}/a --corpus {tmp}/none.npz", ["none.npz: no such corpus"]),
        ("default {tmp}/a --temperature 9", ["--temperature 9: expected a number from 0.1 to 3"]),
        ("default {tmp}/a --temperature loud=1", ["--temperature loud=1", "part, ioi, pitch, velocity, duration"]),
        ("default {tmp}/a --top-p 1,2", ["--top-p 1,2: expected a number from 0.05 to 1"]),
        ("default {tmp}/a -o {tmp}/bad.mid", ["bad.mid: cannot be written"]),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(tmp_path, capsys, monkeypatch, line, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.mid").write_text("not music")
    music(tmp_path / "a", 2)
    assert typed("audition --seconds 8 --prompts 1 --workers 1 --memory-weight 0 " + line.format(tmp=tmp_path)) == 2
    lines = [text for text in capsys.readouterr().err.splitlines() if "passed over" not in text]
    assert len(lines) == 1 and lines[0].startswith("improv-train: ")
    assert all(word in lines[0] for word in words), lines[0]


@pytest.mark.parametrize("option", ["--prompts 0", "--seconds -1", "--memory-weight 0,2", "--free-prompts -1"])
def test_options_out_of_range_are_refused_by_name(capsys, option):
    with pytest.raises(SystemExit) as exit_:
        typed(f"audition default x {option}")
    assert exit_.value.code == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("improv-train: ") and f"argument {option.split()[0]}" in said


def test_a_folder_that_cannot_be_written_is_known_before_anything_is_played(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("training.audition.run.audition", lambda *rest: pytest.fail("minutes were spent"))
    assert typed(SMALL, music(tmp_path / "a", 2), "-o", tmp_path / "file") == 2
    assert "file: cannot be written" in capsys.readouterr().err


def test_without_minutes_of_playing_on_the_rest_is_judged(tmp_path, capsys):
    line = "audition default --prompts 1 --seconds 8 --free-prompts 0 --memory-weight 0 --workers 1"
    assert typed(line, music(tmp_path / "a", 2), "-o", tmp_path / "out") == 0
    assert "lasting" not in json.loads((tmp_path / "out" / "audition.json").read_text())["tables"]
    assert "Gates passed" in capsys.readouterr().out
