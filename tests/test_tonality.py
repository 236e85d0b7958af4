"""Keys: read as people write them, found as they are played, and left only for a better one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.keynames import SCALES, TONICS, Key, read_key
from improv.notes import Note
from improv.tonality import ENOUGH, KeyFollower, likeness

C_MAJOR = (60, 64, 67, 65, 69, 72, 67, 71, 74, 60, 64, 67)
FS_MAJOR = tuple(pitch + 6 for pitch in C_MAJOR)


def play(follower: KeyFollower, pitches, at: float = 0.0, step: float = 0.5, first: int = 0) -> float:
    for index, pitch in enumerate(pitches):
        follower.hear(first + index, Note(at, pitch, 64), at)
        at += step
        follower.hear(first + index, Note(at - step, pitch, 64, step), at)
    return at


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("D dorian", Key(2, "dorian")),
        ("Bb", Key(10, "major")),
        ("f# Minor", Key(6, "minor")),
        (" Cb  lydian ", Key(11, "lydian")),
    ],
)
def test_keys_as_people_write_them(text: str, key: Key):
    assert read_key(text) == key


@given(st.integers(0, 11), st.sampled_from(sorted(SCALES)))
def test_a_key_is_read_as_it_is_written(tonic: int, scale: str):
    assert read_key(str(Key(tonic, scale))) == Key(tonic, scale)


@pytest.mark.parametrize("text", ["", "H", "D dorain", "D  ", "Ddorian minor", "D dorian!", 3, None, "auto"])
def test_what_is_no_key(text: object):
    if text == "D  ":
        assert read_key(text) == Key(2, "major")
        return
    with pytest.raises(ValueError):
        read_key(text)


def test_a_scale_is_where_it_should_be():
    assert read_key("D dorian").classes == (2, 4, 5, 7, 9, 11, 0)
    assert set(read_key("A aeolian").classes) == set(read_key("C").classes)


@pytest.mark.parametrize("tonic", range(12))
def test_the_key_that_is_played_is_found_in_every_transposition(tonic: int):
    follower = KeyFollower()
    play(follower, [pitch + tonic for pitch in C_MAJOR])
    assert str(follower.key) == f"{TONICS[tonic]} major"


def test_nothing_is_said_before_it_is_clear():
    follower = KeyFollower()
    assert follower.key is None
    play(follower, C_MAJOR[: ENOUGH - 1])
    assert follower.key is None
    chromatic = KeyFollower()
    play(chromatic, range(60, 84))
    assert chromatic.key is None


def test_a_key_stays_until_another_is_clearly_better():
    """C major, then a bar of its dominant's: near enough to stay. Half a minute of F sharp is another key."""
    follower = KeyFollower()
    at = play(follower, C_MAJOR)
    assert str(follower.key) == "C major"
    at = play(follower, (62, 66, 69, 67), at, first=100)
    assert str(follower.key) == "C major"
    changes, last = 0, follower.key
    for round_ in range(8):
        at = play(follower, FS_MAJOR, at, first=1000 + 100 * round_)
        changes, last = changes + (follower.key != last), follower.key
    assert (str(last), changes <= 2) == ("F# major", True)


def test_only_the_last_half_minute_counts_and_it_is_bounded():
    follower = KeyFollower()
    at = play(follower, C_MAJOR * 20)
    assert len(follower._notes) <= 30.0 / 0.5 + 1
    at = play(follower, FS_MAJOR, at + 30.0, first=1000)
    assert str(follower.key) == "F# major"
    play(follower, [60] * 5000, at, step=1e-4, first=2000)
    assert len(follower._notes) <= 1024


def test_a_held_note_counts_for_as_long_as_it_is_heard():
    follower = KeyFollower()
    at = play(follower, C_MAJOR, step=0.1)
    for number, pitch in enumerate((54, 58, 61, 66)):  # F sharp major, held
        follower.hear(100 + number, Note(at, pitch, 64), at)
    follower.hear(200, Note(at + 6.0, 65, 64), at + 6.0)
    assert str(follower.key) == "F# major"


def test_silence_and_evenness_are_like_no_key():
    assert not likeness(np.zeros(12)).any()
    assert not likeness(np.ones(12)).any()
