"""The whole instrument on real ports: another process plays into `improv` and records what comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import mido
import pytest

from improv.clock import now
from improv.kept import unpack
from tests.live.jack import LATE, PATIENCE, JackServer, Message, Musician, StandsStill, sounding

IMPROV = Path(sys.executable).with_name("improv")
#: Of the phrase.
NOTES = 16
KEYBOARD, SYNTH = "Test Keys", "Test Synth"
MACHINE = 1  # improv's channel, counted from 0


@pytest.fixture(scope="session")
def phrase(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded phrase of two seconds: a scale up and down, as a MIDI file."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    for index, pitch in enumerate((*scale, *reversed(scale))):
        track.append(mido.Message("note_on", note=pitch, velocity=70, time=0 if index == 0 else 30))
        track.append(mido.Message("note_off", note=pitch, velocity=64, time=90))
    file.tracks.append(track)
    path = tmp_path_factory.mktemp("phrase") / "phrase.mid"
    file.save(path)
    return path


def homes(folder: Path) -> dict[str, str]:
    """The environment of a user whose settings, sessions and locks lie in a folder."""
    return {**os.environ, **{f"XDG_{kind}_HOME": str(folder) for kind in ("CONFIG", "DATA", "CACHE")}}


class Running:
    """`improv` in a process of its own; `out` and `err` are the lines it has written."""

    def __init__(self, folder: Path, *options: str, server: str | None = None, before: Sequence[str] = ()) -> None:
        self._files = [folder / "out.txt", folder / "err.txt"]
        environment = homes(folder)
        if server is not None:
            environment["JACK_DEFAULT_SERVER"] = server
        with self._files[0].open("w") as out, self._files[1].open("w") as err:
            self.process = subprocess.Popen(
                [*before, IMPROV, *options],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def out(self) -> list[str]:
        return self._files[0].read_text().splitlines()

    @property
    def err(self) -> list[str]:
        return self._files[1].read_text().splitlines()

    def wait_for(self, word: str, seconds: float = PATIENCE) -> None:
        end = now() + seconds
        while not any(word in line for line in self.out):
            # A JACK server that is there lets nobody in for a moment, where it is busy with a client that has left.
            if self.process.poll() is not None and any("JACK server not running" in line for line in self.err):
                raise StandsStill(self.err)
            assert self.process.poll() is None and now() < end, (self.out, self.err)
            time.sleep(0.02)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def running(folder: Path, *options: str, server: str | None = None) -> Iterator[Running]:
    improv = Running(folder, *options, server=server)
    try:
        improv.wait_for("hearing")
        yield improv
    finally:
        if improv.process.poll() is None:
            improv.process.kill()
            improv.process.wait(PATIENCE)


def ons(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.begins and message.key[0] == MACHINE]


def is_silent(musician: Musician) -> bool:
    """Whether all that sounds is ended: to be asked where improv has, or stands still, and so begins nothing."""
    return not sounding(musician.wait_for(lambda received: not sounding(received)))


def answer_begun(messages: list[Message]) -> bool:
    return bool(ons(messages))


def test_a_phrase_is_answered_after_the_gap_and_the_answer_stops_when_the_player_comes_back(
    jack: JackServer, tmp_path: Path, phrase: Path
) -> None:
    options = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH)
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *options) as improv:
        musician.play_file(phrase, slower=2.0)
        received = musician.wait_for(answer_begun)
        assert answer_begun(received), improv.out
        released = [message for message in musician.sent if message.ends]
        assert len(released) == NOTES, "it waited until the phrase was over"
        silence = ons(received)[0].at - released[-1].at
        assert 0.35 <= silence <= 2.5 + 0.15 + LATE, silence

        time.sleep(1.25)  # later than a false turn
        musician.play([(0.0, "903c46"), (0.25, "803c00")])
        time.sleep(1.0 + LATE)
        back = musician.sent[-2].at
        received = musician.received
        assert len(ons(received)) > 1
        assert all(message.at <= back + LATE for message in ons(received))
        assert not sounding([message for message in received if message.at <= back + 0.15 + LATE])
        assert improv.end() == 0
        assert improv.err == []
        assert [line.split()[0] for line in improv.out] == ["hearing", "listening", "answering", "listening"]
        assert is_silent(musician)
    # At the end the offs of the last seconds are sent once more, so there are as many or more of them.
    assert len(ons(musician.received)) <= len([message for message in musician.received if message.ends])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_sounds_after_the_end_however_it_ends(
    jack: JackServer, tmp_path: Path, phrase: Path, number: signal.Signals
) -> None:
    options = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH, "--thru", "--quiet")
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician:
        improv = Running(tmp_path, *options)
        try:
            musician.wait_for(lambda _: connected(jack))
            # A held key goes through to the synth and is still down at the end; it must not stay there either.
            musician.play([(0.0, "9f2846"), (0.0, "bf4000")])
            musician.play([(0.25, "8f2800")])
            musician.play_file(phrase)
            assert answer_begun(musician.wait_for(answer_begun)), improv.err
            musician.play([(0.0, "9f2846")])
            time.sleep(0.05)
            code = improv.end(number)
            assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
            jack.wait_for_end_of("improv")
            assert is_silent(musician)
            assert improv.out == improv.err == []
        finally:
            improv.end(signal.SIGKILL)


def test_what_was_learned_is_kept_at_the_end_and_known_at_the_next_start(
    jack: JackServer, tmp_path: Path, phrase: Path
) -> None:
    options = ("--api", "jack", "--in", KEYBOARD, "--out", SYNTH, "--memory", "mine.memory")
    for times in (1, 2):
        with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, running(tmp_path, *options) as improv:
            musician.play_file(phrase)
            musician.wait_for(answer_begun)
            assert improv.end() == 0
            assert improv.err == []
        kept = unpack((tmp_path / "mine.memory").read_bytes())
        assert int(kept.notes["learned"].sum()) == times * NOTES


def test_the_settings_are_read_again_while_it_plays(jack: JackServer, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[answer]\ngap_min = 0.5\n")
    with running(tmp_path, "--api", "jack", "--config", "mine.toml") as improv:
        file.write_text('[answer]\ngap_min = 0.75\n[ports]\nout = "Synth"\n')
        improv.process.send_signal(signal.SIGHUP)
        improv.wait_for("settings read again: answer.gap_min")
        improv.wait_for("from the next start: ports.out")
        file.write_text("[answer]\ngap_min = 99\n")
        improv.process.send_signal(signal.SIGHUP)
        improv.wait_for("the settings stay as they are: mine.toml: answer.gap_min = 99")
        assert improv.end() == 0
        assert improv.err == []


def connected(jack: JackServer) -> bool:
    """Whether somebody has opened the musician's ports: improv's clients are there."""
    return sum("improv" in name for name in jack.ports()) >= 2


def test_own_ports_are_opened_when_none_is_named(jack: JackServer, tmp_path: Path, phrase: Path) -> None:
    options = ("--api", "jack", "--channel-out", "5")
    with running(tmp_path, *options) as improv, Musician(into="improv in", hears="improv out") as musician:
        musician.play_file(phrase)
        received = musician.wait_for(lambda messages: any(m.begins for m in messages))
        assert {message.key[0] for message in received if message.begins} == {4}
        assert improv.end(signal.SIGINT) == 0
        assert is_silent(musician)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_where_nothing_can_be_shown_it_plays_all_the_same(jack: JackServer, tmp_path: Path, phrase: Path) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH) as musician, open("/dev/full", "w") as full:
        command = [IMPROV, "--api", "jack", "--in", KEYBOARD, "--out", SYNTH]
        with subprocess.Popen(
            command, cwd=tmp_path, env=homes(tmp_path), stdout=full, stderr=subprocess.PIPE, text=True
        ) as improv:
            try:
                musician.wait_for(lambda _: connected(jack))
                musician.play_file(phrase)
                assert answer_begun(musician.wait_for(answer_begun))
                improv.terminate()
                assert improv.wait(PATIENCE) == 0
            finally:
                improv.kill()
            assert improv.stderr is not None and improv.stderr.read() == ""
        assert is_silent(musician)


def complaint(folder: Path, *options: str, server: str = "nowhere") -> str:
    """The one line that improv ends with, before it has opened anything."""
    improv = Running(folder, *options, server=server)
    assert improv.process.wait(PATIENCE) == 2
    assert improv.out == []
    assert len(improv.err) == 1, improv.err
    return improv.err[0]


@pytest.mark.parametrize("command", [(), ("ports",), ("setup",), ("--api", "jack"), ("--api", "alsa")])
def test_without_a_midi_system_there_is_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    if Path("/dev/snd/seq").exists() and "jack" not in command:
        pytest.skip("this machine has ALSA: what happens without is tested where there is none")
    assert "no MIDI system opens here" in complaint(tmp_path, *command)


def test_a_port_that_is_not_there_is_one_line_with_the_candidates(jack: JackServer, tmp_path: Path) -> None:
    with Musician(keyboard=KEYBOARD, synth=SYNTH):
        line = complaint(tmp_path, "--api", "jack", "--in", "Nobody", "--out", SYNTH, server=jack.name)
    assert "Nobody" in line and KEYBOARD in line


def test_a_jam_can_be_played_on_a_port_and_broken_off(jack: JackServer, tmp_path: Path, phrase: Path) -> None:
    with Musician(synth=SYNTH) as musician:
        improv = Running(tmp_path, "jam", str(phrase), "--api", "jack", "--out", SYNTH)
        received = musician.wait_for(answer_begun)
        assert not [name for name in jack.ports() if "improv in" in name], "it only plays"
        assert improv.end() == 0
        assert improv.err == []
        assert is_silent(musician)
        begun = [message.key for message in received if message.begins]
        assert begun[:NOTES] == [(0, note.note) for note in mido.MidiFile(phrase).tracks[0] if note.type == "note_on"]


def test_a_letter_that_the_terminal_has_not_is_no_error(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "JACK_DEFAULT_SERVER": "nowhere"}
    command = [IMPROV, "jam", "Für Elise.mid"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("improv: F?r Elise.mid")
