"""What improv plays is sound: its output goes to a real synthesizer, which renders it to a file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from improv.clock import now
from tests.live.jack import JackServer, Musician
from tests.live.test_app import KEYBOARD, NOTES, phrase, running

__all__ = ["phrase"]

SOUNDFONT = Path("/usr/share/sounds/sf2/default-GM.sf2")
RATE = 44100
SILENT, AUDIBLE = 10, 300  # peaks of 16-bit samples: the synth's own noise, and a piano's softer note


@contextmanager
def synthesizer(jack: JackServer, rendered: Path) -> Iterator[None]:
    """fluidsynth with a JACK MIDI port "Grand", writing both ears as 16-bit samples."""
    command = ["fluidsynth", "-i", "-s", "-m", "jack", "-o", "midi.jack.id=Grand", "-r", str(RATE)]
    command += ["-a", "file", "-o", f"audio.file.name={rendered}", "-o", "audio.file.type=raw", str(SOUNDFONT)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        end = now() + 20.0
        while not any("Grand" in name for name in jack.ports()):
            assert process.poll() is None and now() < end, "fluidsynth does not open its port"
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def test_the_answer_is_heard(jack: JackServer, tmp_path: Path, phrase: Path) -> None:
    if shutil.which("fluidsynth") is None or not SOUNDFONT.exists():
        pytest.skip("fluidsynth or its soundfont is not installed")
    rendered = tmp_path / "rendered.raw"
    options = ("--api", "jack", "--in", KEYBOARD, "--out", "Grand")
    with synthesizer(jack, rendered), Musician(keyboard=KEYBOARD) as musician, running(tmp_path, *options) as improv:
        musician.play_file(phrase)
        while sum(message.ends for message in musician.sent) < NOTES:
            time.sleep(0.05)
        before = rendered.stat().st_size  # the player plays, and is not passed on: nothing is to be heard
        improv.wait_for("answering")
        time.sleep(2.0)
        assert improv.end() == 0
        time.sleep(2.5)  # the last note fades
    samples = np.fromfile(rendered, "<i2").astype(np.int32)
    peaks = [int(np.abs(stretch).max()) for stretch in (samples[: before // 2], samples, samples[-RATE // 4 :])]
    assert peaks[0] <= SILENT, peaks
    assert peaks[1] >= AUDIBLE, peaks
    assert peaks[2] <= peaks[1] / 10, peaks
