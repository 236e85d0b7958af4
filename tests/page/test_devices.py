"""The page beside real ports (on a JACK server of its own): cables that come and go, controls that are learned."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from improv.monitor.schema import FILE
from tests.live.conftest import jack, pytest_runtest_protocol
from tests.live.jack import JackServer, Musician, sounding
from tests.page.looking import Looking, complaints
from tests.page.running import RunningImprov

__all__ = ["jack", "pytest_runtest_protocol"]
KEYS, SYNTH = "Page Keys", "Page Synth"
KEYS_PORT, SYNTH_PORT = f"{KEYS}:{KEYS}", f"{SYNTH}:{SYNTH}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def page(jack: JackServer, browser: Browser, folder: Path) -> Iterator[Looking]:
    """A page of an `improv play` of its own, where there is a MIDI system."""
    improv = RunningImprov(folder, "--api", "jack")
    looking = Looking(browser, improv.address)
    try:
        yield looking.open()
        assert looking.errors == []
        assert complaints(looking, json.loads(FILE.read_text(encoding="utf-8"))) == []
    finally:
        looking.close()
        improv.stop()


def ports(page: Looking) -> dict[str, object]:
    """The ports as improv last said they are."""
    found: dict[str, object] = page.of("ports")[-1]["ports"]
    return found


def bound(page: Looking) -> dict[str, str]:
    """What is bound, as improv last said."""
    found: dict[str, str] = page.of("bindings")[-1]["bindings"]
    return found


def said(page: Looking) -> str:
    return " / ".join(message["text"] for message in page.of("said"))


def controls(folder: Path) -> dict[str, str]:
    """What is saved of the section [controls]."""
    found: dict[str, str] = tomllib.loads((folder / "improv" / "config.toml").read_text())["controls"]
    return found


def hear(page: Looking) -> None:
    """Let improv listen to the keyboard: a new session begins."""
    page.page.locator("#ports summary").click()
    page.page.locator(f"#inputs input[value='{KEYS_PORT}']").check()
    page.until(lambda: ports(page)["inputs"] == [KEYS_PORT], "improv to hear the keyboard")


def test_cables_that_come_are_listed_chosen_said_to_go_and_to_be_back(page: Looking) -> None:
    assert KEYS_PORT not in page.page.locator("#inputs").inner_text()
    with Musician(keyboard=KEYS, synth=SYNTH) as musician:
        hear(page)
        musician.play([(0.0, "903c40"), (0.1, "803c00")])
        page.until(lambda: page.notes("player", on=False), "what is played on it")
        assert page.page.locator("#sound").is_checked(), "as long as no port is chosen to play on, the page sounds"
        page.page.locator("#output").select_option(SYNTH_PORT)
        page.until(lambda: ports(page)["output"] == SYNTH_PORT, "improv to play on the synth")
        assert not page.page.locator("#sound").is_checked()
    page.until(lambda: f"{KEYS_PORT} is unplugged; playing goes on" in said(page), "the news")
    page.until(lambda: {*ports(page)["unplugged"]} == {KEYS_PORT, SYNTH_PORT}, "both to be known as unplugged")  # type: ignore[misc]
    assert f"{KEYS_PORT} (unplugged)" in page.page.locator("#inputs").inner_text()
    with Musician(keyboard=KEYS, synth=SYNTH):
        page.until(lambda: f"{KEYS_PORT} is plugged in" in said(page), "the news")
        page.until(lambda: ports(page)["unplugged"] == [], "both to be back")
        assert "unplugged" not in page.page.locator("#inputs").inner_text()


def test_a_knob_is_learned_turns_at_once_is_kept_and_unbound(page: Looking, folder: Path) -> None:
    with Musician(keyboard=KEYS) as musician:
        hear(page)
        musician.play([(0.0, "903040")])  # held all the while: nothing sticks, nothing starts anew
        page.until(lambda: page.notes("player"), "a key")
        sessions = len(page.of("hello"))
        page.page.locator("#controls [data-learn=temperature]").click()
        page.page.locator("#controls [data-learn=temperature].waiting").wait_for()
        musician.play([(0.0, "b01440")])
        page.until(lambda: bound(page) == {"temperature": "cc 20"}, "the knob to be learned")
        assert page.page.locator("#controls [data-learn=temperature]").inner_text() == "CC 20"
        page.until(lambda: "Saved to" in said(page), "it to be saved")
        assert controls(folder)["temperature"] == "cc 20"
        musician.play([(0.0, "b0147f")])
        page.until(lambda: page.of("settings") and page.of("settings")[-1]["settings"]["temperature"] > 1.9, "a turn")

        page.page.locator("#controls [data-learn=density]").click()
        page.page.locator("#controls [data-learn=density].waiting").wait_for()
        musician.play([(0.0, "b01440")])
        page.until(lambda: "controls.temperature and controls.density are both bound to cc 20" in said(page), "a line")
        assert bound(page) == {"temperature": "cc 20"}

        page.page.locator("#bindings-title").click()
        page.page.locator("[data-unbind=temperature]").click()
        page.until(lambda: bound(page) == {}, "it to be unbound")
        page.until(lambda: "nothing is bound to temperature now. Saved" in said(page), "that to be saved")
        assert controls(folder)["temperature"] == ""
        musician.play([(0.0, "803000")])
        page.until(lambda: page.notes("player", on=False), "the key to come up")
        assert len(page.of("hello")) == sessions


def test_a_pad_a_computer_key_and_a_lesson_that_is_left(page: Looking) -> None:
    page.page.locator("#bindings-title").click()
    page.page.locator("#bindings [data-learn=mute]").click()
    page.page.locator("#bindings [data-learn=mute].waiting").wait_for()
    page.page.keyboard.press("Escape")
    page.until(lambda: page.of("bindings")[-1]["learning"] is None, "the lesson to end")
    page.page.locator("#bindings [data-learn=mute]").click()
    page.page.locator("#bindings [data-learn=mute].waiting").wait_for()
    page.press("k")
    page.until(lambda: bound(page) == {"mute": "note 72"}, "the key to be learned")
    page.page.wait_for_timeout(600)  # longer than a control that was just learned is still moving
    page.press("k")
    page.until(lambda: page.of("status")[-1]["muted"], "improv to be silent")
    page.press("ak")
    page.until(lambda: not page.of("status")[-1]["muted"], "improv to play again")
    assert [note["pitch"] for note in page.notes("player")] == [60], "what is bound is no music"


def test_beside_ports_the_page_shows_and_controls_what_they_play(
    jack: JackServer, browser: Browser, folder: Path
) -> None:
    with Musician(keyboard=KEYS, synth=SYNTH) as musician:
        improv = RunningImprov(folder, "--api", "jack", "--in", KEYS, "--out", SYNTH, beside=True)
        page = Looking(browser, improv.address)
        try:
            page.open()
            assert not page.page.locator("#sound").is_checked()
            musician.play([(0.2 * step, f"90{60 + step:02x}46") for step in range(6)])
            musician.play([(0.2 * step + 0.15, f"80{60 + step:02x}00") for step in range(6)])
            page.until(lambda: page.notes("improv", on=False), "an answer on the page")
            assert musician.wait_for(lambda heard: any(one.begins for one in heard), 5.0), "and on the port"
            page.page.keyboard.press("Space")
            page.until(lambda: page.of("silence"), "panic")
            assert not sounding(musician.wait_for(lambda heard: not sounding(heard), 5.0))
        finally:
            page.close()
            improv.stop()
