"""The port process's loop on fake ports: one turn at a time, nothing is waited for."""

import contextlib
import multiprocessing
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from improv.clock import now
from improv.midi import control_change, note_off, note_on
from improv.plan import PlannedNote, Play, Silence
from improv.ports import attention, loop
from improv.ports.loop import Loop
from improv.ports.pipe import Pipe
from improv.ports.repeats import SILENCE_AT
from improv.ports.reports import IN, OUT, Dropped, Heard, Plugged, Quench, Sent, There, Unplugged
from improv.ports.waiting import Waiter
from tests.ports.room import Board, Port

#: A note is left out that is later than this: a busy machine may well be late by a second.
LATE = 30.0
OFFS = [note_off(1, 60), control_change(1, 64, 0), control_change(1, 123, 0)]


class Room:
    """A loop, its port and the engine's end of the pipe."""

    def __init__(self, *, thru: bool = False) -> None:
        connection, theirs = multiprocessing.Pipe()
        self.engine = Pipe(connection)
        self.port = Port()
        self.board = Board(self.port, output=self.port)
        self.end = Pipe(theirs)
        self.loop = Loop(self.end, Waiter(theirs), self.board, thru=thru, late_limit=LATE)

    def turn(self) -> list[Any]:
        """One turn; what was reported."""
        self.loop.turn()
        return [report for reports in self.engine.receive() for report in reports]

    def close(self) -> None:
        self.engine.close()
        self.end.close()


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    room.close()


@pytest.fixture
def thru() -> Iterator[Room]:
    room = Room(thru=True)
    yield room
    room.close()


def test_what_comes_in_is_reported_with_its_moment_and_not_sent(room: Room) -> None:
    before = now()
    room.port.comes_in.append(note_on(0, 60, 64))
    room.port.comes_in.append(b"\xf8")
    one, other = room.turn()
    assert (one.port, one.data, other.data) == (0, note_on(0, 60, 64), b"\xf8")
    assert before <= one.at <= other.at <= now()
    assert room.port.sent == []


def test_the_ports_there_are_are_reported_where_they_are_others(room: Room) -> None:
    assert room.turn() == []
    room.board.changed = True
    assert room.turn() == [There(("keys",), ("synth",))]
    assert room.turn() == []


def test_thru_sends_the_same_bytes_in_order(thru: Room) -> None:
    messages = [note_on(0, 60, 64), b"\xf0\x7e\x01\xf7", b"\xf8", b"\x90\x3c\x00", b"\x3c\x40", b"\xc0\x05"]
    for message in messages:
        thru.port.comes_in.append(message)
    assert [report.data for report in thru.turn()] == messages
    assert thru.port.sent == messages


def test_thru_leaves_out_an_input_that_gives_the_clock_alone() -> None:
    room = Room(thru=True)
    clock = Port()
    board = Board(room.port, clock, output=room.port)
    room.loop = Loop(room.end, Waiter(room.end.connection), board, thru=1, late_limit=LATE)
    room.port.comes_in.append(note_on(0, 60, 64))
    clock.comes_in += [b"\xf8", note_on(0, 61, 64)]
    assert [(report.port, report.data[0]) for report in room.turn()] == [(0, 0x90), (1, 0xF8), (1, 0x90)]
    assert room.port.sent == [note_on(0, 60, 64)]
    room.close()


def test_a_note_leaves_and_is_reported_with_its_lateness(room: Room) -> None:
    onset = now() - 0.125
    room.engine.send(Play((PlannedNote(onset, 60, 64, 0.0, 1),)))
    (report,) = room.turn()
    assert room.port.sent == [note_on(1, 60, 64), note_off(1, 60)]
    assert isinstance(report, Sent)
    assert (report.deadline, report.pitch, report.velocity, report.channel) == (onset, 60, 64, 1)
    assert report.lateness >= 0.125


def test_a_note_far_too_late_is_reported_as_dropped(room: Room) -> None:
    onset = now() - 2 * LATE
    room.engine.send(Play((PlannedNote(onset, 60, 64, 4.0, 1),)))
    assert room.turn() == [Dropped(onset, 60, 64, 1)]
    assert room.port.sent == []


def test_silence_ends_everything(room: Room) -> None:
    room.engine.send(Play((PlannedNote(now(), 60, 64, 60.0, 1),)))
    room.turn()
    room.engine.send(Silence())
    room.turn()
    assert room.port.sent[1:] == OFFS


def test_it_ends_with_the_engine_and_silences_several_times(room: Room) -> None:
    room.engine.send(Play((PlannedNote(now(), 60, 64, 60.0, 1),)))
    room.turn()
    room.engine.close()
    room.loop.run()
    pauses: list[float] = []
    room.loop.silence(pauses.append)
    assert room.port.sent[1:] == OFFS * len(SILENCE_AT)
    assert sum(pauses) == pytest.approx(SILENCE_AT[-1])


def test_the_players_held_note_is_silenced_too(thru: Room) -> None:
    thru.port.comes_in.append(note_on(0, 48, 64))
    thru.turn()
    thru.loop.silence(lambda _: None)
    assert thru.port.sent.count(note_off(0, 48)) == len(SILENCE_AT)


