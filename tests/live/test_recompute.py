"""What was played can be computed again from its recording, whatever happened meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from improv.sessionfile import SUFFIX, Reader, Settled, Turn
from tests.live.jack import JackServer, Musician
from tests.live.scene import ANSWERED, PHRASE, port_process
from tests.live.test_app import IMPROV, KEYBOARD, SYNTH, answer_begun
from tests.page.running import RunningImprov
from tests.page.test_serving import says, until


def computed_again(folder: Path, session: Path, *more: str) -> str:
    """What `improv replay` says of a session."""
    command = [IMPROV, "replay", str(session), *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def say(page: ClientConnection, **message: object) -> None:
    page.send(json.dumps(message))
    time.sleep(0.1)


def answered(musician: Musician, improv: RunningImprov) -> None:
    """Play a phrase, again if nobody heard it, and wait until improv plays too."""
    before = len(musician.received)
    for _ in range(5):
        musician.play(PHRASE)
        if answer_begun(musician.wait_for(lambda received: answer_begun(received[before:]), ANSWERED)[before:]):
            return
    raise AssertionError(improv.said())


def test_ports_page_cables_settings_and_memory_are_all_in_the_recording(jack: JackServer, tmp_path: Path) -> None:
    config = tmp_path / "mine.toml"
    config.write_text('[answer]\ngap_min = 0.4\n[record]\nfolder = "sessions"\n')
    options = ["--api", "jack", "--in", KEYBOARD, "--out", SYNTH, "--seed", "5", "--config", "mine.toml"]
    with contextlib.ExitStack() as stack:
        with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician:
            improv = stack.enter_context(RunningImprov(tmp_path, *options, "--memory", "mine.memory", beside=True))
            answered(musician, improv)
            os.kill(port_process(improv.process.pid, page=True), signal.SIGKILL)
            config.write_text(config.read_text().replace("0.4", "0.5"))
            improv.process.send_signal(signal.SIGHUP)
            improv.wait_for("settings read again")
            improv.wait_for("jack is back")
        improv.wait_for(f"{KEYBOARD} is unplugged")
        with (
            Musician(keyboard=KEYBOARD, synth=SYNTH) as musician,
            connect(f"ws://127.0.0.1:{improv.port}/live") as page,
        ):
            for name, value in (("temperature", 1.25), ("key", "auto"), ("mode", "accompany")):
                say(page, type="set", name=name, value=value)
            for pitch in (60, 64, 67, 72):
                say(page, type="note", on=True, pitch=pitch, velocity=80)
                say(page, type="note", on=False, pitch=pitch)
            say(page, type="gesture", move="freeze", down=True)
            say(page, type="pedal", down=True)
            say(page, type="set", name="mode", value="harmonize")
            improv.wait_for(f"{KEYBOARD} is plugged in")
            answered(musician, improv)
            say(page, type="gesture", move="panic", down=True)
            until(page, says("silence"))
            say(page, type="choose", model="default")  # a new session
            until(page, says("hello"))
            answered(musician, improv)
    first, second = sorted((tmp_path / "sessions").glob(f"*{SUFFIX}"))
    assert any(isinstance(e, Settled) for r in Reader(first) if isinstance(r, Turn) for e in r.heard), (
        "settings read again"
    )
    assert Reader(second).head.memory, "what was learned before is at the start"
    with ThreadPoolExecutor(2) as pool:
        again = [pool.submit(computed_again, tmp_path, session, "--recompute") for session in (first, second)]
        files = [pool.submit(computed_again, tmp_path, first, "-o", name) for name in ("once.mid", "twice.mid")]
        assert all("The same again, to the bit" in one.result() for one in again)
        assert all(one.result() for one in files)
    assert (tmp_path / "once.mid").read_bytes() == (tmp_path / "twice.mid").read_bytes()
