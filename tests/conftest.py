"""What holds for every test."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import hypothesis
import pytest

from tests import errands


def pytest_configure() -> None:
    """Ctrl-C and a closed terminal mean what they do at a terminal, also where the suite runs in the background.

    There both come ignored, and what is ignored is inherited: the programs under test would not hear them. And the
    examples of Hypothesis are the same each time, and take what time they take: who looks for others asks for them,
    with `--hypothesis-profile searching`.
    """
    patient = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.register_profile("certain", patient, derandomize=True)
    hypothesis.settings.register_profile("searching", patient, max_examples=1000)
    hypothesis.settings.load_profile("certain")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is told to end leaves no JACK server behind
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What takes long and needs no looking at begins now, beside the first tests."""
    if not session.config.option.collectonly:
        errands.begin(item.module for item in session.items if isinstance(item, pytest.Function))


def pytest_sessionfinish() -> None:
    """Where the tests were broken off, nobody waits for the rest."""
    errands.give_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI nothing is skipped: a test that lacks its program fails there."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
