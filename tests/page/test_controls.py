"""What is done on the page besides playing: settings, gestures, sessions; and what happens when something goes."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import mido
import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.page.looking import PHRASE, Looking
from tests.page.running import RunningImprov

Look = Callable[..., Looking]


def setting(page: Looking, name: str) -> object:
    """A setting as improv last said it is."""
    said = [message["settings"] for kind in ("hello", "settings") for message in page.of(kind)]
    return said[-1][name]


def test_mode_and_temperature_are_turned_and_improv_obeys(look: Look) -> None:
    page, other = look(), look()
    page.page.get_by_role("radio", name="harmonize").check()
    page.until(lambda: page.of("status")[-1:] and page.of("status")[-1]["mode"] == "harmonize", "improv's new mode")
    page.page.locator("#control-temperature").fill("1.5")
    page.until(lambda: setting(page, "temperature") == 1.5, "the new temperature")
    other.until(lambda: setting(other, "mode") == "harmonize", "the other page to be told")
    page.page.locator("#control-temperature").fill("1")
    page.page.get_by_role("radio", name="answer").check()
    page.until(lambda: (setting(page, "mode"), setting(page, "temperature")) == ("answer", 1), "all as it was")


def test_a_mode_just_chosen_is_not_taken_back_by_what_was_said_before(look: Look) -> None:
    """Improv's word on another setting, sent before it heard of the mode; what another page chooses is shown."""
    page, other = look(), look()
    chosen = "document.querySelector('#modes input:checked').value"
    before = "page.hear({ type: 'settings', settings: { mode: 'answer' } })"
    assert (
        page.inside(f"(document.querySelector('#modes [value=harmonize]').click(), {before}, {chosen})") == "harmonize"
    )
    other.until(lambda: setting(other, "mode") == "harmonize", "improv to have heard")
    page.until(lambda: setting(page, "mode") == "harmonize", "its word on that")
    other.page.get_by_role("radio", name="answer").check()
    page.until_inside(f"{chosen} === 'answer'")


def test_boldness_is_seen_in_what_it_thinks_of_playing(look: Look) -> None:
    """The distribution that each pitch is drawn from: nearly sure of one at the lowest, spread over many at the
    highest. Entropy in bits."""
    page = look()
    spread = {}
    for boldness in ("0.5", "2"):
        page.page.locator("#control-temperature").fill(boldness)
        page.until(lambda boldness=boldness: setting(page, "temperature") == float(boldness), "the new temperature")  # type: ignore[misc]
        heard, before = len(page.of("thinking")), len(page.notes("improv"))
        page.press(PHRASE)
        page.until(lambda before=before: len(page.notes("improv")) >= before + 4, "an answer")  # type: ignore[misc]
        drawn = np.array([message["pitch"] for message in page.of("thinking")[heard:]])
        shares = drawn / drawn.sum(axis=1, keepdims=True)
        spread[boldness] = float(np.median(-(shares * np.log2(np.maximum(shares, 1e-12))).sum(axis=1)))
        page.page.keyboard.press("Space")
    page.page.locator("#control-temperature").fill("1")
    page.until(lambda: setting(page, "temperature") == 1, "all as it was")
    assert spread["2"] > spread["0.5"] + 1.0, spread


def test_three_taps_in_free_time_begin_a_beat_and_in_a_clocks_time_one_is_told(look: Look) -> None:
    page = look()
    page.page.locator("#controls summary", has_text="Time").click()
    assert page.page.locator("#time-says").inner_text().startswith("Free time.")
    assert not page.page.locator("#control-tempo").is_visible(), "in free time there is none to set"
    for _ in range(10):  # a busy machine's taps may be too uneven for a tempo
        page.page.evaluate(THREE_TAPS)
        page.page.wait_for_timeout(500)
        if setting(page, "sync") == "send":
            break
    page.until(lambda: setting(page, "sync") == "send", "improv to lead")
    page.until(lambda: page.of("status")[-1]["pulse"], "a beat")
    tempo = page.of("status")[-1]["tempo"]
    assert 60 < tempo < 150
    page.until(lambda: setting(page, "tempo") == pytest.approx(tempo), "the page to be told the tempo")
    page.page.locator("#control-tempo").wait_for()
    page.page.locator("#control-meter").wait_for()
    page.page.locator("#time-says", has_text=f"improv leads, {tempo:.0f} a minute").wait_for()
    page.page.locator("#control-meter").select_option("3/4")
    page.until(lambda: page.of("status")[-1]["pulse"]["bar"] == 3, "bars of three")
    page.page.locator("#control-sync").select_option("clock")
    page.until(lambda: setting(page, "sync") == "clock", "improv to follow")
    page.page.locator("#tap").click()
    page.until(lambda: any("set Time to send" in message["text"] for message in page.of("said")), "word of what to do")
    page.page.locator("#control-meter").select_option("4/4")
    page.page.locator("#control-sync").select_option("free")
    page.until(lambda: setting(page, "sync") == "free" and not page.of("status")[-1]["pulse"], "free time again")
    assert len(page.of("hello")) == 1, "all of that in one session"


