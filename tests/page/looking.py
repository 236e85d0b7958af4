"""A page in a real browser, and what goes to and fro on its line."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator
from playwright.sync_api import Browser, Page, Playwright, WebSocket

PATIENCE = 60.0  # seconds: a loaded machine takes its time; no test waits for this long unless it fails
#: White keys of the on-screen piano as computer keys, C4 to C5.
PHRASE = "asdfghjk"


class Looking:
    """One page: what it hears, what it says, what it complains of. Its address is `address`."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        self.page: Page = self.context.new_page()
        self.address = address
        self.heard: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.set_default_timeout(1000 * PATIENCE)
        self.page.on("console", lambda line: line.type == "error" and self.errors.append(line.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", self._listen)

    def open(self) -> Looking:
        """Open the page and wait for improv's first word."""
        self.page.goto(self.address)
        self.until(lambda: self.of("hello"), "a hello")
        self.page.wait_for_function("document.querySelector('#modes input:checked')")
        return self

    def close(self) -> None:
        """Close it, and drop what belongs to it."""
        self.context.close()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type that came so far."""
        return [message for message in list(self.heard) if message["type"] == kind]

    def notes(self, by: str, on: bool = True) -> list[dict[str, Any]]:
        """The beginnings (or ends) of notes that came so far."""
        events = [event for message in self.of("notes") for event in message["events"]]
        return [event for event in events if event["by"] == by and event["on"] is on]

    def pedals(self) -> list[bool]:
        """What it has said of the pedal so far."""
        return [message["down"] for message in list(self.sent) if message["type"] == "pedal"]

    def until(self, holds: Callable[[], Any], what: str) -> None:
        """Wait until it holds; fails with `what` was waited for."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"waited in vain for {what}; errors of the page: {self.errors}"
            self.page.wait_for_timeout(20)  # lets the browser's events come in

    def inside(self, expression: str) -> Any:
        """An expression over the page's parts: `page.score`, `page.synth`, ..."""
        return self.page.evaluate(f"import('/main.js').then((page) => {expression})")

    def until_inside(self, expression: str) -> None:
        """Wait until an expression over the page's parts is true."""
        self.until(lambda: self.inside(expression), expression)

    def press(self, keys: str) -> None:
        """Play a phrase on the computer keyboard, a key after the other."""
        for key in keys:
            self.page.keyboard.press(key, delay=90)

    def pixels(self, region: str, colour: str) -> int:
        """How many pixels of the canvas within an element are about of the colour that a CSS variable names."""
        return int(self.page.evaluate(COUNT, [region, colour]))

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.heard.append(json.loads(frame)))
        socket.on("framesent", lambda frame: self.sent.append(json.loads(frame)))


def launched(playwright: Playwright) -> Browser:
    """Debian's Chromium, or another, without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "the page is looked at in chromium: apt install chromium"
    arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    return playwright.chromium.launch(executable_path=chromium, args=arguments, timeout=2000 * PATIENCE)


def complaints(looking: Looking, schema: dict[str, Any]) -> list[str]:
    """What of a page's conversation is not as messages.json says."""
    checks: dict[str, Draft202012Validator] = {}
    found = []
    for message in [*looking.heard, *looking.sent]:
        kind = message["type"]
        if kind not in checks:
            checks[kind] = Draft202012Validator({**schema, "$ref": f"#/$defs/{kind}"})
        found += [f"{kind}: {error.message}" for error in checks[kind].iter_errors(message)]
    return found


COUNT = """([region, name]) => {
  const canvas = document.getElementById("canvas");
  const wanted = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
  const own = canvas.getBoundingClientRect();
  const box = document.getElementById(region).getBoundingClientRect();
  const sharp = canvas.width / own.width;
  const [x, y] = [(box.left - own.left) * sharp, (box.top - own.top) * sharp];
  const { data } = canvas.getContext("2d").getImageData(x, y, box.width * sharp, box.height * sharp);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    if (Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b) < 60) count += 1;
  }
  return count;
}"""
