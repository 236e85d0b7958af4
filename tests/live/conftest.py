"""One JACK server for the whole test session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.live.jack import JackServer


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
    yield server
    server.stop()
    if before is None:
        del os.environ["JACK_DEFAULT_SERVER"]
    else:
        os.environ["JACK_DEFAULT_SERVER"] = before
