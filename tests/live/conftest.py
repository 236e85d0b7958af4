"""One JACK server for the whole test session; a failure while it hangs is its own, and does not count."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from _pytest.runner import runtestprotocol

from tests.live.jack import JackServer, StandsStill, passes_on

RUNNING: list[JackServer] = []


@pytest.fixture(scope="session")
def jack() -> Iterator[JackServer]:
    """A running JACK server, the default one for this process and all it starts."""
    if shutil.which("jackd") is None:
        if os.environ.get("CI"):
            pytest.fail("CI without jackd: live tests must run there")
        pytest.skip("jackd is not installed")
    server = JackServer(f"improv-{os.getpid()}")
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = server.name
    server.start()
    RUNNING.append(server)
    yield server
    RUNNING.remove(server)
    server.stop()
    if before is None:
        del os.environ["JACK_DEFAULT_SERVER"]
    else:
        os.environ["JACK_DEFAULT_SERVER"] = before


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test; if it failed and the JACK server passes nothing on any more, run it again with a new server.

    Without real-time priorities jackd now and then stands still for half a minute (seen in one run of ten, before
    improv had been asked anything). A failure beside a server that is well is improv's, and stays one.
    """
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    failed = any(report.failed for report in reports)
    hung = [server for server in RUNNING if failed and not (server.answers() and passes_on())]
    for server in hung:
        server.stop()
        server.start()
    if hung or any(StandsStill.__name__ in report.longreprtext for report in reports):
        item._initrequest()  # type: ignore[attr-defined]
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
