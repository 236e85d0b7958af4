"""Replay: a recorded session gives the notes that were played, and core and model play it again to the bit."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from improv import app, cli, clock, config, fallback, pastnotes, recording, replay
from improv.errors import UserError
from improv.events import ControlChange, Event, NoteOff, NoteOn, Turned
from improv.improviser import Improviser
from improv.phrase import events
from improv.plan import Cancel, Drop, PlannedNote, Play, Release, Silence
from improv.ports.reports import Dropped, Lost, Sent
from improv.recorder import Recorded
from improv.scheduler import Scheduler
from improv.sessionfile import FORMAT, Head, LeftOut, Missed, Reader, Record, Stumble, Tally, Turn, line
from improv.settings import Settings
from improv.settled import core_settings
from tests.table_model import TableModel

SETTINGS = Settings()
BEGIN = 1000.25


class Tape:
    """A recorder that keeps records."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def put(self, record: Record) -> None:
        self.records.append(record)


def core(seed: int = 3) -> Improviser:
    return Improviser(TableModel(), SETTINGS, np.random.default_rng(seed))


def session(seconds: float = 40.0) -> list[Record]:
    """A phrase and its answer, recorded while time goes on in the steps of a busy engine."""
    tape = Tape()
    play(Recorded(core(), tape), seconds)  # type: ignore[arg-type]
    return tape.records


def play(one: Recorded, seconds: float = 40.0) -> None:
    """A phrase to a core, and its answer."""
    waiting = [replace(event, at=event.at + BEGIN) for event in events()]
    scheduler, now = Scheduler(), BEGIN
    while now < BEGIN + seconds:
        while waiting and waiting[0].at <= now:
            one.hear(waiting.pop(0))
        for command in one.turn(now):
            scheduler.apply(command, now)
        moments = [moment for moment in (one.wake_at(), *(event.at for event in waiting[:1])) if moment is not None]
        now = max(now + 1 / 4096, min([now + 0.1, *moments]))
    one.close(now)


def written(path: Path, records: list[Record], seed: int = 3) -> Reader:
    head = Head(FORMAT, BEGIN, "", seed, asdict(SETTINGS), {}, {}, {})
    path.write_bytes(b"".join(line(record) for record in (head, *records)))
    return Reader(path)


def test_what_was_recorded_is_played_again(tmp_path: Path) -> None:
    records = session()
    played = pastnotes.played(written(tmp_path / "a.improv", records))
    assert [replace(event, at=0.0) for event in played.player] == [replace(event, at=0.0) for event in events()]
    assert [event.at for event in played.player] == pytest.approx([event.at for event in events()], abs=1e-9)
    tally = records[-1]
    assert isinstance(tally, Tally) and tally.last
    begun = [event for event in played.improv if hasattr(event, "velocity")]
    assert len(begun) == tally.played > 3
    asked = [n for t in records if isinstance(t, Turn) for c in t.asked if isinstance(c, Play) for n in c.notes]
    assert [event.at for event in begun] == sorted(note.onset - BEGIN for note in asked)
    assert sounds(played.improv) == {}
    at = [event.at for event in played.improv]
    assert at == sorted(at)


def sounds(played: tuple[Event, ...]) -> dict[int, int]:
    """What still sounds at the end: pitch and count."""
    count: dict[int, int] = {}
    for event in played:
        pitch = getattr(event, "pitch", None)
        if pitch is not None:
            count[pitch] = max(0, count.get(pitch, 0) + (1 if hasattr(event, "velocity") else -1))
    return {pitch: number for pitch, number in count.items() if number}


def test_a_note_that_came_too_late_to_be_sent_is_not_played_again_either(tmp_path: Path) -> None:
    records = session()
    turn = next(record for record in records if isinstance(record, Turn) and record.asked)
    assert isinstance(turn.asked[0], Play)
    note = turn.asked[0].notes[0]
    all_of_it = pastnotes.played(written(tmp_path / "a.improv", records))
    records.append(Dropped(note.onset, note.pitch, note.velocity, note.channel))
    less = pastnotes.played(written(tmp_path / "a.improv", records))
    assert len(less.improv) == len(all_of_it.improv) - 2


def test_core_and_model_play_it_again_to_the_bit(tmp_path: Path) -> None:
    reader = written(tmp_path / "a.improv", session())
    assert replay.settings(reader.head) == SETTINGS
    again = replay.recompute(reader, core())
    assert again.difference is None and not again.ended_early
    assert again.notes > 3
    assert again.played == pastnotes.played(reader)


def test_a_note_that_had_begun_before_it_was_taken_back_is_played_again(tmp_path: Path) -> None:
    """A turn's commands reach the ports a moment after its moment; what began in between was heard."""
    early, late = PlannedNote(BEGIN + 1.01, 60, 64, 0.5, 1), PlannedNote(BEGIN + 1.02, 62, 64, 0.5, 1)
    for takes_back in (Cancel(BEGIN + 0.9), Drop((early, late)), Release((early, late), BEGIN + 0.9), Silence()):
        turns = [
            Turn(BEGIN, (), (Play((early, late)),)),
            Turn(BEGIN + 1.0, (), (takes_back,)),
            Tally(BEGIN + 3.0, 0, 1),
        ]
        sent = Sent(early.onset, 0.0, 60, 64, 1)
        for records, begun in ((turns, []), ([*turns, sent], [60])):
            improv = pastnotes.played(written(tmp_path / "a.improv", [*records])).improv
            assert [event.pitch for event in improv if isinstance(event, NoteOn)] == begun
            assert sounds(improv) == {} and [event.at for event in improv] == sorted(event.at for event in improv)


