"""Clients that JACK leaves out are made anew: on made-up threads, and on those of this process."""

from __future__ import annotations

import sys
import threading

import pytest

from improv.ports import cycles
from improv.ports.cycles import LEFT_OUT, OTHERS, TRIES, WOKEN, Watch, all_woken, is_run, made_to_run, woken

CHANNEL, FIRST, SECOND = 11, 12, 14  # a client has a thread for what the server says, and the one that it wakes


@pytest.mark.parametrize(
    ("more", "late", "run"),
    [
        ({FIRST: 0, SECOND: 1}, False, None),
        ({FIRST: 0, SECOND: WOKEN}, False, True),
        ({FIRST: OTHERS - 1, SECOND: 1}, False, None),
        ({FIRST: OTHERS, SECOND: 1}, False, False),
        ({FIRST: OTHERS, SECOND: WOKEN}, False, True),
        ({FIRST: OTHERS, SECOND: -1}, False, False),  # its thread has ended
        ({FIRST: 10, SECOND: 1}, True, False),
        ({FIRST: 0, SECOND: 0}, True, None),  # the server stands still
        ({CHANNEL: OTHERS, FIRST: 0, SECOND: 0}, False, None),  # it only says something
        ({}, True, None),
    ],
)
def test_a_client_is_run_when_its_own_thread_is_woken_and_left_out_when_only_anothers_is(
    more: dict[int, int], late: bool, run: bool | None
) -> None:
    assert is_run(SECOND, (FIRST,), more, late=late) is run


class Server:
    """Wakes the first client's thread at every look, and the later ones' unless they are `left_out` of them."""

    def __init__(self, left_out: int, *, told: bool = True, runs: bool = True) -> None:
        self._left_out, self._told, self._runs = left_out, told, runs
        self.made: list[int] = []
        self.unmade: list[int] = []
        self._counts = {CHANNEL: 5, FIRST: 100}

    def make(self) -> int:
        self.made.append(SECOND + len(self.made))
        self._counts[self.made[-1]] = 1
        return self.made[-1]

    def unmake(self, client: int) -> None:
        self.unmade.append(client)
        del self._counts[client]

    def counts(self) -> dict[int, int]:
        if not self._told:
            return {}
        for thread in self._counts.keys() - {CHANNEL} - {*self.made[: self._left_out]}:
            self._counts[thread] += self._runs
        return dict(self._counts)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycles, "LOOK", 0.0)


@pytest.mark.parametrize("left_out", [0, 1, 2])
def test_a_client_that_is_left_out_is_made_anew(left_out: int) -> None:
    server = Server(left_out)
    client, thread = made_to_run(server.make, server.unmake, (FIRST,), server.counts)
    assert client == thread == SECOND + left_out
    assert server.unmade == server.made[:left_out]


def test_the_last_is_taken_as_it_is_and_nobody_waits_for_ever() -> None:
    server = Server(TRIES + 1)
    assert made_to_run(server.make, server.unmake, (FIRST,), server.counts)[0] == SECOND + TRIES - 1
    assert len(server.made) == TRIES


def test_where_nothing_is_told_every_client_is_taken() -> None:
    server = Server(TRIES + 1, told=False)
    assert made_to_run(server.make, server.unmake, (FIRST,), server.counts) == (SECOND, None)
    assert server.unmade == []


def test_beside_no_other_and_where_the_server_stands_still_a_client_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cycles, "PATIENCE", 0.0)
    for server, others in ((Server(0, runs=False), (FIRST,)), (Server(TRIES + 1), ())):
        assert made_to_run(server.make, server.unmake, others, server.counts)[0] == SECOND
        assert server.unmade == []


def test_a_client_that_is_late_is_left_out_where_another_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of long cycles there are few in the time a client has."""
    moments = iter(range(1000))
    monkeypatch.setattr(cycles, "now", lambda: next(moments) * cycles.PATIENCE / 8)
    server = Server(1)
    assert made_to_run(server.make, server.unmake, (FIRST,), server.counts)[0] == SECOND + 1


def test_a_client_that_is_run_no_more_is_noticed_and_a_server_that_stands_still_is_none_of_it() -> None:
    watch, moment, counts = Watch(), 0.0, {FIRST: 100, SECOND: 100}

    def goes_on(*run: int, looks: int) -> list[bool]:
        nonlocal moment
        told = []
        for _ in range(looks):
            moment += LEFT_OUT / 4
            counts.update({thread: counts[thread] + 3 for thread in run})
            told.append(watch.look((FIRST, SECOND), counts, moment))
        return told

    assert all(goes_on(FIRST, SECOND, looks=8))
    assert all(goes_on(looks=40)), "nobody is run"
    assert all(goes_on(FIRST, looks=3) + goes_on(SECOND, looks=1) + goes_on(FIRST, looks=3))
    assert goes_on(FIRST, SECOND, looks=1) + goes_on(FIRST, looks=4) == [True] * 4 + [False]


def test_a_client_that_is_new_has_all_its_time() -> None:
    watch = Watch()
    assert watch.look((FIRST,), {FIRST: 1}, 100.0)
    assert watch.look((FIRST, SECOND), {FIRST: 2, SECOND: 1}, 200.0)
    looks = range(1, 5)
    told = [watch.look((FIRST, SECOND), {FIRST: 2 + n, SECOND: 1}, 200.0 + n * LEFT_OUT / 4) for n in looks]
    assert told == [True, True, True, False]
    assert watch.look((FIRST, SECOND + 2), {FIRST: 9, SECOND + 2: 1}, 201.0)


def test_a_process_that_stood_still_itself_blames_nobody() -> None:
    watch = Watch()
    assert watch.look((FIRST, SECOND), {FIRST: 1, SECOND: 1}, 1.0)
    assert watch.look((FIRST, SECOND), {FIRST: 2, SECOND: 2}, 1.125)
    assert watch.look((FIRST, SECOND), {FIRST: 3, SECOND: 2}, 60.0), "the other is woken in a moment"
    assert watch.look((FIRST, SECOND), {FIRST: 4, SECOND: 3}, 60.125)


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_linux_tells_how_often_a_thread_has_been_woken() -> None:
    bell, heard = threading.Semaphore(0), threading.Semaphore(0)
    known: list[int] = []

    def wait() -> None:
        known.append(threading.get_native_id())
        for _ in range(20):
            heard.release()
            bell.acquire()

    thread = threading.Thread(target=wait)
    thread.start()
    heard.acquire()
    before = woken(known)[known[0]]
    for _ in range(19):
        bell.release()
        heard.acquire()
    assert all_woken()[known[0]] > before
    bell.release()
    thread.join()
    assert woken([2**31 - 1]) == {}, "there is no such thread"
