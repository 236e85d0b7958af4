"""Recording the session that begins: its file, its head, and the thread that writes."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import platform
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from improv import clock, config, sessionfolder
from improv.fallback import Fallback
from improv.improviser import Improviser
from improv.kept import Kept, pack
from improv.recorder import PATIENCE, Recorded, Recorder
from improv.sessionfile import FORMAT, Head, Stumble
from improv.settings import Settings
from improv.settingtable import MEMORIES


@contextlib.contextmanager
def recorded(core: Improviser, recorder: Recorder, model: Fallback) -> Iterator[Recorded]:
    """The core and its model's failures, recorded while this lasts; the recorder writes in a thread of its own."""
    thread = threading.Thread(target=recorder.run, name="improv recorder", daemon=True)
    session = Recorded(core, recorder)
    model.failed = lambda step, why: recorder.put(Stumble(step, why))
    thread.start()
    try:
        yield session
    finally:
        session.close(clock.now())
        recorder.end()
        thread.join(PATIENCE)


def new_recorder(
    settled: config.Config, settings: Settings, model: Path, before: Kept | None = None
) -> Recorder | None:
    """A recorder for the session that begins now, or None if the settings want none. `before`: what was learned in the
    sessions that it goes on from."""
    if not settled.switch("record.on"):
        return None
    at, began = clock.now(), datetime.now(UTC)
    memory = _remembered(settled.text("model.memory"), before)
    folder, most = where(settled), settled.whole("record.megabytes") << 20

    def prepare() -> tuple[Path, Head]:
        path = sessionfolder.new_path(folder, began)
        sessionfolder.clear_away(folder, settled.number("record.days"), most, began)
        head = Head(
            format=FORMAT,
            at=at,
            began=began.isoformat(timespec="milliseconds"),
            seed=settled.whole("sampling.seed"),
            settings=dataclasses.asdict(settings),
            config=dict(settled.values),
            model=fingerprint(model),
            machine=machine(settled.text("model.provider")),
            memory=memory,
        )
        return path, head

    return Recorder(prepare, most)


def _remembered(named: str, before: Kept | None) -> str:
    """The memory that playing begins with, in base64; it may be written anew before the head is."""
    if named in MEMORIES:
        return "" if before is None else base64.b64encode(pack(before)).decode()
    try:
        return base64.b64encode(Path(named).read_bytes()).decode()
    except OSError:  # there is none yet
        return ""


def where(settled: config.Config) -> Path:
    """The folder of the sessions."""
    return sessionfolder.folder(settled.text("record.folder"))


def fingerprint(model: Path) -> dict[str, Any]:
    """A model file's name and what is in it."""
    try:
        digest = hashlib.sha256(model.read_bytes()).hexdigest()
    except OSError:  # gone since it was loaded
        digest = ""
    return {"file": model.name, "sha256": digest}


def machine(provider: str) -> dict[str, Any]:
    """What a model's last bits depend on, as a session's head names it."""
    return {
        "improv": version("improv-midi"),
        "onnxruntime": _onnxruntime(),
        "numpy": np.__version__,
        "provider": provider,
        "processor": f"{platform.system()} {platform.machine()} {_processor()}".strip(),
    }


def _onnxruntime() -> str:
    for name in ("onnxruntime", "onnxruntime-gpu"):
        with contextlib.suppress(PackageNotFoundError):
            return version(name)
    return "unknown"


def _processor() -> str:
    """The processor's name, where it is to be had."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
