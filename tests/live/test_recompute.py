"""What was played can be computed again from its recording, whatever happened meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from websockets.sync.client import connect

from improv.sessionfile import SUFFIX, Reader, Settled, Turn
from tests.live.jack import JackServer, Musician
from tests.live.scene import port_process
from tests.live.test_app import IMPROV, KEYBOARD, NOTES, STEP, SYNTH, answer_begun, phrase
from tests.page.running import RunningImprov

__all__ = ["phrase"]


def computed_again(folder: Path, session: Path, *more: str) -> str:
    """What `improv replay` says of a session."""
    command = [IMPROV, "replay", str(session), *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def say(page: object, **message: object) -> None:
    page.send(json.dumps(message))  # type: ignore[attr-defined]
    time.sleep(0.1)


def test_ports_page_cables_settings_and_memory_are_all_in_the_recording(
    jack: JackServer, tmp_path: Path, phrase: Path
) -> None:
    config = tmp_path / "mine.toml"
    config.write_text('[answer]\ngap_min = 0.4\n[record]\nfolder = "sessions"\n')
    options = ["--api", "jack", "--in", KEYBOARD, "--out", SYNTH, "--seed", "5", "--config", "mine.toml"]
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician:
        improv = RunningImprov(tmp_path, *options, "--memory", "mine.memory", beside=True)
        musician.play_file(phrase)
        assert answer_begun(musician.wait_for(answer_begun, NOTES * STEP + 6.0))
        os.kill(port_process(improv.process.pid, page=True), signal.SIGKILL)
        config.write_text(config.read_text().replace("0.4", "0.5"))
        improv.process.send_signal(signal.SIGHUP)
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, connect(f"ws://127.0.0.1:{improv.port}/live") as page:
        for name, value in (("temperature", 1.25), ("key", "auto"), ("mode", "accompany")):
            say(page, type="set", name=name, value=value)
        for pitch in (60, 64, 67, 72):
            say(page, type="note", on=True, pitch=pitch, velocity=80)
            say(page, type="note", on=False, pitch=pitch)
        say(page, type="gesture", move="freeze", down=True)
        say(page, type="pedal", down=True)
        say(page, type="set", name="mode", value="harmonize")
        musician.play_file(phrase)
        time.sleep(NOTES * STEP + 1.0)
        say(page, type="gesture", move="panic", down=True)
        say(page, type="choose", model="default")  # a new session
        time.sleep(6.0)
        musician.play_file(phrase)
        time.sleep(NOTES * STEP + 1.0)
    improv.stop()
    first, second = sorted((tmp_path / "sessions").glob(f"*{SUFFIX}"))
    assert any(isinstance(e, Settled) for r in Reader(first) if isinstance(r, Turn) for e in r.heard), (
        "settings read again"
    )
    assert Reader(second).head.memory, "what was learned before is at the start"
    for session in (first, second):
        assert "The same again, to the bit" in computed_again(tmp_path, session, "--recompute")
    for name in ("once.mid", "twice.mid"):
        computed_again(tmp_path, first, "-o", name)
    assert (tmp_path / "once.mid").read_bytes() == (tmp_path / "twice.mid").read_bytes()
