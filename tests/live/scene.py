"""A stage for faults: a JACK server as most people run it, a musician, and improv between them, all to be killed.

Used by tests/live/test_faults.py (a few of each fault) and tests/bench/faults.py (many). Each fault says what became of
it as an `Outcome`.
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from improv.clock import now
from improv.engine import LONGEST_WAIT
from improv.errors import UserError
from improv.events import SUSTAIN, Event, NoteOn
from improv.midi import control_change, note_off
from improv.pastnotes import played
from improv.sessionfile import SUFFIX, Reader, Turn
from tests.live.jack import PATIENCE, JackServer, Message, Musician, StandsStill, passes_on, sounding
from tests.live.test_app import KEYBOARD, SYNTH, Running

#: A phrase of six notes, quickly answered.
PHRASE = [
    message
    for number, pitch in enumerate((60, 62, 64, 65, 67, 72))
    for message in ((number * 0.125, f"90{pitch:02x}50"), (number * 0.125 + 0.1, f"80{pitch:02x}00"))
]
OPTIONS = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH)
#: Seconds in which an answer must have begun, and within which all is said again that may have been lost.
ANSWERED, SILENCED = 12.0, 1.0
#: What was heard so many seconds after it happened, or sooner, is new.
NEW = 0.03
#: Messages a second of a flood.
FLOOD = 5000
#: All keys and the pedal come up, half a second later.
LET_GO = [*((0.5, note_off(0, pitch)) for pitch in range(128)), (0.5, control_change(0, SUSTAIN, 0))]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one fault: notes that sounded on the far side in the end; seconds until all was well (of a kill: until the
    last note was ended; of a flood: until what was heard was new again); notes, of either voice, that the recording
    lacks; seconds that the engine came too late to a turn, at most. None where that was not asked."""

    stuck: int
    seconds: float | None = None
    lost: int | None = None
    late: float | None = None


