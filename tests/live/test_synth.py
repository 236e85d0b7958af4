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
from tests.live.jack import PATIENCE, JackServer, Musician
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
        end = now() + PATIENCE
        while not any("Grand" in name for name in jack.ports()):
            assert process.poll() is None and now() < end, "fluidsynth does not open its port"
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def test_the_answer_is_heard(jack: JackServer, tmp_path: Path, phrase: Path) -> None:
    if shutil.which("fluidsynth") is None or not SOUNDFONT.exists():
        pytest.skip("fluidsynth or its soundfont is not installed")
    rendered = tmp_path / "rendered.raw"
    options = ("--api", "jack", "--in", KEYBOARD, "--out", "Grand")
    with synthesizer(jack, rendered), Musician(keyboard=KEYBOARD) as musician, running(tmp_path, *options) as improv:
        musician.play_file(phrase)
        musician.wait_for(lambda _: sum(message.ends for message in musician.sent) >= NOTES // 2)
        played = len(samples(rendered))  # the player plays, and is not passed on: nothing is to be heard
        improv.wait_for("answering")
        end = now() + PATIENCE
        while loudest(samples(rendered)) < AUDIBLE and now() < end:
            time.sleep(0.1)
        assert improv.end() == 0
        while loudest(samples(rendered)[-RATE // 4 :]) > loudest(samples(rendered)) / 10 and now() < end:
            time.sleep(0.1)  # the last note fades
        rendering = samples(rendered)
    assert played > 0 and loudest(rendering[:played]) <= SILENT
    assert loudest(rendering) >= AUDIBLE
    assert loudest(rendering[-RATE // 4 :]) <= loudest(rendering) / 10


def samples(rendered: Path) -> np.ndarray:
    """What has been rendered so far."""
    data = rendered.read_bytes()
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int32)


def loudest(samples: np.ndarray) -> int:
    return int(np.abs(samples).max(initial=0))
