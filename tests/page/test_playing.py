"""Playing through the page: every way to strike a key is heard, and improv answers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.page.looking import PHRASE, Looking

Look = Callable[..., Looking]


def test_a_phrase_by_computer_keys_is_answered_heard_and_drawn(look: Look) -> None:
    page = look()
    page.press(PHRASE)
    page.until(lambda: len(page.notes("player")) >= len(PHRASE), "its own notes")
    assert [note["pitch"] for note in page.notes("player")][: len(PHRASE)] == [60, 62, 64, 65, 67, 69, 71, 72]
    page.until(lambda: page.notes("improv"), "an answer")
    page.until_inside("page.synth.level > 0.001")
    page.until(lambda: page.pixels("roll", "player") > 100, "the player's colour on the roll")
    page.until(lambda: page.pixels("roll", "improv") > 100, "improv's colour on the roll")
    page.until(lambda: page.of("context") and len(page.of("context")[-1]["notes"]) >= 8, "the context")
    page.until(lambda: page.pixels("context", "player") > 50, "the player's notes in the context")
    page.until(lambda: page.of("thinking"), "what it thought")
    assert not page.page.locator("#hint").is_visible()


def test_the_plan_is_drawn_ahead_of_the_line(look: Look) -> None:
    page = look()

    def mode() -> list[str]:
        return [said["settings"]["mode"] for said in page.of("settings")][-1:]

    page.page.get_by_role("radio", name="solo").check()
    # There and back faster than settings are looked at would be no change to be told.
    page.until(lambda: mode() == ["solo"], "the mode solo")
    page.until(lambda: any(message["notes"] for message in page.of("plan")), "a plan")
    page.until_inside("page.score.plan.some((note) => note.onset > page.clock.now)")
    page.page.get_by_role("radio", name="answer").check()
    page.until(lambda: mode() == ["answer"], "the mode as it was")


def test_the_drawn_piano_is_played_by_mouse_and_slides(look: Look) -> None:
    page = look()
    box = page.page.locator("#piano").bounding_box()
    assert box is not None
    low = box["y"] + 0.9 * box["height"]
    page.page.mouse.move(box["x"] + 0.3 * box["width"], low)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 0.5 * box["width"], low, steps=40)
    page.page.mouse.up()
    page.until(lambda: len(page.notes("player")) >= 6, "a glissando")
    page.until(lambda: len(page.notes("player", on=False)) == len(page.notes("player")), "its end")
    pitches = [note["pitch"] for note in page.notes("player")]
    assert pitches == sorted(pitches)
    assert page.inside("page.hands.pitches.size") == 0


def test_several_fingers_play_a_chord(look: Look) -> None:
    page = look(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    box = page.page.locator("#piano").bounding_box()
    assert box is not None
    y = box["y"] + 0.9 * box["height"]
    points = [{"x": box["x"] + share * box["width"], "y": y, "id": n} for n, share in enumerate((0.1, 0.4, 0.8))]
    fingers = page.context.new_cdp_session(page.page)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
    page.until_inside("page.hands.pitches.size === 3")
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.until(lambda: len(page.notes("player", on=False)) == 3, "three notes and their ends")


def test_arrow_keys_and_enter_play_where_the_piano_has_the_focus(look: Look) -> None:
    page = look()
    page.page.locator("#piano").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "PageUp"):
        page.page.keyboard.press(key)
    assert page.inside("document.activeElement.id") == "piano"
    page.page.keyboard.press("Enter", delay=60)
    page.until(lambda: [note["pitch"] for note in page.notes("player")] == [74], "D5")


def test_octaves_shift_and_what_is_held_still_ends(look: Look) -> None:
    page = look()
    page.page.keyboard.down("a")
    page.page.keyboard.press("x")
    page.page.keyboard.up("a")
    page.press("a")
    page.until(lambda: [note["pitch"] for note in page.notes("player", on=False)] == [60, 72], "C4 and C5")


@pytest.mark.parametrize("event", ["blur", "visibilitychange"])
def test_no_key_sticks_when_the_page_is_left(look: Look, event: str) -> None:
    page = look()
    page.page.keyboard.down("d")
    page.until(lambda: page.notes("player"), "a note")
    page.inside("Object.defineProperty(document, 'hidden', { value: true, configurable: true })")
    page.inside(f"(dispatchEvent(new Event('{event}')), document.dispatchEvent(new Event('{event}')), 0)")
    page.until(lambda: page.notes("player", on=False), "its end")
    page.page.keyboard.up("d")


def test_the_pedal_reaches_improv(look: Look) -> None:
    page = look()
    page.page.keyboard.down("b")
    page.page.keyboard.up("b")
    page.until(lambda: page.pedals() == [True, False], "the pedal's two moves")


KEYBOARD = """
  class Input extends EventTarget { id = "one"; name = "Little Keys"; state = "connected"; onmidimessage = null; }
  const input = new Input();
  window.strike = (...bytes) => input.onmidimessage({ data: new Uint8Array(bytes) });
  navigator.requestMIDIAccess = async () => ({ inputs: new Map([["one", input]]), onstatechange: null });
