"""How the page looks, computed in the browser: contrast as WCAG 2.2 (AA) asks, and nothing cut or overflowing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.page.looking import Looking

Look = Callable[..., Looking]
SHAPES = {"phone": (390, 844), "small phone": (320, 640), "tablet": (820, 1180), "laptop": (1280, 800)}


def shaped(look: Look, shape: str, **options: object) -> Looking:
    width, height = SHAPES[shape]
    page = look(viewport={"width": width, "height": height}, **options)
    page.page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    return page


#: Every visible text with less contrast than it needs: 4.5, or 3 where it is large (from 24 px, or bold from 18.66 px).
#: What lies behind it is what is painted under its middle, all layers of it.
FAINT = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((c, at) => c * a + below[at] * (1 - a));
  const behind = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(numbers(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const faint = [];
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const [text, element] = [words.currentNode.textContent.trim(), words.currentNode.parentElement];
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (!text || !element.checkVisibility({ visibilityProperty: true }) || box.width < 2) continue;
    if (element.closest(".hidden, .skip, option")) continue;
    const back = behind(element);
    const [a, b] = [light(over(numbers(style.color), back)), light(back)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (contrast < needed) faint.push(`${text}: ${contrast.toFixed(2)} < ${needed}`);
  }
  return faint;
}"""
#: The contrast of two of the theme's colours, by name.
BETWEEN = """([one, other]) => {
  const style = getComputedStyle(document.documentElement);
  const light = (name) => {
    const hex = style.getPropertyValue(`--${name}`).trim();
    const [x, y, z] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const [a, b] = [light(one), light(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("shape", ["phone", "laptop"])
def test_every_text_stands_out_from_what_is_behind_it(look: Look, shape: str, theme: str) -> None:
    page = shaped(look, shape, color_scheme=theme)
    assert page.page.evaluate(FAINT) == []
    for state in (
        "document.querySelector('.learn').classList.add('waiting')",
        "page.hear({ type: 'said', text: 'news', at: 0, kind: 'news' })",
        "document.getElementById('sessions').showModal()",
    ):
        page.inside(f"({state}, 0)")
        assert page.page.evaluate(FAINT) == [], state
    page.inside("document.querySelector('#fact-heard').style.setProperty('color', '#777')")
    assert len(page.page.evaluate(FAINT)) == 1, "what does not stand out is found"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_drawn_stands_out_too(look: Look, theme: str) -> None:
    page = look(color_scheme=theme)
    for one, other in (
        *(("player", "surface"), ("improv", "surface"), ("player", "row"), ("improv", "row"), ("alarm", "surface")),
        *(("player", "white-key"), ("improv", "white-key"), ("edge", "surface"), ("player", "ground")),
    ):
        least = 3.0 if (theme, other) != ("dark", "white-key") else 1.0  # there the key's letter and foot tell as well
        assert page.page.evaluate(BETWEEN, [one, other]) >= least, (one, other)
    for one, other in (("on-colour", "player"), ("on-colour", "improv"), ("soft", "surface"), ("soft", "row")):
        assert page.page.evaluate(BETWEEN, [one, other]) >= 4.5, (one, other)


#: What reaches beyond the window's sides, is cut by what holds it, or has less room than its words need.
CUT = """() => {
  const cut = [];
  const wide = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth > wide) cut.push(`the page: ${document.scrollingElement.scrollWidth}`);
  const shown = "button, a.button, select, input, label, summary, output, dd, dt, h1, h3, figcaption, p, #piano";
  for (const one of document.querySelectorAll(shown)) {
    if (!one.checkVisibility({ visibilityProperty: true }) || one.closest(".hidden, .skip, dialog")) continue;
    const box = one.getBoundingClientRect();
    const name = one.id || one.innerText || one.outerHTML.slice(0, 80);
    if (box.left < -0.5 || box.right > wide + 0.5) cut.push(`${name}: ${box.left} to ${box.right}`);
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline" &&
        !one.matches("input, select")) cut.push(`${name}: needs ${one.scrollWidth}, has ${one.clientWidth}`);
    for (let holder = one.parentElement; holder; holder = holder.parentElement) {
      if (getComputedStyle(holder).overflowX === "visible") continue;
      const inner = holder.getBoundingClientRect();
      if (box.right > inner.right + 0.5 || box.left < inner.left - 0.5) cut.push(`${name}: cut by ${holder.className}`);
    }
  }
  return cut;
}"""
#: Pairs of controls that lie on each other.
ON_EACH_OTHER = """() => {
  const all = [...document.querySelectorAll("button, a.button, select, input, .mode, #piano")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".hidden, dialog, aside"))
    .map((one) => [one, one.getBoundingClientRect()]);
  const pairs = [];
  all.forEach(([one, a], at) => all.slice(at + 1).forEach(([other, b]) => {
    if (one.contains(other) || other.contains(one)) return;
    const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (x > 1 && y > 1) pairs.push(`${one.id || one.innerText} on ${other.id || other.innerText}`);
  }));
  return pairs;
}"""


@pytest.mark.parametrize("shape", [*SHAPES])
def test_no_control_is_cut_or_overflows(look: Look, shape: str) -> None:
    touch = {"has_touch": True, "is_mobile": True} if "phone" in shape else {}
    page = shaped(look, shape, **touch)
    assert page.page.evaluate(CUT) == []
    assert page.page.evaluate(ON_EACH_OTHER) == []
    modes = page.page.locator("#modes .mode")
    assert modes.count() == 5
    for at in range(5):
        modes.nth(at).locator("input").check(trial=True)
