"""What evaluate counts, against a table model whose answers are known, and against the exported network."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from improv.dials import WIDTH
from improv.encoding import DURATION, FIELDS, IOI, PART, PITCH, Encoding, Order, arrange
from improv.errors import UserError
from improv.memory import Memory
from improv.model import OnnxModel
from improv.notes import Part
from improv.step import Step
from tests.training.midifiles import little_music, write_midi
from training.evaluate import RUN, evaluate, listen, score, table, with_memory
from training.reading import read

ENCODING = Encoding()


class Flat:
    """A model to which all values are equally likely, and which bets on pitch 60; it notes what it is fed."""

    def __init__(self, encoding: Encoding = ENCODING) -> None:
        self.encoding = encoding
        self.velocity = (64.0, 20.0)
        self.fed: list[np.ndarray] = []

    def start(self, batch=1):
        return np.zeros((batch, 1), np.float32)

    def step(self, rows, dials, state, how):
        assert dials.shape == (1, rows.shape[1] + 1, WIDTH)
        assert state[0, 0] == (sum(len(fed) for fed in self.fed) if state[0, 0] else 0)
        self.fed.append(rows[0])
        heard = np.broadcast_to(-np.log(np.array(self.encoding.sizes, np.float32)), (1, rows.shape[1], 5))
        best = np.full(rows.shape[:2], 60, np.int32)
        none = np.zeros((1, 0), np.float32)
        return Step(heard, best, np.zeros((1, 5), np.int32), none, none, state + rows.shape[1])


@pytest.fixture
def duet(tmp_path):
    """Four notes: two at once, the lower in the right hand; then 60 alone; then after 12 s a last one."""
    tracks = {
        "right": [(0.0, 0.125, 50, 64), (0.25, 0.125, 60, 64)],
        "left": [(0.0, 0.125, 55, 64), (12.25, 0.125, 62, 64)],
    }
    return write_midi(tmp_path / "duet" / "a.mid", tracks).parent


def test_costs_are_by_the_conventions(duet):
    model = Flat()
    report = evaluate(model, [duet]).report()
    sizes = ENCODING.sizes
    last = math.log2((10 - ENCODING.ioi_edges[-1]) / 0.01)
    quarter = ENCODING.widths(IOI)[ENCODING.ioi_bin(0.25)]
    eighth = ENCODING.widths(DURATION)[ENCODING.duration_bin(0.125)]
    expected = {
        "part": 0.0,
        "ioi": math.log2(sizes[1]) + (0 + math.log2(quarter / 0.01) + last) / 3,
        "pitch": 7.0,
        "velocity": 5.0,
        "duration": math.log2(sizes[4]) + max(0.0, math.log2(eighth / 0.01)),
    }
    assert report["notes"] == 3  # the first of a file is not counted
    for name, bits in expected.items():
        assert report["bits"][name] == pytest.approx(bits, abs=1e-3), name
    assert report["bits"]["total"] == pytest.approx(sum(expected.values()), abs=1e-3)
    assert report["pitch_accuracy"] == pytest.approx(1 / 3, abs=1e-3)
    (fed,) = model.fed
    assert fed[:, PITCH].tolist() == [50, 55, 60, 62]
    assert (fed[:, PART] == Part.UNSPLIT).all()
    assert fed[1:, IOI].tolist() == [0, ENCODING.ioi_bin(0.25), ENCODING.ioi_bin(12)]


def test_with_labels_the_parts_are_fed_and_cost(duet):
    model = Flat()
    report = evaluate(model, [duet], label=True).report()
    assert report["bits"]["part"] == pytest.approx(math.log2(3), abs=1e-3)
    assert report["bits"]["total"] == pytest.approx(sum(list(report["bits"].values())[:5]), abs=1e-3)
    # Ascending whatever the parts
    assert model.fed[0][:, PART].tolist() == [Part.LEAD, Part.ACCOMPANIMENT, Part.LEAD, Part.ACCOMPANIMENT]


class OfRoles(Flat):
    """To it a lead's pitch has 3 bits and an accompaniment's 5, and where the two take turns the part has 1, else 4."""

    def step(self, rows, dials, state, how):
        step = super().step(rows, dials, state, how)
        heard, part = step.heard.copy(), rows[..., PART]
        heard[..., PITCH] = -math.log(2) * np.where(part == Part.LEAD, 3.0, 5.0)
        heard[..., PART] = -math.log(2) * np.where(part != np.roll(part, 1), 1.0, 4.0)
        return replace(step, heard=heard)


def test_roles_are_scored_apart_and_with_their_labels_swapped(duet):
    """Accompaniment, lead, accompaniment, of which the first two sound with or after a lead; four notes in all."""
    report = evaluate(OfRoles(), [duet], label=True).report()
    lead, accompaniment = report["by_part"]["lead"], report["by_part"]["accompaniment"]
    assert (lead["notes"], accompaniment["notes"]) == (1, 2)
    assert (lead["bits"]["pitch"], lead["bits_swapped"]["pitch"]) == (3, 5)
    assert (accompaniment["bits"]["pitch"], accompaniment["bits_swapped"]["pitch"]) == (5, 3)
    assert lead["bits"]["part"] == accompaniment["bits_swapped"]["part"] == 1
    for name, bits in report["bits"].items():
        apart = [(role["notes"], role["bits"][name]) for role in (lead, accompaniment)]
        assert sum(notes * found for notes, found in apart) / 3 == pytest.approx(bits, abs=1e-3)
    lines = table({"one": report}).splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ["one", "lead", "labels", "accompaniment", "labels"]
    assert "by_part" not in evaluate(OfRoles(), [duet]).report()


def test_notes_without_a_role_belong_to_neither(tmp_path):
    model = OfRoles()
    path = write_midi(tmp_path / "a.mid", {"": [(0.25 * i, 0.25, 60, 64) for i in range(4)]})
    assert "by_part" not in evaluate(model, [path], label=True).report()
    assert len(model.fed) == 1  # nothing was to be swapped


def test_fewer_velocity_bins_win_nothing(duet):
    coarse, fine = (evaluate(Flat(Encoding(velocity_bins=n)), [duet]).report() for n in (16, 32))
    assert coarse["bits"]["velocity"] == fine["bits"]["velocity"] == 5.0


def test_long_files_are_fed_in_runs_without_a_seam(tmp_path):
    count = RUN + 100
    path = write_midi(tmp_path / "a.mid", {"": [(0.25 * i, 0.25, 40 + i % 40, 64) for i in range(count)]})
    model = Flat()
    assert evaluate(model, [path]).notes == count - 1
    assert [len(fed) for fed in model.fed] == [RUN, 100]


def test_runs_of_any_length_give_the_same_scores(tmp_path, model: OnnxModel, monkeypatch):
    notes = read(little_music(tmp_path, 1) / "piece-0.mid").notes
    arranged = arrange(notes, Order.ASCENDING)
    whole = listen(model, arranged)
    monkeypatch.setattr("training.evaluate.RUN", 7)
    pieces = listen(model, arranged)
    assert pieces[1] == pytest.approx(whole[1], abs=1e-4)
    assert score(model, arranged, label=False).notes == len(notes) - 1


def test_the_likeliest_pitch_is_that_of_the_note_by_itself(tmp_path, model: OnnxModel):
    notes = read(little_music(tmp_path, 1) / "piece-0.mid").notes
    scores = []
    for pitch in range(128):
        notes["pitch"][-1] = pitch
        _, heard, best = listen(model, arrange(notes, Order.ASCENDING))
        scores.append(heard[-1, PITCH])
        assert best[-1] == np.argmax(scores) or pitch < 127
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-4)


def test_damaged_files_are_named_and_passed_over(tmp_path):
    little_music(tmp_path, 2)
    (tmp_path / "cut.mid").write_bytes((tmp_path / "piece-0.mid").read_bytes()[:50])
    lines: list[str] = []
    assert evaluate(Flat(), [tmp_path], complain=lines.append).files == 2
    assert len(lines) == 1 and "cut.mid" in lines[0]


def test_nothing_to_score_is_one_line(tmp_path):
    with pytest.raises(UserError, match="no music"):
        evaluate(Flat(), [tmp_path])
    (tmp_path / "a.mid").write_text("none")
    with pytest.raises(UserError, match="MIDI file"):
        evaluate(Flat(), [tmp_path])


def test_the_table_has_a_line_a_set(duet):
    report = evaluate(Flat(), [duet]).report()
    lines = table({"one": report, "two": report}).splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["set", "one", "two"]
    assert "33.3%" in lines[1]


def test_evaluating_imports_no_tensorflow(duet: Path, onnx_path: Path):
    code = (
        "import sys; from training.cli import main; "
        f"code = main(['evaluate', {str(onnx_path)!r}, {str(duet)!r}, '--json']); "
        "bad = {'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules); sys.exit(code or bool(bad))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert list(report) == ["notes", "bits", "pitch_accuracy"]
    assert list(report["bits"]) == ["part", "ioi", "pitch", "velocity", "duration", "total"]


def test_with_memory_what_comes_again_is_cheaper(tmp_path):
    riff = [60, 63, 65, 66, 65, 63, 70, 67] * 8
    path = write_midi(tmp_path / "a.mid", {"": [(0.25 * i, 0.25, pitch, 64) for i, pitch in enumerate(riff)]})
    report = evaluate(Flat(), [path], memory=True).report()
    alone, mixed = report["bits"], report["bits_memory"]
    assert list(mixed) == list(alone)
    assert {name for name in mixed if mixed[name] != alone[name]} == {*FIELDS[1:], "total"}
    assert mixed["ioi"] < alone["ioi"] - 2
    assert mixed["pitch"] < 2 < alone["pitch"]
    assert mixed["total"] == pytest.approx(sum(list(mixed.values())[:5]), abs=1e-3)
    assert "bits_memory" not in evaluate(Flat(), [path]).report()


def test_the_memory_is_empty_where_a_file_begins(tmp_path):
    notes = [(0.25 * i, 0.25, pitch, 64) for i, pitch in enumerate([60, 63, 65, 66, 65, 63, 70, 67])]
    one = evaluate(Flat(), [write_midi(tmp_path / "a.mid", {"": notes})], memory=True).report()
    write_midi(tmp_path / "b.mid", {"": notes})
    assert evaluate(Flat(), [tmp_path], memory=True).report()["bits_memory"] == one["bits_memory"]


def test_what_memory_mixes_is_what_it_says_before_the_note(tmp_path):
    """The cost by the formula: -log2((1 - w) p_network + w p_memory), both from before the note."""
    rows = ENCODING.encode(read(little_music(tmp_path, 1) / "piece-0.mid").notes, Order.ASCENDING)[:200]
    network = np.log(np.random.default_rng(0).uniform(0.01, 0.5, (len(rows), 5))).astype(np.float32)
    memory, expected = Memory(), []
    for row, chance in zip(rows, network[:, PITCH].tolist(), strict=True):
        prior, weight = memory.prior(memory.predict())
        expected.append(math.log((1 - weight) * math.exp(chance) + weight * prior[row[PITCH]]))
        memory.learn(int(row[PITCH]), bool(row[IOI] > 0), chance)
    assert with_memory(rows, network)[:, PITCH] == pytest.approx(expected, rel=1e-4)


def test_the_table_has_a_second_line_for_memory(duet):
    report = evaluate(Flat(), [duet], memory=True).report()
    lines = table({"one": report}).splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["one", "with"]
    assert f"{report['bits_memory']['total']:.3f}" in lines[2]