"""


def test_a_keyboard_over_webmidi_is_heard(look: Look) -> None:
    page = look()
    page.page.evaluate(f"() => {{ {KEYBOARD} }}")
    page.page.locator("#webmidi").click()
    page.page.get_by_text("Hears Little Keys.").wait_for()
    page.page.evaluate(
        "() => { strike(0x90, 61, 90); strike(0xb0, 64, 127); strike(0x90, 61, 0); strike(0xb0, 64, 0); }"
    )
    page.until(lambda: page.notes("player"), "its note")
    assert page.notes("player")[0]["pitch"] == 61
    assert page.notes("player")[0]["velocity"] == 90
    page.until(lambda: page.pedals() == [True, False], "its pedal")


def test_a_knob_of_a_keyboard_in_the_browser_is_learned_and_turns(look: Look) -> None:
    page = look()
    page.page.evaluate(KEYBOARD)
    page.page.locator("#webmidi").click()
    page.page.get_by_text("Hears Little Keys.").wait_for()
    page.page.locator("#controls [data-learn=loudness]").click()
    page.page.locator("#controls [data-learn=loudness].waiting").wait_for()
    page.page.evaluate("for (let value = 1; value < 128; value += 1) strike(0xb0, 21, value)")
    page.until(lambda: page.of("bindings")[-1]["bindings"] == {"loudness": "cc 21"}, "the knob to be learned")
    page.until(lambda: page.of("settings") and page.of("settings")[-1]["settings"]["loudness"] > 1.9, "it to be turned")
    assert sum(message["type"] == "control" for message in page.sent) < 64, "what comes too fast is said less often"
    page.page.locator("#bindings-title").click()
    page.page.locator("[data-unbind=loudness]").click()
    page.page.locator("#control-loudness").fill("1")
    page.until(lambda: page.of("settings")[-1]["settings"]["loudness"] == 1, "all as it was")
    page.until(lambda: page.of("bindings")[-1]["bindings"] == {}, "the knob to be free")


#: The leftmost of the player's notes that is drawn on the roll, in pixels; null where there is none.
LEFTMOST = """() => {
  const canvas = document.getElementById("canvas");
  const roll = document.getElementById("roll");
  const [wide, high] = [canvas.width, roll.offsetHeight];
  const { data } = canvas.getContext("2d").getImageData(0, roll.offsetTop + 40, wide, high - 40);
  for (let x = 0; x < wide * 0.95; x += 1) for (let y = 0; y < high - 40; y += 1) {
    const at = 4 * (y * wide + x);
    if (data[at + 2] > data[at] + 60 && data[at + 3] > 200) return x;
  }
  return null;
}"""


@pytest.mark.parametrize(("motion", "flows"), [("reduce", False), ("no-preference", True)])
def test_the_roll_flows_unless_less_motion_is_wanted(look: Look, motion: str, flows: bool) -> None:
    page = look(reduced_motion=motion)
    page.page.locator("#mute").click()
    page.page.locator("#mute[aria-pressed=true]").wait_for()
    page.press("a")
    page.until(lambda: page.page.evaluate(LEFTMOST), "the note")
    found = []
    for _ in range(6):
        page.page.wait_for_timeout(250)
        found.append(page.page.evaluate(LEFTMOST))
    page.page.locator("#mute").click()
    steps = [after - before for before, after in pairwise(found) if None not in (before, after)]
    if flows:
        assert steps and min(steps) < -8, found
    else:
        still = [step for step in steps if abs(step) <= 1]  # the edge of a note lies between two pixels
        assert len(still) >= len(steps) - 1, f"at most one page is turned: {found}"


def test_two_hundred_notes_a_second_are_drawn_without_a_gap(look: Look) -> None:
    """Each frame, once drawn, shows the line that the notes come from; and what is kept is bounded: two thousand are
    there when it begins."""
    page = look()
    page.press("a")
    seen = page.inside(FLOOD)
    assert seen["frames"] >= 5
    assert seen["blank"] == 0
    assert seen["kept"] <= 2304
    page.inside("page.hear({ type: 'silence', at: page.clock.now })")


FLOOD = """new Promise((done) => {
  const canvas = document.getElementById("canvas");
  const pen = canvas.getContext("2d");
  const roll = document.getElementById("roll");
  const y = roll.offsetTop + roll.offsetHeight / 2;
  const seen = { frames: 0, blank: 0, kept: 0 };
  let sent = 0;
  const began = performance.now();
  const frame = () => {
    const due = 2000 + 200 * (performance.now() - began) / 1000;
    const events = [];
    for (; sent < due; sent += 1) {
      const by = sent % 2 ? "improv" : "player";
      const note = { by, at: page.clock.now, pitch: 40 + (sent * 7) % 48, velocity: 80 };
      events.push({ ...note, on: true }, { ...note, on: false, at: note.at + 0.05 });
    }
    page.hear({ type: "notes", events });
    const row = pen.getImageData(0, y, canvas.width, 1).data;
    seen.frames += 1;
    if (!row.some((value, at) => at % 4 === 3 && value > 0)) seen.blank += 1;
    if (sent < 3000 && performance.now() - began < 15000) requestAnimationFrame(frame);
    else done({ ...seen, kept: page.score.notes.length });
  };
  requestAnimationFrame(frame);
})"""
