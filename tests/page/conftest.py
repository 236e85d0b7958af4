"""One browser and one improv for the tests of the page; every page is watched for errors and strangers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.page.looking import Looking, complaints, launched
from tests.page.running import RunningImprov

MESSAGES = Path(__file__).parents[2] / "improv" / "monitor" / "static" / "messages.json"


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium without a window. Its loop runs until the package's last test, and in no other's."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def improv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningImprov]:
    """An `improv play` that all tests share; each leaves it in the mode and settings it found."""
    running = RunningImprov(tmp_path_factory.mktemp("improv"))
    yield running
    running.stop()


@pytest.fixture
def look(browser: Browser, improv: RunningImprov) -> Iterator[Callable[..., Looking]]:
    """Opens pages; afterwards none of them has had an error, asked a stranger or said what is not in the schema."""
    opened: list[Looking] = []

    def open_page(**options: Any) -> Looking:
        opened.append(Looking(browser, improv.address, **options))
        return opened[-1].open()

    yield open_page
    schema = json.loads(MESSAGES.read_text(encoding="utf-8"))
    for looking in opened:
        looking.close()
    for looking in opened:
        assert looking.errors == []
        assert {urlsplit(url).netloc for url in looking.requests} == {urlsplit(improv.address).netloc}
        assert complaints(looking, schema) == []