class Port:
    """Is sent what a replay plays, and is gone then."""

    def __init__(self) -> None:
        self.notes: list[PlannedNote] = []

    def send(self, command: Play) -> None:
        self.notes += command.notes

    def wait(self, timeout: float | None) -> list[Lost]:
        return [Lost("enough")]

    def close(self) -> None:
        pass


def test_the_command_plays_each_note_on_the_channel_it_was_on_and_each_channel_has_its_pedal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = Port()
    monkeypatch.setattr("improv.ports.link.open_ports", lambda settings: port)
    heard = [NoteOn(BEGIN, 0, 60, 64), NoteOn(BEGIN, 2, 48, 64), ControlChange(BEGIN + 0.1, 0, 64, 127)]
    heard += [NoteOff(BEGIN + 0.5, 0, 60), NoteOff(BEGIN + 0.5, 2, 48), ControlChange(BEGIN + 1.0, 0, 64, 0)]
    asked = Play((PlannedNote(BEGIN + 2.0, 67, 64, 0.5, 4), PlannedNote(BEGIN + 2.0, 40, 64, 0.25, 5)))
    path = written(tmp_path / "a.improv", [Turn(BEGIN, tuple(heard), (asked,)), Tally(BEGIN + 3.0, 2, 2)]).path
    assert cli.main(["replay", str(path), "--out", "Grand"]) == 1
    first = port.notes[0].onset
    notes = [(round(note.onset - first, 6), note.channel, note.pitch, round(note.duration, 6)) for note in port.notes]
    assert sorted(notes) == [(0.0, 0, 60, 1.0), (0.0, 2, 48, 0.5), (2.0, 4, 67, 0.5), (2.0, 5, 40, 0.25)]


def test_what_the_core_was_spared_in_a_flood_is_the_player_s_all_the_same(tmp_path: Path) -> None:
    records = session()
    before = pastnotes.played(written(tmp_path / "a.improv", records))
    spared = NoteOn(BEGIN + 1.0, 0, 99, 64)
    records.insert(20, LeftOut((spared,)))
    reader = written(tmp_path / "a.improv", records)
    after = pastnotes.played(reader)
    assert {*after.player} - {*before.player} == {replace(spared, at=1.0)}
    assert after.improv == before.improv
    again = replay.recompute(reader, core())
    assert again.difference is None and again.played == after, "and the core is spared it again"


def test_the_command_lets_a_model_fail_again_where_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[record]\nfolder = "sessions"\n[sampling]\nseed = 3\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fallback, "SLOW", 1e9)  # on a busy machine a step may well take a second
    settled = config.settle(path, {})
    settings, model = core_settings(settled), app.load_to_play(settled)
    model.failing = {20, 40, 60, 61, 62}  # and then goes on from memory alone
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: BEGIN)
        recorder = recording.new_recorder(settled, settings, app.model_file(settled))
        assert recorder is not None
        with recording.recorded(Improviser(model, settings, np.random.default_rng(3)), recorder, model) as one:
            play(one)
    assert model.news()[-1] == "the model keeps failing: improv goes on with memory alone"
    assert recorder.path is not None
    assert sum(isinstance(record, Stumble) for record in Reader(recorder.path)) == 5
    assert cli.main(["replay", "--recompute", "--config", str(path)]) == 0
    assert "The same again, to the bit" in capsys.readouterr().out


def test_the_first_note_that_differs_is_named(tmp_path: Path) -> None:
    records = session()
    first = next(number for number, r in enumerate(records) if isinstance(r, Turn) and r.asked)
    turn = records[first]
    assert isinstance(turn, Turn) and isinstance(turn.asked[0], Play)
    notes = turn.asked[0].notes
    other = replace(notes[0], pitch=notes[0].pitch ^ 1)
    records[first] = replace(turn, asked=(Play((other, *notes[1:])),))
    again = replay.recompute(written(tmp_path / "a.improv", records), core())
    assert again.difference is not None
    assert again.difference.seconds == turn.at - BEGIN
    said = str(again.difference)
    assert f"plays pitch {other.pitch} " in said and f"plays pitch {notes[0].pitch} " in said


def test_it_stops_where_records_are_missing(tmp_path: Path) -> None:
    records = session()
    before = sum(isinstance(record, Turn) for record in records[:50])
    records.insert(50, Missed(3))
    again = replay.recompute(written(tmp_path / "a.improv", records), core())
    assert again.ended_early and again.turns == before


def test_settings_of_another_improv_are_one_line() -> None:
    head = Head(FORMAT, 0.0, "", 0, {**asdict(SETTINGS), "colour": 3}, {}, {}, {})
    with pytest.raises(UserError, match="it has the setting 'colour'"):
        replay.settings(head)


@pytest.mark.parametrize(
    ("name", "value"),
    [("mode", "naswer"), ("drafts", 10**9), ("low", 128), ("meter", [4]), ("temperature", [0.0]), ("state", [1, 99])],
)
def test_settings_that_cannot_be_are_one_line(name: str, value: object) -> None:
    with pytest.raises(UserError, match=f"^the session's settings are damaged: {name} = "):
        replay.settings(Head(FORMAT, 0.0, "", 0, {name: value}, {}, {}, {}))


def test_a_control_that_turned_to_what_cannot_be_is_one_line(tmp_path: Path) -> None:
    bad = Turn(BEGIN, (Turned(BEGIN, "mode", "naswer"),), ())
    with pytest.raises(UserError, match="mode = 'naswer'"):
        replay.recompute(written(tmp_path / "a.improv", [bad]), core())


def test_a_note_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    bad = Turn(BEGIN, (), (Play((PlannedNote(BEGIN, 60, 0, 1.0, 0),)),))
    with pytest.raises(UserError, match=r"a\.improv: a damaged session"):
        pastnotes.played(written(tmp_path / "a.improv", [bad]))
