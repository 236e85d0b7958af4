"""How soon a key struck on the page is heard: `python -m tests.bench.sound [--keys 20]`, in a headless Chromium.

The samples that leave the page are looked at before and behind what a key does. How long they take from there to the
ear is what the browser says of the sound device (here one that does not exist).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.page.looking import Looking, launched
from tests.page.running import RunningImprov

#: Keeps the page's audio context, and taps what goes to its destination.
TAP = """
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination && !window.soundTap) {
      window.soundTap = new AnalyserNode(this.context, { fftSize: 32768 });
      connect.call(this, window.soundTap);
    }
    return connect.call(this, to, ...rest);
  };
"""
#: Strikes a key; milliseconds until the first sample that sounds has been made, and until the browser lets it out.
STRIKE = """() => new Promise((done) => {
  const { context } = window.soundTap;
  const samples = new Float32Array(window.soundTap.fftSize);
  const key = (type) => document.body.dispatchEvent(new KeyboardEvent(type, { code: "KeyA", key: "a", bubbles: true }));
  const struck = performance.now();
  const before = context.currentTime;
  key("keydown");
  const look = () => {
    window.soundTap.getFloatTimeDomainData(samples);
    const now = context.currentTime;
    const from = Math.max(0, samples.length - Math.round((now - before) * context.sampleRate));
    const first = samples.findIndex((sample, at) => at >= from && Math.abs(sample) > 1e-4);
    if (first < 0) return void setTimeout(look, 5);
    key("keyup");
    const at = now - (samples.length - first) / context.sampleRate;
    const out = context.getOutputTimestamp();
    const heard = out.performanceTime + 1000 * (at - out.contextTime) - struck;
    done({ made: 1000 * (at - before), heard, base: 1000 * context.baseLatency, output: 1000 * context.outputLatency });
  };
  setTimeout(look, 5);
})"""
QUIET = """() => {
  const samples = new Float32Array(window.soundTap.fftSize);
  window.soundTap.getFloatTimeDomainData(samples);
  return samples.every((sample) => Math.abs(sample) < 2e-5);
}"""


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20)
    keys = parser.parse_args().keys
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = launched(playwright)
        improv = RunningImprov(Path(home))
        try:
            page = Looking(browser, improv.address)
            page.page.add_init_script(TAP)
            page.open()
            page.press("l")  # wakes the sound
            page.page.locator("#mute").click()
            struck = []
            for _ in range(keys):
                page.until(lambda: page.page.evaluate(QUIET), "silence")
                struck.append(page.page.evaluate(STRIKE))
            print("| | median | p90 | most |\n|---|---:|---:|---:|")
            for what, name in (
                *(("a key to its first sample", "made"), ("a buffer of the page's", "base")),
                *(("buffers behind it", "output"), ("a key to the ear, by the browser's word", "heard")),
            ):
                told = " | ".join(
                    f"{value:.1f} ms" for value in np.quantile([one[name] for one in struck], [0.5, 0.9, 1.0])
                )
                print(f"| {what} | {told} |")
        finally:
            improv.stop()
            browser.close()


if __name__ == "__main__":
    main()
