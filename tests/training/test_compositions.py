"""One work is one name in every catalogue."""

from __future__ import annotations

import pytest

from improv.errors import UserError
from tests.training.midifiles import little_music
from training.compositions import catalogues, read_compositions, work
from training.corpus import ingest


@pytest.mark.parametrize(
    ("composer", "title", "name"),
    [
        ("Chopin, Frédéric", "Chopin/Carreño - Ballade op. 47, a flat major", "chopin op 47"),
        ("Chopin", "Ballade_Opus_47", "chopin op 47"),
        ("Chopin", "Etude Opus 10 No. 3", "chopin op 10"),
        ("Mendelssohn-Bartholdy, Felix", "Lied op. 62", "mendelssohn op 62"),
        ("Mendelssohn", "Songs Opus 62 No 6", "mendelssohn op 62"),
        ("Schubert, Franz", "Impromptu op. 90, no. 2", "schubert d 899"),
        ("Schubert", "Sonata_D_960", "schubert d 960"),
        ("Schubert", "Impromptu D 899", "schubert d 899"),
        ("Mozart", "Sonata KV 331", "mozart k 331"),
        ("Mozart", "Sonata K. 331", "mozart k 331"),
        ("Bach, J.S.", "BWV 846", "bach bwv 846"),
        ("Saint-Saëns", "Étude en forme de valse", "saint saens etude en forme de valse"),
        ("", "Opus", "anonymous opus"),
    ],
)
def test_a_work_has_one_name_however_it_is_written(composer, title, name):
    assert work(composer, title) == name


def test_the_same_work_in_two_sets_falls_on_the_same_side(tmp_path):
    rolls, files = little_music(tmp_path / "rolls", 2), little_music(tmp_path / "files" / "midis", 2)
    for index, folder in ((0, files), (1, files)):  # other music than the rolls, not a repeat of it
        (folder / f"piece-{index}.mid").unlink()
    for index in range(2):
        (little_music(tmp_path / "more", 4) / f"piece-{index + 2}.mid").rename(files / f"{index}.mid")
    (rolls / "catalog.csv").write_text(
        "file,type,composer,title\n"
        'piece-0.mid,welte,"Chopin, F.",Chopin/X - Etude op. 10\n'
        "piece-1.mid,welte,,Gold/Y - Rag\n"
    )
    (tmp_path / "files" / "metadata.csv").write_text(
        "composer,title,midi\nChopin,Opus_10_12,midis/0.mid\nLiszt,Consolation,midis/1.mid\n"
    )
    corpus = ingest([rolls, tmp_path / "files"])
    assert corpus.compositions.tolist() == ["chopin op 10", "gold rag", "chopin op 10", "liszt consolation"]
    assert corpus.splits[0] == corpus.splits[2]
    # What the user says outranks the catalogues.
    named = ingest([rolls], table={"piece-0.mid": "mine"})
    assert named.compositions.tolist() == ["mine", "gold rag"]


def test_a_catalogue_is_a_table_too_and_a_foreign_one_is_passed_over(tmp_path):
    (tmp_path / "catalog.csv").write_text("file,composer,title\na.mid,Liszt,Sonata S.178\n")
    assert read_compositions(tmp_path / "catalog.csv") == {"a.mid": "liszt s 178"}
    (tmp_path / "catalog.csv").write_text("a,b\n1,2\n")
    assert catalogues([tmp_path]) == {}
    with pytest.raises(UserError, match="expected a CSV table with the columns file and composition, or file,"):
        read_compositions(tmp_path / "catalog.csv")