class Scene:
    """The server and the musician; improv is started for each fault.

    A `sync` server (tests.live.jack) loses nothing by itself, but stands still where its clients are killed.
    """

    def __init__(self, name: str, *, sync: bool, seed: int = 0) -> None:
        self.server = JackServer(name, sync=sync)
        self.rng = random.Random(seed)
        self._folders = tempfile.TemporaryDirectory(prefix="improv-faults-")
        self._count = 0
        self.musician: Musician | None = None
        self._running: Running | None = None

    def __enter__(self) -> Scene:
        os.environ["JACK_DEFAULT_SERVER"] = self.server.name
        self.server.start()
        self.enter_musician()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave_musician()
        self.server.stop()
        self._folders.cleanup()

    def enter_musician(self) -> None:
        """The musician's devices are plugged in."""
        self.musician = Musician(keyboard=KEYBOARD, synth=SYNTH)
        self.musician.__enter__()

    def leave_musician(self, *, killed: bool = False) -> None:
        """They are unplugged, or die."""
        if self.musician is not None:
            if killed:
                self.musician._process.kill()
                self.musician._process.wait()
            with contextlib.suppress(Exception):
                self.musician.__exit__()
            self.musician = None

    def _folder(self) -> Path:
        self._count += 1
        folder = Path(self._folders.name) / str(self._count)
        folder.mkdir()
        return folder

    @contextlib.contextmanager
    def improv(self, *options: str) -> Iterator[tuple[Running, Path]]:
        """improv plays, and its folder; it is killed in the end if it lives."""
        folder = self._folder()
        running = self._running = Running(folder, *OPTIONS, *options)
        try:
            running.wait_for("hearing", 60.0)
            yield running, folder
        finally:
            if running.process.poll() is None:
                running.end()
            self._wait(lambda: not any(name.startswith("improv ") for name in self.server.ports()), 10.0)

    def answer(self) -> tuple[int, int]:
        """Play a phrase and wait until it is being answered: how much was sent and received before."""
        assert self.musician is not None
        before = len(self.musician.sent), len(self.musician.received)
        for _ in range(3):
            self.musician.play(PHRASE)
            begun = len(self.musician.received)
            if self._wait(lambda begun=begun: any(m.begins for m in self.heard(begun)), ANSWERED):  # type: ignore[misc]
                return before
        sent = self.musician.sent[before[0] :]
        if not passes_on():
            raise StandsStill
        raise RuntimeError(
            f"improv does not answer: {self._running.out if self._running else ''}, {self._links()}, {sent[-1:]}"
        )

    def heard(self, since: int) -> list[Message]:
        """What arrived on the far side since."""
        assert self.musician is not None
        return self.musician.received[since:]

    def _stuck(self, arrived: Sequence[Message]) -> int:
        """Notes that sound after all of these. StandsStill if that says nothing: the far side hears nobody any more."""
        stuck = sum(sounding(arrived).values())
        if stuck and not self._hears():
            raise StandsStill
        return stuck

    def _hears(self) -> bool:
        """Whether another program is heard on the far side."""
        assert self.musician is not None
        before = len(self.musician.received)
        try:
            with Musician(into=SYNTH) as other:
                other.play([(number / 10, "b00100") for number in range(50)])
                return self._wait(lambda: len(self.heard(before)) > 0, 6.0)
        except (RuntimeError, StandsStill):
            return False

    @staticmethod
    def _wait(done: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
        end = now() + seconds
        while not (well := done()) and now() < end:
            time.sleep(every)
        return well

    def engine_killed(self) -> Outcome:
        """SIGKILL of improv somewhere in its answer."""
        assert self.musician is not None
        with self.improv("--seed", str(self.rng.randrange(1000))) as (running, folder):
            sent, received = self.answer()
            time.sleep(self.rng.uniform(0.0, 1.0))
            killed = now()
            running.process.kill()
            running.process.wait()
            time.sleep(SILENCED)
            arrived = self.heard(received)
            lost = missing(folder, self.musician.sent[sent:], arrived)
            return Outcome(self._stuck(arrived), _silent_at(arrived, killed), lost)

    def port_process_killed(self) -> Outcome:
        """SIGKILL of the port process somewhere in an answer; another takes over, and improv answers again."""
        assert self.musician is not None
        with self.improv() as (running, folder):
            _, received = self.answer()
            time.sleep(self.rng.uniform(0.0, 1.0))
            killed = now()
            os.kill(port_process(running.process.pid), 9)
            running.wait_for("jack is back", 30.0)
            back = now() - killed
            self.answer()
            time.sleep(1.0)
            assert running.end() == 0, running.err
            time.sleep(SILENCED)
            arrived = self.heard(received)
            # What the player plays while there is no port process nobody hears: improv's notes count.
            return Outcome(self._stuck(arrived), back, missing(folder, [], arrived))

    def server_killed(self) -> Outcome:
        """SIGKILL of the JACK server somewhere in an answer; it comes back, and with it the musician."""
        with self.improv() as (running, _):
            self.answer()
            time.sleep(self.rng.uniform(0.0, 1.0))
            self.server.kill()
            self.leave_musician(killed=True)
            running.wait_for("the server has gone", 10.0)
            self.server.start()
            self.enter_musician()
            return self._well_again(running, "is back")

    def server_killed_among_messages(self) -> Outcome:
        """SIGKILL of the JACK server while improv passes on 5,000 messages in a second; it comes back."""
        assert self.musician is not None
        with self.improv("--thru") as (running, folder):
            self.answer()
            self.musician.play(a_second_of_flood(self.rng))
            time.sleep(self.rng.uniform(0.2, 0.8))
            killed = now()
            self.server.kill()
            self.leave_musician(killed=True)
            running.wait_for("the server has gone", 10.0)
            self.server.start()
            self.enter_musician()
            return replace(self._well_again(running, "is back"), late=_missed(folder, killed))

    def flooded(self, seconds: int = 60, watch: Callable[[int, Path], None] = lambda pid, folder: None) -> Outcome:
        """5,000 messages a second, then a phrase; `watch` is given improv's number every second, and its folder in the
        end."""
        assert self.musician is not None
        with self.improv() as (running, folder):
            begin, sent, received = now(), len(self.musician.sent), len(self.musician.received)
            for number in range(seconds):
                self.musician.play(a_second_of_flood(self.rng))
                time.sleep(max(0.0, begin + number + 1 - now()))
                watch(running.process.pid, folder)
            self.musician.play(LET_GO)
            if not self._wait(lambda: self.musician is None or self.musician.sent[-1].data == LET_GO[-1][1], PATIENCE):
                raise StandsStill  # it takes no more of the player's messages
            over = self.musician.sent[-1].at
            time.sleep(1.0)
            self.answer()
            time.sleep(1.0)
            assert running.end() == 0, running.err
            time.sleep(SILENCED)
            arrived, played = self.heard(received), self.musician.sent[sent:]
            old = [at for at, late in heard_late(folder) if late > NEW and at >= over]
            recovered = max(old, default=over) - over
            return Outcome(self._stuck(arrived), recovered, missing(folder, played, arrived))

    def far_client_killed(self) -> Outcome:
        """SIGKILL of the client on the far side somewhere in an answer; it comes back under its name."""
        with self.improv() as (running, _):
            self.answer()
            time.sleep(self.rng.uniform(0.0, 1.0))
            self.leave_musician(killed=True)
            running.wait_for(f"{SYNTH} is unplugged", 30.0)
            self.enter_musician()
            return self._well_again(running, f"{SYNTH} is plugged in")

    def _well_again(self, running: Running, said: str) -> Outcome:
        """From when the devices are there again until they are connected, and then until all is silent.

        A port process that finds no server, for there are too many waiting, has another take over: that is fine too.
        """
        there = now()
        assert self._wait(lambda: any(word in line for line in running.out for word in (said, "is back")), 30.0)
        # Who asks for the ports is a client that comes and goes, beside which libjack leaves others out (improv.ports.
        # cycles): asked all the time that is one restart in ten, and takes two seconds more.
        assert self._wait(self._connected, 30.0, every=0.5), running.out
        seconds = now() - there
        self.answer()
        time.sleep(1.0)
        assert running.end() == 0, running.err
        time.sleep(SILENCED)
        return Outcome(self._stuck(self.heard(0)), seconds)

    def _connected(self) -> bool:
        """Whether keyboard and synth are connected to improv."""
        return sum(line.startswith("   improv") for line in self._links()) >= 2

    def _links(self) -> list[str]:
        """All ports, each followed by those it is connected to."""
        listed = subprocess.run(["jack_lsp", "-c", "-s", self.server.name], capture_output=True, text=True)
        return listed.stdout.splitlines()

    def disk_full(self) -> Outcome:
        """The disk is full while improv answers twice, and then there is space again."""
        assert self.musician is not None
        disk = self._folder()
        with _small_disk(disk) as inside:
            inside("head", "-c", "64k", "/dev/zero", f"> {disk}/filler || true")
            config = disk.parent / f"{disk.name}.toml"
            config.write_text(f'[record]\nfolder = "{disk}"\n')
            with inside.improv(self._folder(), *OPTIONS, "--config", str(config)) as running:
                running.wait_for("recording waits", 60.0)
                sent, received = self.answer()
                began = now()
                inside("rm", f"{disk}/filler")
                running.wait_for("recording goes on", 10.0)
                seconds = now() - began
                self.answer()
                time.sleep(1.0)
                assert running.end() == 0, running.err
                time.sleep(SILENCED)
                arrived = self.heard(received)
                copied = self._folder()
                inside("cp", f"{disk}/*{SUFFIX}", str(copied))
        return Outcome(self._stuck(arrived), seconds, missing(copied, self.musician.sent[sent:], arrived))


class _Inside:
    """Runs commands in a mount namespace of its own, which lives as long as `keeper`."""

    def __init__(self, keeper: int) -> None:
        self._enter = ["nsenter", "-t", str(keeper), "-m"]

    def __call__(self, *command: str) -> None:
        subprocess.run([*self._enter, "sh", "-c", " ".join(command)], check=True, stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def improv(self, folder: Path, *options: str) -> Iterator[Running]:
        running = Running(folder, *options, before=self._enter)
        try:
            running.wait_for("hearing", 60.0)
            yield running
        finally:
            running.end()


@contextlib.contextmanager
def _small_disk(where: Path) -> Iterator[_Inside]:
    """A disk of 64 KB at `where`, for those inside alone. Wants the rights to mount."""
    mount = f"mount -t tmpfs -o size=64k none {where} && echo mounted && exec sleep 600"
    with subprocess.Popen(["unshare", "--mount", "sh", "-c", mount], stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        try:
            if keeper.stdout.readline() != "mounted\n":
                raise PermissionError("no rights to mount a disk here")
            yield _Inside(keeper.pid)
        finally:
            keeper.kill()


def a_second_of_flood(rng: random.Random) -> list[tuple[float, str | bytes]]:
    """5,000 messages: keys that go down and come up, controllers."""
    kinds = (0x90, 0x80, 0x90, 0xB0)
    messages = [bytes((rng.choice(kinds), rng.randrange(128), rng.randrange(128))) for _ in range(FLOOD)]
    return [(number / FLOOD, message) for number, message in enumerate(messages)]


def heard_late(folder: Path) -> Iterator[tuple[float, float]]:
    """By what a session has recorded: of each event that was heard the moment (of the turn), and how old it was."""
    for record in Reader(session(folder)):
        if isinstance(record, Turn):
            for event in record.heard:
                if isinstance(event, Event):
                    yield record.at, record.at - event.at


def _missed(folder: Path, since: float) -> float:
    """Seconds that the engine came too late to a turn, at most, by what it has recorded since."""
    turns = [record.at for record in Reader(session(folder)) if isinstance(record, Turn) and record.at >= since]
    return max(0.0, max((later - at for at, later in pairwise(turns)), default=0.0) - LONGEST_WAIT)


def session(folder: Path) -> Path:
    """The one session that is recorded there."""
    (path,) = folder.rglob(f"*{SUFFIX}")
    return path


def port_process(engine: int, *, page: bool = False) -> int:
    """The number of the port process of an engine, which has started the server of its `page` before."""
    children = Path(f"/proc/{engine}/task/{engine}/children").read_text().split()
    started = [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return started[int(page)]


def _silent_at(arrived: Sequence[Message], killed: float) -> float:
    """Seconds from the kill until nothing sounded any more."""
    before = [message for message in arrived if message.at < killed]
    if not sounding(before):
        return 0.0
    ends = [message.at for index, message in enumerate(arrived) if message.ends and not sounding(arrived[: index + 1])]
    return max(0.0, min((at for at in ends if at >= killed), default=float("inf")) - killed)


def missing(folder: Path, sent: Sequence[Message], arrived: Sequence[Message]) -> int:
    """How many of the notes that were played, by the player or by improv, the session's file lacks."""
    kept = [0, 0]
    with contextlib.suppress(UserError):  # killed before the file had its head: all is missing
        both = played(Reader(session(folder)))
        kept = [sum(isinstance(event, NoteOn) for event in voice) for voice in (both.player, both.improv)]
    heard = [sum(message.begins for message in voice) for voice in (sent, arrived)]
    return sum(max(0, there - recorded) for there, recorded in zip(heard, kept, strict=True))