#: A tap each half second.
THREE_TAPS = """() => new Promise((done) => {
  let taps = 0;
  const tap = () => {
    document.getElementById("tap").click();
    taps += 1;
    if (taps === 3) done();
    else setTimeout(tap, 500);
  };
  tap();
})"""


def test_two_pages_see_each_other_play(look: Look) -> None:
    page, other = look(), look()
    page.press("a")
    other.until(lambda: len(other.notes("player", on=False)) >= 1, "the other's note")


@pytest.mark.parametrize("how", ["button", "space"])
def test_panic_ends_all(look: Look, how: str) -> None:
    page = look()
    page.page.get_by_role("radio", name="solo").check()
    page.until(lambda: page.notes("improv"), "a note of improv's")
    page.page.get_by_role("radio", name="answer").check()
    page.page.locator("#panic").click() if how == "button" else page.page.keyboard.press("Space")
    page.until(lambda: page.of("silence"), "silence")
    page.until_inside("page.synth.level < 0.001")


def test_mute_is_shown_as_improv_has_it(look: Look) -> None:
    page = look()
    for pressed in ("true", "false"):
        page.page.locator("#mute").click()
        page.page.locator(f"#mute[aria-pressed={pressed}]").wait_for()


def test_the_session_is_saved_as_a_midi_file(look: Look) -> None:
    page = look()
    page.press(PHRASE)
    page.until(lambda: page.notes("improv", on=False), "an answer")

    def tracks() -> list[int]:
        with page.page.expect_download() as download:
            page.page.locator("#download").click()
        file = mido.MidiFile(file=io.BytesIO(Path(download.value.path()).read_bytes()))
        return [sum(message.type == "note_on" and message.velocity > 0 for message in track) for track in file.tracks]

    # The recorder writes a few times a second.
    page.until(lambda: tracks()[-2] >= len(PHRASE) and tracks()[-1] > 0, "both in the file")


def test_recorded_sessions_are_listed_and_played_back(look: Look) -> None:
    page = look()
    page.until(lambda: page.of("status"), "word of what was heard before")
    before = page.of("status")[-1]["heard"]
    page.press(PHRASE)
    page.until(lambda: page.of("status")[-1]["heard"] >= before + len(PHRASE), "improv to have heard")
    page.page.locator("#panic").click()  # what sounds from here on is the recording, and no answer
    page.until(lambda: page.of("silence"), "silence")
    page.until_inside("page.synth.level < 0.001")
    answered = len(page.notes("improv"))
    page.page.locator("#open-sessions").click()
    page.page.locator("#session-list li").first.wait_for()
    page.page.locator("#session-list li button").first.click()
    page.page.locator("#session-list li button[aria-pressed=true]").wait_for()
    page.until_inside("page.synth.level > 0.001")
    assert len(page.notes("improv")) == answered
    page.page.locator("#session-list li button").first.click()
    page.page.locator("#close-sessions").click()


def test_what_a_page_that_goes_held_comes_up_and_it_works_again(look: Look) -> None:
    page, other = look(), look()
    page.page.keyboard.down("a")
    other.until(lambda: other.notes("player"), "the key")
    page.page.reload()
    other.until(lambda: len(other.notes("player", on=False)) == 1, "the key to come up")
    page.until(lambda: len(page.of("hello")) == 2, "another hello")
    page.press("s")
    other.until(lambda: other.notes("player")[-1]["pitch"] == 62, "the next note")


