"""A few of each fault; `python -m tests.bench.faults` tries many (docs/faults.md)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.live.jack import JackServer
from tests.live.scene import Scene


@pytest.fixture
def strict(jack: JackServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """On a server that loses nothing."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack.name)  # the scene names its own, and this is put back
    with Scene(f"improv-strict-{os.getpid()}", sync=True) as scene:
        yield scene


@pytest.fixture
def loose(jack: JackServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """On a server that goes on without a client that was killed."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack.name)
    with Scene(f"improv-loose-{os.getpid()}", sync=False) as scene:
        yield scene


def test_improv_is_killed_five_times_and_nothing_sounds_on_and_little_is_lost(strict: Scene) -> None:
    outcomes = [strict.engine_killed() for _ in range(5)]
    assert [outcome.stuck for outcome in outcomes] == [0] * 5
    assert all(outcome.lost is not None and outcome.lost <= 12 for outcome in outcomes), outcomes


def test_the_server_is_killed_twice_and_improv_plays_on(loose: Scene) -> None:
    assert [loose.server_killed().stuck for _ in range(2)] == [0, 0]


def test_the_port_process_and_the_far_client_are_killed_and_improv_plays_on(loose: Scene) -> None:
    assert loose.port_process_killed().stuck == 0
    assert loose.far_client_killed().stuck == 0


def test_the_server_is_killed_while_5000_messages_are_sent_and_the_engine_waits_for_nothing(loose: Scene) -> None:
    outcome = loose.server_killed_among_messages()
    assert outcome.stuck == 0
    assert outcome.late is not None and outcome.late < 0.1


def test_a_flood_of_some_seconds_leaves_nothing_sounding_and_is_recorded(strict: Scene) -> None:
    """A minute: `python -m tests.bench.flood`."""
    outcome = strict.flooded(3)
    assert (outcome.stuck, outcome.lost) == (0, 0)


def test_a_full_disk_loses_nothing(strict: Scene) -> None:
    try:
        outcome = strict.disk_full()
    except PermissionError as error:
        pytest.skip(str(error))
    assert (outcome.stuck, outcome.lost) == (0, 0)
