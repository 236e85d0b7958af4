"""The musician's process: `python -m tests.live.player OPTIONS`, see tests.live.jack.Musician, its only caller.

Reads questions as lines of JSON, plays what they ask for and answers each with what was sent and received since.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

import rtmidi

from improv.clock import now
from improv.ports.cycles import made_to_run

API = rtmidi.API_UNIX_JACK
#: Seconds between two looks, and for which a port is waited for.
POLL, PATIENCE = 0.001, 60.0


RUN: list[int] = []  # the threads of the clients there are
TRIES = 10


def _made(make: Callable[[], Any]) -> Any:
    """A client that the server runs: now and then it leaves one out, and a test would say that of improv's. A busy
    server does not answer everybody at once."""
    for left in reversed(range(TRIES)):
        try:
            midi, thread = made_to_run(make, lambda midi: midi.delete(), RUN)
        except rtmidi.RtMidiError:
            if left == 0:
                raise
            time.sleep(0.2)
        else:
            RUN.extend([] if thread is None else [thread])
            return midi
    return None


def _port(midi: Any, own: str, other: str) -> Any:
    """Open a virtual port called `own`, or connect to the port with `other` in its name as soon as it is there."""
    if own:
        midi.open_virtual_port(own)
        return midi
    end = now() + PATIENCE
    while now() < end:
        for number, name in enumerate(midi.get_ports()):
            if other in name:
                midi.open_port(number, other)
                return midi
        time.sleep(0.02)
    sys.exit(f"no port {other}")


def _connect(options: dict[str, str]) -> tuple[Any, Any]:
    out = listener = None
    if options["keyboard"] or options["into"]:
        out = _made(lambda: rtmidi.MidiOut(API, options["keyboard"] or "player"))
        _port(out, options["keyboard"], options["into"])
    if options["synth"] or options["hears"]:
        listener = _made(lambda: rtmidi.MidiIn(API, options["synth"] or "recorder", 100_000))
        listener.ignore_types(sysex=False, timing=False, active_sense=False)
        _port(listener, options["synth"], options["hears"])
    return out, listener


def main() -> None:
    """Open, then play and answer until SIGTERM or the end of the questions."""
    received: list[tuple[float, str]] = []
    sent: list[tuple[float, str]] = []
    planned: list[tuple[float, str]] = []
    sys.setswitchinterval(0.0005)
    out, listener = _connect(json.loads(sys.argv[1]))
    ended = False

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)
    buffer = b""
    while not ended:
        while planned and planned[0][0] <= now():
            data = planned.pop(0)[1]
            sent.append((now(), data))
            out.send_message(bytes.fromhex(data))
        # Polled, not called back: a callback that waits for the interpreter's lock makes JACK lose messages.
        while listener is not None and (message := listener.get_message()):
            received.append((now(), bytes(message[0]).hex()))
        seconds = min(POLL, planned[0][0] - now()) if planned else POLL
        if not select.select([0], [], [], max(0.0, seconds))[0]:
            continue
        piece = os.read(0, 1 << 20)
        if not piece:
            break
        *lines, buffer = (buffer + piece).split(b"\n")
        for line in lines:
            start = now()
            planned += [(start + delay, data) for delay, data in json.loads(line).get("play", [])]
            planned.sort(key=lambda item: item[0])
            answer = {"sent": sent[:], "received": received[:]}
            sent.clear()
            received.clear()
            os.write(1, json.dumps(answer).encode() + b"\n")
    for midi in (out, listener):
        if midi is not None:
            midi.close_port()
            midi.delete()


if __name__ == "__main__":
    main()
