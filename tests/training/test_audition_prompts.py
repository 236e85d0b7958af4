"""Where pieces are cut, and what stands beside a cut."""

from __future__ import annotations

import numpy as np
import pytest

from improv.errors import UserError
from improv.notes import Part
from tests.training.midifiles import little_music
from tests.training.passages import line, wandering
from training.audition.passages import group_starts, moves
from training.audition.prompts import MIDDLE, Held, choose, read_pieces


def held(group: str, *seeds: int, count: int = 800) -> list[Held]:
    return [Held(group, f"{group}/{seed}", wandering(seed, count)) for seed in seeds]


def test_all_before_a_cut_was_heard_and_what_follows_is_the_humans():
    pieces = held("a", 1, 2, 3)
    prompts = choose(pieces, 3, 20.0, seed=0)
    assert [prompt.name for prompt in prompts] == ["a/1", "a/2", "a/3"]
    for prompt, piece in zip(prompts, pieces, strict=True):
        length = float(piece.notes["onset"][-1])
        assert MIDDLE[0] * length <= prompt.cut <= MIDDLE[1] * length and prompt.cut in group_starts(piece.notes)
        assert len(prompt.heard) + len(prompt.later) == len(piece.notes)
        assert prompt.heard["onset"][-1] < prompt.cut == prompt.human["onset"][0]
        assert prompt.human["onset"][-1] < prompt.cut + 20 <= prompt.later["onset"][len(prompt.human)]
        assert prompt.shown["onset"][0] >= prompt.cut - 20 and prompt.shown["onset"][-1] == prompt.heard["onset"][-1]


def test_the_other_human_passages_are_later_in_the_piece_and_from_another_piece():
    pieces = held("a", 1, 2)
    for prompt in choose(pieces, 2, 20.0, seed=0):
        own, other = (
            (piece.notes for piece in pieces) if prompt.name == "a/1" else (piece.notes for piece in reversed(pieces))
        )
        whole, foreign = moves(own, False).tolist(), moves(other, False).tolist()

        def place(passage, piece):
            said = moves(passage, False).tolist()
            return next(i for i in range(len(piece)) if piece[i : i + len(said)] == said)

        assert place(prompt.elsewhere, whole) >= len(prompt.heard) + len(prompt.human)
        assert place(prompt.other, foreign) == pytest.approx(400, abs=2)
        for beside in (prompt.elsewhere, prompt.other):
            assert beside["onset"][0] == pytest.approx(prompt.cut) and beside["onset"][-1] < prompt.cut + 20


def test_several_cuts_of_one_piece_lie_apart():
    cuts = [prompt.cut for prompt in choose(held("a", 1, 2), 6, 20.0, seed=0) if prompt.name == "a/1"]
    assert len(cuts) == 3 and min(np.diff(cuts)) >= 9


def test_of_many_pieces_some_are_picked_evenly():
    names = [prompt.name for prompt in choose(held("a", *range(9)), 3, 20.0, seed=0)]
    assert names == ["a/0", "a/3", "a/6"]


def test_each_folder_has_its_prompts_and_who_is_alone_in_one_is_compared_with_another_folder():
    prompts = choose([*held("a", 1), *held("b", 2, 3)], 2, 20.0, seed=0)
    assert [prompt.group for prompt in prompts] == ["a", "a", "b", "b"]
    for prompt in prompts:
        assert moves(prompt.other, False).tolist() != moves(prompt.human, False).tolist()


def test_the_same_seed_gives_the_same_prompts_and_another_others():
    def starts(seed):
        return [moves(prompt.elsewhere, False).tolist() for prompt in choose(held("a", *range(4)), 4, 20.0, seed)]

    assert starts(1) == starts(1) != starts(2)


def test_too_little_music_is_said_in_one_line():
    with pytest.raises(UserError, match=r"1 of 2 pieces last 100 s.*at least two, or a smaller --seconds"):
        choose([*held("a", 1), Held("a", "a/short", line(*[60] * 40))], 2, 20.0, seed=0)


def test_files_are_read_unsplit_and_what_cannot_be_read_is_told(tmp_path):
    music = little_music(tmp_path / "music", 2)
    (music / "bad.mid").write_text("not music")
    lines: list[str] = []
    pieces = read_pieces([music], lines.append)
    assert [(piece.group, piece.name) for piece in pieces] == [
        ("music", "music/piece-0.mid"),
        ("music", "music/piece-1.mid"),
    ]
    assert all((piece.notes["part"] == Part.UNSPLIT).all() for piece in pieces)
    assert len(lines) == 1 and "bad.mid" in lines[0]
    with pytest.raises(UserError, match=r"bad: no file that can be read"):
        (tmp_path / "bad").mkdir()
        (music / "bad.mid").rename(tmp_path / "bad" / "bad.mid")
        read_pieces([tmp_path / "bad"])
