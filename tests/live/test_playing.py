"""What a pianist may do to improv on real ports: pedals, false ends, odd bytes, floods."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from tests.live.jack import LATE, JackServer, Message, Musician, sounding
from tests.live.test_app import KEYBOARD, SYNTH, answer_begun, is_silent, ons, running

OPTIONS = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH)
#: The longest wait for an answer's first note after nothing is held: `gap_max`, and how soon it begins then.
LONGEST = 2.5 + 0.15
PEDAL_DOWN, PEDAL_UP = "b0407f", "b04000"
Phrase = list[tuple[float, str | bytes]]


def phrase(*pitches: int, start: float = 0.0, step: float = 0.25) -> Phrase:
    """Notes one after the other, each key down for half a step."""
    return [
        (start + index * step + moment, f"{status:02x}{pitch:02x}40")
        for index, pitch in enumerate(pitches)
        for moment, status in ((0.0, 0x90), (step / 2, 0x80))
    ]


def sent_at(musician: Musician, data: str) -> float:
    """When the musician last sent these bytes."""
    return next(message.at for message in reversed(musician.sent) if message.data.hex() == data)


def until_answer(musician: Musician) -> list[Message]:
    """improv's note-ons, as soon as there is one."""
    found = ons(musician.wait_for(answer_begun))
    assert found, "no answer"
    return found


def test_a_chord_held_by_the_pedal_is_not_answered_before_it_is_released(jack: JackServer, tmp_path: Path) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS):
        musician.play([(0.0, PEDAL_DOWN), *phrase(60, 64, 67, 72), (3.5, PEDAL_UP)])
        first = until_answer(musician)[0]
        assert 0.35 <= first.at - sent_at(musician, PEDAL_UP) <= LONGEST + LATE


def test_a_chord_held_longer_than_the_limit_is_answered(jack: JackServer, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[answer]\nhold_limit = 2.0\n")
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS):
        musician.play([*phrase(60, 64), (0.5, "903c40"), (0.5, "904040"), (0.5, "904340")])
        first = until_answer(musician)[0]
        assert 2.0 <= first.at - sent_at(musician, "904340") <= 2.0 + LONGEST + LATE


def test_who_plays_on_at_once_had_not_finished_and_is_waited_for_longer(jack: JackServer, tmp_path: Path) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS):
        musician.play(phrase(60, 62, 64, 65))
        first = until_answer(musician)[0]
        waited = first.at - sent_at(musician, "804140")
        musician.play(phrase(67, 65, 64, 62))
        musician.wait_for(lambda _: len(musician.sent) == 16)
        back, over = musician.sent[8].at, musician.sent[-1].at
        received = musician.wait_for(lambda messages: any(message.at > over for message in ons(messages)))
        assert not [message for message in ons(received) if back + LATE < message.at < over]
        assert not sounding([message for message in received if message.at <= back + 0.15 + LATE])
        assert min(message.at for message in ons(received) if message.at > over) - over > waited


def test_running_status_and_real_time_bytes_are_heard_and_passed_on_byte_for_byte(
    jack: JackServer, tmp_path: Path
) -> None:
    odd = ["903c40", "3e40", "f8", "3c00", "3e00", "90", "f8", "4040", "fe", "4000"]
    odd += ["f07e7f0601f7", "c105", "e00040", "903c40", "fa", "803c00", "9f4540", "8f4500"]
    played: Phrase = [(0.02 * number, data) for number, data in enumerate(odd)]
    with (
        Musician(keyboard=KEYBOARD, synth=SYNTH) as musician,
        running(tmp_path, *OPTIONS, "--thru") as improv,
    ):
        musician.play(played)
        improv.wait_for("heard 5")  # 3c, 3e, 40, 3c again, and 45 on the last channel: all channels are heard
        received = players(musician.wait_for(lambda received: len(players(received)) >= len(odd)))
        assert received == odd


def players(received: Sequence[Message]) -> list[str]:
    """What is not improv's own."""
    return [message.data.hex() for message in received if message.data[0] not in (0x91, 0x81)]


def test_an_engine_that_stands_still_leaves_nothing_sounding(jack: JackServer, tmp_path: Path) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS) as improv:
        musician.play(phrase(60, 62, 64, 65, 67, 69))
        until_answer(musician)
        improv.process.send_signal(signal.SIGSTOP)
        time.sleep(1.0)  # longer than the plan reaches ahead
        assert is_silent(musician)
        improv.process.send_signal(signal.SIGCONT)
        assert improv.end() == 0


def test_a_flood_leaves_nothing_sounding_and_improv_plays_on(jack: JackServer, tmp_path: Path) -> None:
    chance, rate, seconds = random.Random(0), 5000, 2
    pitches = [chance.randrange(21, 109) for _ in range(rate * seconds // 2)]
    flood = phrase(*pitches, step=2 / rate)
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *OPTIONS, "--thru") as improv:
        musician.play(flood)
        musician.wait_for(lambda received: len(mine(received)) >= len(flood))
        assert [message.data.hex() for message in mine(musician.received)] == [data for _, data in flood]
        assert not sounding(mine(musician.received))
        until_answer(musician)  # it goes on: the flood is over, and so is answered
        assert improv.end(signal.SIGINT) == 0
        assert is_silent(musician)


def mine(messages: Sequence[Message]) -> list[Message]:
    """What came through of the player's own."""
    return [message for message in messages if message.data[0] & 0x0F == 0]
