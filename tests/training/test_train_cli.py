"""`improv-train` as it is typed: what it says, what it leaves, how it refuses."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from improv.model import load
from tests.training.midifiles import little_music
from training.cli import main
from training.corpus import SPLITS, Corpus


def typed(line: str, *more: object) -> int:
    return main([*line.split(), *map(str, more)])


def test_from_midi_files_to_a_judged_model(tmp_path, capsys):
    music = little_music(tmp_path / "music", 5)
    corpus, run, model = tmp_path / "c.npz", tmp_path / "run", tmp_path / "models" / "little.onnx"
    assert typed("ingest --validation piece-0 --test piece-1 -o", corpus, music) == 0
    said = capsys.readouterr().out
    assert "files 5, compositions 5, notes 250 (200 lead, 50 accompaniment), hours 0.0" in said
    assert "train: compositions 3, files 3, notes 150" in said and f"written to {corpus}" in said

    size = "--channels 8 --skip 8 --hidden 8 --pointwise 0 --batch 4 --crop 16"
    assert typed(f"fit {size} --steps 20 --quiet -o", run, corpus) == 0
    said, noise = capsys.readouterr()
    assert "bits a note on validation" in said and f"written to {run / 'best.keras'}" in said
    assert noise == ""

    about = ["--data", "made-up tunes", "--licence", "CC0", "--attribution", "nobody"]
    assert typed("export", run / "best.keras", "-o", model, *about) == 0
    assert f"written to {model}" in capsys.readouterr().out
    card = load(model).card
    assert (card.name, card.data, card.licence, card.attribution) == ("little", "made-up tunes", "CC0", "nobody")

    assert typed("evaluate --json", model, music) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["notes"] == 245 and report["bits"]["part"] == 0
    reached = json.loads((run / "best.json").read_text())["reached"]["validation_total"]
    (tmp_path / "validation").mkdir()
    (music / "piece-0.mid").rename(tmp_path / "validation" / "piece-0.mid")
    assert typed("evaluate --json", model, tmp_path / "validation") == 0
    # The same notes by the training's own validation and by the exported model: the same bits.
    assert json.loads(capsys.readouterr().out)["bits"]["total"] == pytest.approx(reached, abs=0.002)
    assert typed("evaluate", model, music, tmp_path / "validation") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:4]] == [
        str(music),
        str(tmp_path / "validation"),
        "all",
    ]


def test_damaged_files_are_named_and_counted(tmp_path, capsys):
    music = little_music(tmp_path / "music", 3)
    for name in ("x.mid", "y.mid"):
        (music / name).write_text("not music")
    assert typed("ingest -o", tmp_path / "c.npz", music) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "music/x.mid" in lines[0] and "music/y.mid" in lines[1] and "2 files passed over" in lines[2]


def test_named_splits_and_a_table(tmp_path, capsys):
    music = little_music(tmp_path / "music", 3)
    (tmp_path / "t.csv").write_text("file,composition\npiece-0.mid,Sonata in C\n")
    line = ["--compositions", str(tmp_path / "t.csv"), "--test", "Sonata in C", "--validation", "piece-1"]
    assert typed("ingest -o", tmp_path / "c.npz", music, *line) == 0
    corpus = Corpus.load(tmp_path / "c.npz")
    assert [SPLITS[split] for split in corpus.splits] == ["test", "validation", "train"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ingest {tmp}/empty -o {tmp}/c.npz", ["no music", ".mid"]),
        ("ingest {tmp}/none -o {tmp}/c.npz", ["no such file or folder"]),
        ("ingest {tmp}/bad.mid -o {tmp}/c.npz", ["bad.mid", "not a MIDI file"]),
        ("ingest {tmp}/good.mid -o {tmp}/empty", ["cannot be written"]),
        ("ingest {tmp}/good.mid --test X -o {tmp}/c.npz", ["no composition 'X'", "good"]),
        (
            "ingest {tmp}/good.mid --compositions {tmp}/bad.mid -o {tmp}/c.npz",
            ["bad.mid", "columns file and composition"],
        ),
        ("fit {tmp}/none.npz -o {tmp}/run", ["no such corpus", "improv-train ingest"]),
        ("fit {tmp}/bad.mid -o {tmp}/run", ["not a corpus"]),
        ("export {tmp}/none.keras -o {tmp}/m.onnx --data d --licence l", ["none.keras: no such file"]),
        ("evaluate {tmp}/none.onnx {tmp}", ["none.onnx: no such model"]),
        ("evaluate {tmp}/bad.mid {tmp}", ["bad.mid: not a readable ONNX file"]),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(tmp_path, capsys, line, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.mid").write_text("not music")
    (little_music(tmp_path / "m", 1) / "piece-0.mid").rename(tmp_path / "good.mid")
    assert typed(line.format(tmp=tmp_path)) == 2
    lines = [text for text in capsys.readouterr().err.splitlines() if "passed over" not in text]
    assert len(lines) == 1 and lines[0].startswith("improv-train: ")
    assert all(word in lines[0] for word in words)


@pytest.mark.parametrize(
    "line", ["ingest x", "fit c.npz", "export m.keras -o m.onnx --data d --licence l", "evaluate m x"]
)
def test_without_the_extra_there_is_one_clear_line(monkeypatch, capsys, line):
    real = importlib.util.find_spec
    missing = {"symusic", "keras", "tensorflow"}
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name in missing else real(name, *rest))
    assert typed(line) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert 'pip install "improv-midi[train]"' in said and 'pip install ".[train]"' in said


@pytest.mark.parametrize(
    "line", ["fit c.npz --batch 0", "fit c.npz --minutes -1", "fit c.npz --dropout 1", "ingest x --share 2"]
)
def test_options_out_of_range_are_refused_by_name(capsys, line):
    with pytest.raises(SystemExit) as exit_:
        typed(line)
    assert exit_.value.code == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("improv-train: ") and f"argument {line.split()[-2]}" in said


@pytest.mark.parametrize("command", ["", "ingest", "fit", "export", "evaluate", "audition", "duet"])
def test_help_needs_nothing_heavy(command):
    code = f"import sys; sys.argv[1:] = {[*command.split(), '--help']!r}; from training.cli import main\ntry: main()\n"
    code += "finally: assert not {'tensorflow', 'keras', 'symusic', 'onnxruntime'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and done.stderr == ""
    assert "improv-train" in done.stdout
