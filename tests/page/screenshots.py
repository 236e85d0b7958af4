"""Pictures of the page for the docs: `python -m tests.page.screenshots docs/page`. A real improv answers in them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.page.looking import Looking, launched
from tests.page.running import RunningImprov

SHAPES = {"wide": (1280, 800), "phone": (390, 844)}
PHRASE = "adgkhfdsasdfgh"


def main(folder: Path) -> None:
    """Write wide-light.png, wide-dark.png, phone-light.png and phone-dark.png to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launched(playwright)
        improv = RunningImprov(Path(home))
        try:
            for shape, (width, height) in SHAPES.items():
                for theme in ("light", "dark"):
                    size = {"width": width, "height": height}
                    page = Looking(browser, improv.address, viewport=size, color_scheme=theme).open()
                    page.press(PHRASE)
                    page.until(lambda page=page: len(page.notes("improv")) >= 8, "an answer")  # type: ignore[misc]
                    page.page.screenshot(path=folder / f"{shape}-{theme}.png")
                    page.close()
        finally:
            improv.stop()
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
