from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv import midifile
from improv.encoding import NOTE_DTYPE, as_array
from improv.errors import UserError
from improv.events import NoteOff, NoteOn
from improv.notes import Note, Part, PedalSpan
from improv.notes import sounding as by_the_book
from improv.plan import PlannedNote, Play
from improv.sessionfile import FORMAT, Head, Tally, Turn, line
from tests.training.midifiles import bass, little_music, tune, write_midi
from training.compositions import composition_of, read_compositions
from training.corpus import (
    SPLITS,
    Corpus,
    assign_splits,
    find_music,
    ingest,
    summary,
)
from training.pieces import Labels, ReadError, part_labels, sounding
from training.reading import read

quarter = st.integers(0, 24).map(lambda n: n / 4)


@given(
    st.lists(st.tuples(quarter, st.integers(60, 63), st.integers(1, 127), st.integers(0, 40).map(lambda n: n / 4))),
    st.lists(st.integers(0, 40), unique=True, max_size=8),
)
def test_sounding_over_arrays_is_the_rule_of_the_notes_module(played, edges):
    edges = sorted(edges)[: len(edges) // 2 * 2]
    spans = [(edges[i] / 4, edges[i + 1] / 4) for i in range(0, len(edges), 2)]
    notes = [Note(onset, pitch, velocity, duration) for onset, pitch, velocity, duration in played]
    expected = by_the_book(notes, [PedalSpan(*span) for span in spans])
    found = sounding(
        np.array([(n.onset, n.pitch, n.velocity, n.duration, n.part) for n in notes], NOTE_DTYPE),
        np.array(spans).reshape(-1, 2),
    )
    assert found.tolist() == as_array(expected).tolist()


def test_seconds_follow_the_tempo_map(tmp_path):
    # A beat of half a second, from tick 1024 on a beat of one second: 512 ticks each.
    path = write_midi(tmp_path / "a.mid", {"": [(0.5, 0.5, 60, 64), (1.0, 0.5, 62, 64)]}, tempos=[(1024, 1_000_000)])
    notes = read(path).notes
    assert notes["onset"].tolist() == [0.5, 1.0]
    assert notes["duration"].tolist() == [0.5, 1.0]


def test_the_pedal_of_one_track_holds_the_notes_of_all(tmp_path):
    tracks = {"right": [(0.0, 0.25, 72, 64), (1.0, 0.25, 72, 64)], "left": [(0.0, 0.25, 40, 50)]}
    notes = read(write_midi(tmp_path / "a.mid", tracks, pedal=[(0.125, 64), (0.75, 63)])).notes
    assert notes[["onset", "pitch", "duration"]].tolist() == [
        (0.0, 40, 0.75),
        (0.0, 72, 0.75),
        (1.0, 72, 0.25),
    ]


def test_a_pedal_never_lifted_holds_no_longer_than_a_note_may_sound(tmp_path):
    path = write_midi(tmp_path / "a.mid", {"": [(0.0, 0.25, 60, 64), (16.0, 0.25, 62, 64)]}, pedal=[(0.0, 127)])
    assert read(path).notes["duration"].tolist() == [8.0, 8.0]


def test_velocity_zero_is_a_release_and_a_note_of_no_length_is_kept(tmp_path):
    path = write_midi(tmp_path / "a.mid", {"": [(0.0, 0.5, 60, 64), (1.0, 0.0, 62, 64)]})
    assert read(path).notes[["pitch", "duration"]].tolist() == [(60, 0.5), (62, 0.0)]


def test_of_a_session_the_players_voice_alone_is_learned_from(tmp_path):
    player = [NoteOn(1.0, 0, 60, 70), NoteOff(1.5, 0, 60)]
    improv = [NoteOn(2.0, 1, 67, 80), NoteOff(2.5, 1, 67)]
    midifile.write(tmp_path / "exported.mid", player, improv)
    head = Head(FORMAT, 10.0, "", 0, {}, {}, {}, {})
    turn = Turn(11.5, tuple(replace(event, at=event.at + 10.0) for event in player), ())
    answer = Turn(11.75, (), (Play((PlannedNote(12.0, 67, 80, 0.5, 1),)),))
    end = Tally(13.0, 1, 1)
    (tmp_path / "kept.improv").write_bytes(b"".join(map(line, (head, turn, answer, end))))
    for name in ("exported.mid", "kept.improv"):
        notes = read(tmp_path / name).notes
        assert [(note["pitch"], note["velocity"]) for note in notes] == [(60, 70)]
        assert float(notes[0]["duration"]) == pytest.approx(0.5)
        both = read(tmp_path / name, own=True).notes
        assert both[["pitch", "velocity"]].tolist() == [(60, 70), (67, 80)], "unless both are asked for"
    for own, count in ((False, 1), (True, 2)):
        assert np.diff(ingest([tmp_path / "kept.improv"], own=own).start).tolist() == [count]
    (tmp_path / "noise.improv").write_bytes(b"noise")
    with pytest.raises(ReadError, match="not a session of improv"):
        read(tmp_path / "noise.improv")


def test_drums_are_left_out(tmp_path):
    tracks = {"keys": [(0.0, 0.5, 60, 64)], "drums": [(0.0, 0.5, 36, 64)]}
    piece = read(write_midi(tmp_path / "a.mid", tracks, channels=[0, 9]))
    assert piece.notes["pitch"].tolist() == [60]
    with pytest.raises(ReadError, match="no notes"):
        read(write_midi(tmp_path / "b.mid", {"drums": [(0.0, 0.5, 36, 64)]}, channels=[9]))


LEAD, ACCOMPANIMENT, UNSPLIT = Part


@pytest.mark.parametrize(
    ("names", "heights", "parts", "labels"),
    [
        (["Piano right", "Piano left"], [70, 50], [LEAD, ACCOMPANIMENT], Labels.ROLE),
        (["Piano left", "Piano right"], [50, 70], [ACCOMPANIMENT, LEAD], Labels.ROLE),
        (["MELODY", "BRIDGE", "PIANO"], [70, 70, 60], [LEAD, ACCOMPANIMENT, ACCOMPANIMENT], Labels.ROLE),
        (["theme", "piano right", "piano left"], [70, 70, 50], [LEAD, ACCOMPANIMENT, ACCOMPANIMENT], Labels.ROLE),
        (["right", "right 2", "left"], [70, 70, 50], [LEAD, LEAD, ACCOMPANIMENT], Labels.ROLE),
        (["right", "accompaniment right"], [70, 60], [LEAD, ACCOMPANIMENT], Labels.ROLE),
        (["", ""], [50, 70], [ACCOMPANIMENT, LEAD], Labels.REGISTER),
        ([""], [60], [UNSPLIT], Labels.UNSPLIT),
        (["Melody"], [60], [UNSPLIT], Labels.UNSPLIT),
        (["a", "b", "c"], [60, 50, 40], [UNSPLIT] * 3, Labels.UNSPLIT),
    ],
)
def test_roles_come_from_track_names(names, heights, parts, labels):
    assert part_labels(names, heights) == (parts, labels)


@pytest.mark.parametrize(
    ("name", "composition"),
    [
        ("schubert/schubert_D850_1.mid", "schubert_D850"),
        ("schu_143_1.mid", "schu_143"),
        ("schuim-1.mid", "schuim-1"),
        ("bach_846.mid", "bach_846"),
        ("alb_esp1.mid", "alb_esp1"),
        ("jg717nb8731_exp.mid", "jg717nb8731_exp"),
        ("beethoven_opus22_4.mid", "beethoven_opus22"),
        ("875.mid", "875"),
    ],
)
def test_movements_share_their_composition(name, composition):
    assert composition_of(name) == composition


WORKS = [f"work{i}" for i in range(400)]


def test_splits_keep_a_composition_whole_and_do_not_change():
    found = assign_splits(WORKS * 2, {}, 0.1)
    assert found[:400].tolist() == found[400:].tolist()
    assert found.tolist() == assign_splits(WORKS * 2, {}, 0.1).tolist()
    counts = np.bincount(found[:400])
    assert counts[1] > 20 and counts[2] > 20 and counts[0] > 280


def test_more_music_leaves_what_was_held_out_where_it_was():
    before = dict(zip(WORKS, assign_splits(WORKS, {}, 0.1), strict=True))
    more = [*WORKS, *(f"other{i}" for i in range(400))]
    after = dict(zip(more, assign_splits(more, {}, 0.1), strict=True))
    assert all(after[work] == split for work, split in before.items())


def test_named_compositions_are_held_out_and_no_others():
    found = assign_splits(["a", "b", "c", "b"], {"test": ["b"], "validation": ["c"]}, 0.5)
    assert [SPLITS[i] for i in found] == ["train", "test", "validation", "test"]
    with pytest.raises(UserError, match=r"no composition 'x'; there are a, b, c"):
        assign_splits(["a", "b", "c"], {"test": ["x"]}, 0.1)


@pytest.mark.parametrize(("works", "splits"), [("a", [0]), ("ab", [0, 1]), ("abc", [0, 1, 2]), ("abcd", [0, 0, 1, 2])])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_few_compositions_still_give_one_to_each_split(works, splits, share):
    found = sorted(assign_splits(list(works), {}, share).tolist())
    assert found == splits if not share else 0 in found


def test_a_corpus_comes_back_from_disk_as_it_was(tmp_path):
    corpus = ingest([little_music(tmp_path / "music", 3)])
    corpus.save(tmp_path / "deep" / "c.npz")
    again = Corpus.load(tmp_path / "deep" / "c.npz")
    for name in Corpus.__dataclass_fields__:
        assert getattr(again, name).tolist() == getattr(corpus, name).tolist()
    assert again.names.tolist() == ["music/piece-0.mid", "music/piece-1.mid", "music/piece-2.mid"]
    first = again.piece(0)
    assert len(first) == 50 and (first["part"] == Part.LEAD).sum() == 40
    facts = summary(again)
    assert (facts["files"], facts["notes"]) == (3, 150)
    assert facts["by_part"] == {"lead": 120, "accompaniment": 30, "unsplit": 0}
    assert sum(split["notes"] for split in facts["by_split"].values()) == 150


def test_many_files_read_by_several_processes_are_the_same_corpus(tmp_path):
    for index in range(70):
        write_midi(tmp_path / f"{index}.mid", {"right": tune(index, 4), "left": bass(2)})
    one, two = ingest([tmp_path], workers=1), ingest([tmp_path], workers=2)
    assert one.notes.tolist() == two.notes.tolist() and one.names.tolist() == two.names.tolist()


def test_damaged_files_among_good_ones_are_named_and_passed_over(tmp_path):
    folder = little_music(tmp_path / "music", 2)
    whole = (folder / "piece-0.mid").read_bytes()
    (folder / "cut.mid").write_bytes(whole[: len(whole) // 2])
    (folder / "none.mid").write_text("not music")
    lines: list[str] = []
    corpus = ingest([folder], complain=lines.append)
    assert len(corpus.names) == 2
    assert [line.split(":")[0] for line in lines] == ["passed over music/cut.mid", "passed over music/none.mid"]
    assert all("\n" not in line for line in lines)


def test_nothing_to_read_is_one_line(tmp_path):
    with pytest.raises(UserError, match="no music in this folder"):
        ingest([tmp_path])
    (tmp_path / "a.mid").write_text("not music")
    for path in (tmp_path, tmp_path / "a.mid"):
        with pytest.raises(UserError, match="MIDI file"):
            ingest([path])
    with pytest.raises(UserError, match="no such file or folder"):
        find_music([tmp_path / "nowhere"])


def test_a_table_overrules_names(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("file,composition\npiece-0.mid,both\nmusic/piece-1.mid,both\n")
    corpus = ingest([little_music(tmp_path / "music", 3)], table=read_compositions(table))
    assert corpus.compositions.tolist() == ["both", "both", "piece-2"]
    table.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="columns file and composition"):
        read_compositions(table)
    with pytest.raises(UserError, match="cannot be read"):
        read_compositions(tmp_path / "no.csv")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04broken"])
def test_a_foreign_corpus_file_is_one_line(tmp_path: Path, content: bytes):
    path = tmp_path / "c.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a corpus"):
        Corpus.load(path)
    np.savez(path, other=np.zeros(2))
    with pytest.raises(UserError, match="not a corpus"):
        Corpus.load(path)
    with pytest.raises(UserError, match="no such corpus"):
        Corpus.load(tmp_path / "none.npz")
