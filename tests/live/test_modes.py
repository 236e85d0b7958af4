"""Every mode on real ports: what it does for a player; and a mode that a program change chooses while it plays."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.jack import LATE, JackServer, Musician
from tests.live.test_app import KEYBOARD, SYNTH, Running, is_silent, ons, running
from tests.live.test_playing import phrase

OPTIONS = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH)
MELODY = phrase(72, 74, 76, 77, 79, 77, 76, 74, 72, 74, 76, 72)


@contextmanager
def playing(folder: Path, mode: str) -> Iterator[tuple[Musician, Running]]:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(folder, *OPTIONS, "--mode", mode) as improv:
        yield musician, improv


def test_accompany_plays_while_the_player_does_and_ends_by_itself(jack: JackServer, tmp_path: Path) -> None:
    with (
        Musician(keyboard=KEYBOARD, synth=SYNTH) as musician,
        running(tmp_path, *OPTIONS, "--mode", "accompany") as improv,
    ):
        musician.play(MELODY)
        musician.wait_for(lambda _: len(musician.sent) == len(MELODY))
        last = musician.sent[-1].at
        assert any(message.at < last for message in ons(musician.received)), "it plays with the player"
        time.sleep(2.0 + 2 * LATE)
        assert is_silent(musician)
        assert all(message.at <= last + 2.0 + LATE for message in ons(musician.received))
        assert improv.end() == 0


def test_continue_goes_on_and_the_player_takes_over_again(jack: JackServer, tmp_path: Path) -> None:
    with (
        Musician(keyboard=KEYBOARD, synth=SYNTH) as musician,
        running(tmp_path, *OPTIONS, "--mode", "continue") as improv,
    ):
        musician.play(MELODY)
        musician.wait_for(lambda _: len(musician.sent) == len(MELODY))
        before = len(ons(musician.received))
        assert len(ons(musician.wait_for(lambda received: len(ons(received)) >= before + 3))) >= before + 3
        musician.play([(0.0, "903c40")])
        time.sleep(2 * LATE)
        back = musician.sent[-1].at
        assert is_silent(musician)
        assert all(message.at <= back + LATE for message in ons(musician.received))
        assert improv.end() == 0


def test_harmonize_joins_at_once_and_lets_go_with_the_player(jack: JackServer, tmp_path: Path) -> None:
    with (
        Musician(keyboard=KEYBOARD, synth=SYNTH) as musician,
        running(tmp_path, *OPTIONS, "--mode", "harmonize") as improv,
    ):
        # How promptly is for `improv bench` to say, not for a test on a busy machine.
        for pitch in ("48", "4c"):
            before = len(ons(musician.received))
            musician.play([(0.0, f"90{pitch}40")])
            voices = ons(musician.wait_for(lambda received, before=before: len(ons(received)) > before))  # type: ignore[misc]
            assert len(voices) > before, "while the key is down"
            musician.play([(0.0, f"80{pitch}40")])
            assert is_silent(musician)
        assert improv.end() == 0


def test_solo_needs_nobody_and_a_program_change_chooses_another_mode(jack: JackServer, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[controls]\nmode = "program"\nmute = "note 36 channel 10"\n')
    with playing(tmp_path, "solo") as (musician, improv):
        assert len(ons(musician.wait_for(lambda received: len(ons(received)) >= 4))) >= 4
        musician.play([(0.0, "992440"), (0.1, "892440")])
        time.sleep(LATE)
        assert is_silent(musician)
        before = len(ons(musician.received))
        musician.play([(0.0, "992440"), (0.1, "892440")])
        assert len(ons(musician.wait_for(lambda received: len(ons(received)) > before))) > before
        musician.play([(0.0, "c000")])
        time.sleep(LATE)
        assert is_silent(musician)
        assert improv.end() == 0


@pytest.mark.parametrize("mode", ["accompany", "solo"])
def test_a_mode_that_is_killed_leaves_nothing_sounding(jack: JackServer, tmp_path: Path, mode: str) -> None:
    with playing(tmp_path, mode) as (musician, improv):
        musician.play(MELODY)
        assert len(ons(musician.wait_for(lambda received: len(ons(received)) >= 3))) >= 3
        improv.end(signal.SIGKILL)
        jack.wait_for_end_of("improv")
        assert is_silent(musician)
