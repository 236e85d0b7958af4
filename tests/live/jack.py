"""A JACK server and a musician for live tests; nothing here runs in the process under test.

    def test_it(jack):                                     # fixture: the session's server, made the default one
        with Musician(keyboard="Test Keys", synth="Test Synth") as musician:  # ports of the musician's own
            ...                                            # start improv --in "Test Keys" --out "Test Synth"
            musician.play([(0.0, "903c40"), (0.5, "803c00")])                 # seconds from now, bytes as hex
            musician.play_file(path)                       # a MIDI file, at its own pace
            arrived = musician.wait_for(lambda received: len(received) >= 4)
        musician.sent, musician.received                   # lists of Message(at, data)

`Musician(into="improv in", hears="improv out")` connects to ports that exist, or appear within a minute. The
musician is a process of its own (tests/live/player.py); its stamps are improv.clock.now's, so they compare with
everyone else's. `musician.received` may be read at any moment. `jack.kill()` and `jack.start()` are for tests
of a server's death: leave a running one behind.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from improv.clock import now

ROOT = Path(__file__).resolve().parents[2]
#: Seconds that something which must happen may take on a busy machine: no test waits so long unless it fails.
PATIENCE = 60.0
#: Seconds by which something may come later there than it is meant to.
LATE = 0.5


class JackServer:
    """A JACK server of its own name on the dummy driver. Named by JACK_DEFAULT_SERVER, it is everyone's default.

    It runs in synchronous mode: on a busy machine without real-time priorities, an asynchronous one goes on without
    the client that is late and loses its messages (measured: up to 3 of 100; synchronous: none). But where clients are
    killed a synchronous one stands still, for five to ten seconds each time: not `sync` is for tests of that.
    """

    def __init__(self, name: str, *, sync: bool = True, period: int = 64) -> None:
        """`period`: frames a cycle, at 48000 a second; with more of them a busy machine's server keeps time better."""
        self.name = name
        self._period = period
        self._mode = ["--sync"] if sync else []
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def start(self) -> None:
        """Start it and wait until it can be connected to."""
        command = ["jackd", *self._mode, "--no-realtime", "--port-max", "64", "-n", self.name]
        command += ["-d", "dummy", "-r", "48000", "-p", str(self._period)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = now() + PATIENCE
        while not self.answers():
            if self._process.poll() is not None or now() > end:
                raise RuntimeError("jackd does not start; are all its eight slots taken?")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether a client can connect to it within five seconds."""
        try:
            return subprocess.run(["jack_lsp", "-s", self.name], capture_output=True, timeout=5.0).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def stop(self) -> None:
        """End it and wait for its end."""
        if self._killed and self._process is None:
            self.start()  # a killed server keeps one of JACK's eight slots until one of its name ends in peace
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:  # jackd may hang on a client that was killed at a bad moment
                self.kill()
                self.stop()
            self._process = None
        self._killed = False
        for left in Path("/dev/shm").glob(f"jack_*{self.name}_*"):  # what dead clients leave behind
            left.unlink(missing_ok=True)

    def kill(self) -> None:
        """Let it die without a word. At the end of the session its slot is freed, if no one did before."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)
        self._process = None
        self._killed = True
        atexit.register(self.stop)

    def pause(self) -> None:
        """Let it stand still, alive. It does not get over the clients that die meanwhile: kill it, start it anew."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def ports(self) -> list[str]:
        """The names of all ports there are; a server that is busy with a client's death is asked again."""
        end = now() + PATIENCE
        while True:
            found = subprocess.run(["jack_lsp", "-s", self.name], capture_output=True, text=True)
            if found.returncode == 0 or now() > end:
                found.check_returncode()
                return found.stdout.splitlines()
            time.sleep(0.1)

    def wait_for_end_of(self, name: str) -> None:
        """Wait until nobody has ports whose full name begins so."""
        end = now() + PATIENCE
        while left := [port for port in self.ports() if port.startswith(name)]:
            assert now() < end, f"still there: {left}"
            time.sleep(0.05)


@contextlib.contextmanager
def own_server(called: str, *, period: int = 64) -> Iterator[JackServer]:
    """A JACK server that is everyone's default as long as this lasts; `period` as JackServer has it."""
    server = JackServer(f"{called}-{os.getpid()}", period=period)
    os.environ["JACK_DEFAULT_SERVER"] = server.name
    server.start()
    try:
        yield server
    finally:
        server.stop()


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes that left or arrived `at` (seconds, improv.clock)."""

    at: float
    data: bytes

    @property
    def begins(self) -> bool:
        return self.data[0] & 0xF0 == 0x90 and self.data[2] > 0

    @property
    def ends(self) -> bool:
        return self.data[0] & 0xF0 == 0x80 or (self.data[0] & 0xF0 == 0x90 and self.data[2] == 0)

    @property
    def key(self) -> tuple[int, int]:
        """Channel and pitch of a note message."""
        return self.data[0] & 0x0F, self.data[1]


def sounding(messages: Sequence[Message]) -> Counter[tuple[int, int]]:
    """What still sounds after all of these: (channel, pitch) with how many ons lack their off."""
    count: Counter[tuple[int, int]] = Counter()
    for message in messages:
        if message.begins:
            count[message.key] += 1
        elif message.ends:
            count[message.key] = max(0, count[message.key] - 1)
    return +count


class StandsStill(Exception):
    """The JACK server passes nothing on (without real-time priorities it now and then does so for half a minute, and
    answers whoever asks all the while), or who hears improv has died of RtMidi. What improv does beside it says
    nothing."""


class Musician:
    """Plays into one port and records another, from another process."""

    def __init__(self, *, keyboard: str = "", synth: str = "", into: str = "", hears: str = "") -> None:
        self._options = {"keyboard": keyboard, "synth": synth, "into": into, "hears": hears}
        self._sent: list[Message] = []
        self._received: list[Message] = []

    def __enter__(self) -> Musician:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.player", json.dumps(self._options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        try:
            self._ask({})  # answers once its ports are open
        except BaseException:
            self._process.kill()
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            with contextlib.suppress(StandsStill):
                self._refresh()
        finally:
            self._process.terminate()
            self._end()

    def _end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # its server stands still or is dead
            self._process.kill()
            self._process.wait(5)
        with contextlib.suppress(BrokenPipeError):  # of one that died with a question unread
            self._process.stdin.close()
        self._process.stdout.close()

    def _ask(self, question: dict[str, object]) -> None:
        """Say something to the process; it answers with what has been sent and received since."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        told = select.select([self._process.stdout], [], [], PATIENCE)[0]
        line = self._process.stdout.readline() if told else ""
        if not line:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
            self._look_after()
            raise RuntimeError(f"the musician has no ports ({self._options})" if told else "the musician hangs")
        answer = json.loads(line)
        self._sent += [Message(at, bytes.fromhex(data)) for at, data in answer["sent"]]
        self._received += [Message(at, bytes.fromhex(data)) for at, data in answer["received"]]

    def play(self, messages: Sequence[tuple[float, str | bytes]]) -> None:
        """Play these from now on (seconds from now, bytes or their hex); returns at once."""
        plain = [(delay, data.hex() if isinstance(data, bytes) else data) for delay, data in messages]
        self._ask({"play": plain})

    def play_file(self, path: str | os.PathLike[str], slower: float = 1.0) -> None:
        """Play a MIDI file from now on, so many times slower than it says; returns at once."""
        import mido

        at, messages = 0.0, []
        for message in mido.MidiFile(path):
            at += slower * message.time
            if not message.is_meta:
                messages.append((at, bytes(message.bytes())))
        self.play(messages)

    @property
    def sent(self) -> list[Message]:
        """What was played so far."""
        self._refresh()
        return self._sent

    @property
    def received(self) -> list[Message]:
        """What was recorded so far."""
        self._refresh()
        return self._received

    def _refresh(self) -> None:
        self._look_after()
        if self._process.poll() is None:
            self._ask({})

    def _look_after(self) -> None:
        """StandsStill if RtMidi has crashed: on JACK it reads messages that their sender is just writing over."""
        if self._process.poll() == -signal.SIGSEGV:
            raise StandsStill

    def wait_for(self, enough: Callable[[list[Message]], bool], seconds: float = PATIENCE) -> list[Message]:
        """Wait until `enough(received)`, at most some seconds; returns what was received."""
        end = now() + seconds
        while not enough(self.received) and now() < end:
            time.sleep(0.01)
        return self._received


def passes_on() -> bool:
    """Whether the default server passes anything on from one client to another."""
    try:
        with Musician(keyboard="Here", hears="Here") as other:
            other.play([(number / 10, "903c40") for number in range(50)])
            return bool(other.wait_for(bool, 6.0))
    except (RuntimeError, StandsStill):
        return False