def test_a_server_that_is_killed_comes_back_and_so_does_the_page(look: Look, improv: RunningImprov) -> None:
    page = look()
    improv.kill_page_server()
    page.until(lambda: len(page.of("hello")) == 2, "the page to be back")
    page.press(PHRASE)
    page.until(lambda: page.notes("improv"), "an answer")
    # What it complained of while nobody was there is as it should be.
    page.errors[:] = [error for error in page.errors if "WebSocket" not in error and "ERR_CONNECTION" not in error]


def test_an_improv_that_is_killed_takes_its_server_along_and_the_page_says_so(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    improv = RunningImprov(tmp_path_factory.mktemp("killed"))
    page = Looking(browser, improv.address).open()
    page.press("a")
    page.until(lambda: page.notes("player", on=False), "a note")
    improv.kill()
    page.page.get_by_text("improv has ended, or cannot be reached.").first.wait_for()
    page.until(lambda: not improv.listens(), "its server to end too")
    again = RunningImprov(tmp_path_factory.mktemp("again"), port=improv.port)
    try:
        page.until(lambda: len(page.of("hello")) == 2, "the page to come back by itself")
        page.until(lambda: not page.page.locator("#said").is_visible(), "the line to go")
        assert page.page.locator("#doing").inner_text() == "listening"
    finally:
        page.close()
        again.stop()


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """A page of somebody else's, on this machine."""
    (tmp_path / "index.html").write_text("<title>stranger</title>")
    server = HTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with closing(server.socket):
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


KNOCK = """(address) => new Promise((done) => {
  const socket = new WebSocket(address);
  socket.onmessage = () => done("let in");
  socket.onclose = () => done("refused");
})"""
READ = "(address) => fetch(address).then((answer) => answer.text(), () => 'refused')"


def test_a_page_of_another_origin_is_refused(browser: Browser, improv: RunningImprov, stranger: str) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(stranger)
        assert page.evaluate(KNOCK, improv.address.replace("http", "ws") + "live") == "refused"
        assert page.evaluate(READ, improv.address + "sessions") == "refused"


def test_every_control_has_a_name_and_can_be_reached(look: Look) -> None:
    page = look()
    nameless = page.page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], input, select, [tabindex='0']")]
        .filter((one) => one.offsetParent && !(one.getAttribute("aria-label") || one.innerText?.trim() ||
          one.labels?.length || one.closest("label")))
        .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(200):
        page.page.keyboard.press("Tab")
        reached.add(page.page.evaluate("document.activeElement.id"))
    assert {"panic", "piano", "mute", "download", "open-sessions", "control-temperature"} <= reached


def test_a_session_by_keyboard_alone_is_told_to_who_cannot_see(look: Look) -> None:
    page = look()

    def tab_to(where: str) -> None:
        for _ in range(200):
            if page.page.evaluate("(where) => document.activeElement.matches(where)", where):
                return
            page.page.keyboard.press("Tab")
        raise AssertionError(f"{where} is not reached")

    spoken = "document.getElementById('live').textContent"
    tab_to("#modes input")
    page.page.keyboard.press("ArrowRight")
    page.until(lambda: page.of("status")[-1]["mode"] == "accompany", "the next mode")
    page.page.keyboard.press("ArrowLeft")
    page.until(lambda: page.of("status")[-1]["mode"] == "answer", "the mode before")
    tab_to("#piano")
    page.press(PHRASE)
    page.until(lambda: page.inside(spoken) == "improv plays", "word that improv plays")
    page.page.keyboard.press("Space")
    page.until(lambda: page.of("silence"), "panic")
    tab_to("#mute")
    page.page.keyboard.press("Enter")
    page.until(lambda: page.inside(spoken) == "muted", "word that it is muted")
    page.page.keyboard.press("Enter")
    page.until(lambda: not page.of("status")[-1]["muted"], "it to play again")
    tab_to("[data-learn=temperature]")
    page.page.keyboard.press("Enter")
    page.until(lambda: page.inside(spoken).startswith("Move the knob"), "word of what to do")
    page.page.keyboard.press("Escape")
    page.until(lambda: page.of("bindings")[-1]["learning"] is None, "the lesson to end")
    tab_to("#control-temperature")
    page.page.keyboard.press("End")
    page.until(lambda: setting(page, "temperature") == 3, "the highest")
    assert str(page.page.locator("#control-temperature").get_attribute("aria-valuetext")).endswith("3.00")
    page.page.locator("#control-temperature").fill("1")
    page.until(lambda: setting(page, "temperature") == 1, "all as it was")