class Breaking(Port):
    """An output that fails once, at its message of this number, which is then not sent."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._left = number

    def send(self, data: bytes) -> None:
        self._left -= 1
        if self._left == 0:
            raise OSError("it is broken")
        super().send(data)


@pytest.mark.parametrize("thru", [0, 1])
@pytest.mark.parametrize("number", range(1, 16))
def test_wherever_sending_fails_nothing_is_left_sounding(room: Room, number: int, thru: int) -> None:
    output = Breaking(number)
    room.board = Board(room.port, output=output)
    room.loop = Loop(room.end, Waiter(room.end.connection), room.board, thru=thru, late_limit=LATE)
    onset = now()
    notes = [PlannedNote(onset, pitch, 64, length, 1) for pitch, length in ((60, 0.0), (62, 0.0), (64, 9.0), (65, 9.0))]
    room.port.comes_in = [note_on(0, 48, 64), note_on(0, 50, 64), note_off(0, 48), note_off(0, 50)]
    with contextlib.suppress(OSError):
        room.engine.send(Play(tuple(notes)))
        room.turn()
        room.engine.send(Silence())
        room.turn()
    room.loop.silence(lambda _: None)
    sounds = set[tuple[int, int]]()
    for kind, key in ((data[0] & 0xF0, (data[0] & 0x0F, data[1])) for data in output.sent):
        if kind == 0x90:
            sounds.add(key)
        elif kind == 0x80:
            sounds.discard(key)
    assert len(output.sent) > 5 and not sounds


def test_offs_of_the_player_s_that_were_passed_on_are_said_again_at_the_end(thru: Room) -> None:
    """And not before: what is passed on is what came."""
    thru.port.comes_in += [note_on(0, 48, 64), note_off(0, 48)]
    thru.turn()
    thru.turn()
    assert thru.port.sent == [note_on(0, 48, 64), note_off(0, 48)]
    thru.loop.silence(lambda _: None)
    assert thru.port.sent.count(note_off(0, 48)) == 1 + len(SILENCE_AT)


def test_it_ends_when_told_to(room: Room) -> None:
    room.loop.end()
    room.loop.run()


def test_an_engine_that_does_not_read_stops_nothing(thru: Room) -> None:
    for _ in range(5000):
        thru.port.comes_in.append(b"\xf0" + bytes(100) + b"\xf7")
        thru.loop.turn()
    assert len(thru.port.sent) == 5000
    reports = thru.turn()
    assert 0 < len(reports) < 5000
    while more := thru.turn():
        reports += more
    assert [type(report) for report in reports] == [Heard] * 5000


def test_a_ping_is_said_back(room: Room) -> None:
    room.engine.send("are you there?")
    room.loop.turn()
    assert room.engine.receive() == ["are you there?"]


def test_an_input_that_is_unplugged_lets_go_of_what_it_held(thru: Room) -> None:
    output = Port()
    thru.board = Board(thru.port, output=output)
    thru.loop = Loop(thru.end, Waiter(thru.end.connection), thru.board, thru=1, late_limit=LATE)
    thru.port.comes_in += [note_on(3, 60, 64), note_on(3, 64, 64), note_off(3, 64), control_change(3, 64, 127)]
    thru.turn()
    thru.board.happens = [(thru.port, Unplugged("keys", IN))]
    reports = thru.turn()
    assert reports[0] == Unplugged("keys", IN)
    gone = [control_change(3, 64, 0), note_off(3, 60)]
    assert [(report.port, report.data) for report in reports[1:]] == [(0, data) for data in gone]
    assert output.sent[4:] == gone, "what was passed on ends too"
    thru.board.happens = [(thru.port, Unplugged("keys", IN))]
    assert len(thru.turn()) == 1, "it holds nothing any more"


def test_a_device_whose_active_sensing_stops_lets_go(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    monkeypatch.setattr(loop, "now", lambda: moment)
    room.port.comes_in += [b"\xfe", note_on(0, 60, 64)]
    room.turn()
    moment += 0.32
    assert room.turn() == []
    moment += 0.02
    (gone,) = room.turn()
    assert gone.data == note_off(0, 60)
    moment += 60.0
    assert room.turn() == []


def test_an_output_that_comes_back_is_told_to_end_what_it_may_still_sound(room: Room) -> None:
    output = Port()
    room.board = Board(room.port, output=output)
    room.loop = Loop(room.end, Waiter(room.end.connection), room.board, thru=0, late_limit=LATE)
    room.engine.send(Play((PlannedNote(now(), 60, 64, 60.0, 1), PlannedNote(now(), 62, 64, 0.0, 1))))
    room.turn()
    room.board.happens = [(output, Unplugged("synth", OUT))]
    room.turn()
    output.sent.clear()
    room.board.happens = [(output, Plugged("synth", OUT))]
    room.turn()
    assert output.sent == [*OFFS, note_off(1, 62)]


def test_when_the_list_of_ports_changes_late_offs_are_said_again(room: Room) -> None:
    room.engine.send(Play((PlannedNote(now(), 60, 64, 0.0, 1), PlannedNote(now(), 62, 64, 60.0, 1))))
    room.turn()
    room.port.sent.clear()
    room.board.changed = True
    room.turn()
    assert room.port.sent == [note_off(1, 60)]


def test_what_a_dead_process_left_sounding_is_ended(room: Room) -> None:
    room.engine.send(Quench(((1, 60),), (1,)))
    room.turn()
    assert room.port.sent == OFFS


def test_no_note_sounds_longer_than_the_longest(room: Room) -> None:
    room.loop = Loop(room.end, Waiter(room.end.connection), room.board, thru=0, late_limit=LATE, longest=0.0)
    room.engine.send(Play((PlannedNote(now(), 60, 64, 3600.0, 1),)))
    room.turn()
    assert room.port.sent == [note_on(1, 60, 64), note_off(1, 60)]


def sleeps(monkeypatch: pytest.MonkeyPatch, room: Room, *moments: float) -> list[float]:
    """How long the loop would sleep at these moments (seconds from now)."""
    slept: list[float] = []
    monkeypatch.setattr(Waiter, "sleep", lambda self, seconds: bool(slept.append(seconds)))
    start = now()
    for moment in moments:
        monkeypatch.setattr(loop, "now", lambda moment=moment: start + moment)
        room.loop._wait()
    return slept


def test_inputs_are_polled_while_someone_plays_and_wake_the_loop_at_rest(
    monkeypatch: pytest.MonkeyPatch, room: Room
) -> None:
    rest = attention.CLOSELY + 1
    assert sleeps(monkeypatch, room, 0.0, rest, rest + 0.1, rest + 0.2) == [
        attention.LOOK,
        *[attention.LOOK_SLEEPING] * 3,
    ]
    assert room.port.told == ["doze", "doze"]  # once more, for what came in that moment
    room.port.comes_in.append(b"\xfe")
    room.turn()
    assert sleeps(monkeypatch, room, rest + 0.3) == [attention.LOOK_SLEEPING]  # active sensing is nothing played
    room.port.comes_in.append(note_on(0, 60, 64))
    monkeypatch.setattr(loop, "now", lambda: now() + rest + 0.4)
    room.turn()
    assert sleeps(monkeypatch, room, rest + 0.4) == [attention.LOOK]
    assert room.port.told == ["doze", "doze", "attend"]


def test_in_real_time_inputs_always_wake_the_loop(monkeypatch: pytest.MonkeyPatch, room: Room) -> None:
    room.loop = Loop(room.end, Waiter(room.end.connection), room.board, thru=0, late_limit=LATE, closely=0.0)
    assert sleeps(monkeypatch, room, 0.0, 0.5, attention.MAKE_SURE + 0.1, 5.0) == [attention.LOOK_SLEEPING] * 4
    assert room.port.told == ["doze", "doze"]


def test_in_a_flood_inputs_are_polled_in_real_time_too_until_it_is_over(
    monkeypatch: pytest.MonkeyPatch, room: Room
) -> None:
    """A callback for each message would keep JACK's own thread waiting, and JACK goes on without who is late."""
    room.loop = Loop(room.end, Waiter(room.end.connection), room.board, thru=0, late_limit=LATE, closely=0.0)
    for _ in range(attention.FLOOD - 1):  # a chord, however large, is none
        room.port.comes_in.append(note_on(0, 60, 64))
    start = now()
    monkeypatch.setattr(loop, "now", lambda: start)
    room.turn()
    assert sleeps(monkeypatch, room, 0.0) == [attention.LOOK_SLEEPING]
    monkeypatch.setattr(loop, "now", lambda: start + attention.FLOOD_WITHIN)
    room.port.comes_in = [note_on(0, 60, 64)] * attention.FLOOD
    room.turn()
    over = attention.FLOOD_WITHIN + attention.FLOOD_OVER + 1.0
    assert sleeps(monkeypatch, room, attention.FLOOD_WITHIN, over) == [attention.LOOK, attention.LOOK_SLEEPING]
    assert room.port.told == ["doze", "attend", "doze"]


def test_another_thread_ends_a_sleep() -> None:
    ours, _ = multiprocessing.Pipe()
    waiter = Waiter(ours)
    threading.Timer(0.05, waiter.wake).start()
    before = now()
    assert not waiter.sleep(60.0)
    assert now() - before < 50.0
    for _ in range(100_000):  # nobody answers the bell: it does not block
        waiter.wake()


def test_a_backlog_reaches_the_engine_in_large_pieces_and_whole(room: Room) -> None:
    for number in range(2000):
        room.port.comes_in.append(note_on(0, number % 128, 1 + number // 128))
        room.loop.turn()
    heard, pieces = [], []
    while len(heard) < 2000:
        for piece in room.engine.receive():
            pieces.append(len(piece))
            heard += [report.data for report in piece]
        room.loop.turn()
    assert heard == [note_on(0, number % 128, 1 + number // 128) for number in range(2000)]
    assert max(pieces) == loop.AT_ONCE, "an engine that is late sees how late it is"
