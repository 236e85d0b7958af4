"""A MIDI clock not made here: jack_midi_clock, which follows the JACK transport, and what that transport says."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from improv.clock import now
from tests.live.jack import PATIENCE, JackServer

#: The name of its port.
CLOCK = "mclk_out"
#: How often it is started, if need be.
STARTS = 3


class JackClock:
    """`jack_midi_clock` at a tempo; the transport is moved as at a host. Where it is `hosted` somebody counts bars and
    beats (of four) as a host does, and the clock says song positions."""

    def __init__(self, server: JackServer, bpm: float, *options: str, hosted: bool = False) -> None:
        self._server, self._bpm = server, bpm
        self._host: subprocess.Popen[bytes] | None = None
        if hosted:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            self._host = subprocess.Popen(["jack_transport"], **pipes)
            self._host_says(f"tempo {bpm}\nmaster\n")
        tempo = () if hosted else ("-B", "-b", str(bpm))
        self._command = ["jack_midi_clock", *tempo, "-d", "0.1", *options]
        for _ in range(STARTS):
            self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self._has_started():
                return
            self._process.kill()
            self._process.wait()
        raise AssertionError("jack_midi_clock does not start")

    def _has_started(self) -> bool:
        """Whether its port is there, in a while; where the server is busy it now and then gives up."""
        end = now() + PATIENCE / STARTS
        while self._process.poll() is None and now() < end:
            if any(CLOCK in name for name in self._server.ports()):
                return True
            time.sleep(0.05)
        return False

    def transport(self, *commands: str) -> None:
        """Say something to `jack_transport`: play, stop, locate FRAME."""
        said = "\n".join([*commands, "quit", ""])
        subprocess.run(["jack_transport"], input=said, text=True, capture_output=True, timeout=PATIENCE, check=True)

    def locate(self, beat: float) -> None:
        """Go to a beat of the song, counted from 0."""
        self.transport(f"locate {round(beat * 60 / self._bpm * 48000)}")

    def _host_says(self, text: str) -> None:
        assert self._host is not None and self._host.stdin is not None
        self._host.stdin.write(text.encode())
        self._host.stdin.flush()

    def end(self) -> None:
        """Leave the transport at its beginning, stopped."""
        try:
            self.transport("stop", "locate 0")
        finally:
            self._process.send_signal(signal.SIGINT)  # of any other it dies, and JACK stands still for seconds
            try:
                self._process.wait(PATIENCE / STARTS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._host is not None:
                self._host_says("release\nquit\n")
                self._host.communicate(timeout=PATIENCE)


@contextmanager
def jack_clock(server: JackServer, bpm: float, *options: str, hosted: bool = False) -> Iterator[JackClock]:
    """A clock while this lasts; skipped where it is not installed, but not in CI."""
    if shutil.which("jack_midi_clock") is None:
        if os.environ.get("CI"):
            pytest.fail("CI without jack_midi_clock: .ci/run installs it")
        pytest.skip("jack_midi_clock is not installed")
    clock = JackClock(server, bpm, *options, hosted=hosted)
    try:
        yield clock
    finally:
        clock.end()


class _Position(ctypes.Structure):
    """The head of jack_position_t (jack/types.h), and room for the rest."""

    _pack_ = 1
    _fields_ = (
        ("unique_1", ctypes.c_uint64),
        ("usecs", ctypes.c_uint64),
        ("frame_rate", ctypes.c_uint32),
        ("frame", ctypes.c_uint32),
        ("rest", ctypes.c_byte * 256),
    )


class TransportWatch:
    """A JACK client that asks where the transport is. `began`: the moment (improv.clock) of its frame 0."""

    def __init__(self) -> None:
        library = ctypes.util.find_library("jack")
        assert library is not None
        self._jack = ctypes.CDLL(library)
        self._jack.jack_client_open.restype = ctypes.c_void_p
        self._client = ctypes.c_void_p(self._jack.jack_client_open(b"watch", 1, None))
        assert self._client.value, "no JACK server"
        self._jack.jack_activate(self._client)

    def began(self) -> float:
        """When frame 0 was, by where the transport is now. It moves cycle by cycle, so the earliest of many is right;
        and the stamp that comes with it is of another cycle, so our own clock is read."""
        position, found = _Position(), []
        for _ in range(20):
            self._jack.jack_transport_query(self._client, ctypes.byref(position))
            found.append(now() - position.frame / position.frame_rate)
            time.sleep(0.0007)
        return min(found)

    def close(self) -> None:
        """Leave."""
        self._jack.jack_client_close(self._client)
