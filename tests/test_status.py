from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.status import CALM, Status, StatusLine

LISTENING = Status(heard=3)
ANSWERING = Status(answering=True, heard=3, played=1, reaction=0.004)


class Terminal(io.StringIO):
    """A terminal one line high: what a person sees after all that was written."""

    def isatty(self) -> bool:
        return True

    def seen(self) -> list[str]:
        lines = [""]
        for character in self.getvalue():
            if character == "\r":
                column = 0
            elif character == "\n":
                lines.append("")
                column = 0
            else:
                lines[-1] = lines[-1][:column] + character + lines[-1][column + 1 :]
                column += 1
        return [line.rstrip() for line in lines]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_status_reads_as_a_line() -> None:
    assert str(LISTENING) == "listening   heard 3   played 0"
    assert str(ANSWERING) == "answering   heard 3   played 1   reaction p99 4 ms"
    assert str(Status(time="clock", tempo=119.6)) == "listening   clock 120 BPM   heard 0   played 0"
    assert str(Status(time="no clock, waiting")) == "listening   no clock, waiting   heard 0   played 0"


def test_a_terminal_shows_one_line_rewritten_in_place() -> None:
    screen = Terminal()
    line = StatusLine(screen)
    line.show(ANSWERING, 0.0)
    line.show(LISTENING, 1.0)
    assert screen.seen() == [str(LISTENING)]
    line.close()
    assert screen.seen() == [str(LISTENING), ""]


def test_it_is_rewritten_at_most_a_few_times_a_second_and_the_last_word_is_shown() -> None:
    screen = Terminal()
    line = StatusLine(screen)
    for index in range(64):
        line.show(Status(heard=index), index / 64)
    assert screen.getvalue().count("\r") == 4
    due = line.wake_at()
    assert due is not None and due <= 1.0
    line.show(Status(heard=63), due)
    assert screen.seen() == [str(Status(heard=63))]
    assert line.wake_at() is None


def test_a_line_that_stays_stands_above_the_status() -> None:
    screen = Terminal()
    line = StatusLine(screen)
    line.show(ANSWERING, 0.0)
    line.say("short")
    line.show(ANSWERING, 0.0)
    line.show(LISTENING, CALM)
    assert screen.seen() == ["short", str(LISTENING)]


def test_verbose_keeps_a_line_for_every_turn() -> None:
    screen = Terminal()
    line = StatusLine(screen, "verbose")
    for index, status in enumerate([LISTENING, ANSWERING, LISTENING]):
        line.show(status, float(index))
    assert screen.seen() == [str(LISTENING), str(ANSWERING), str(LISTENING), ""]


def test_a_pipe_gets_a_line_only_when_the_turn_changes() -> None:
    screen = io.StringIO()
    line = StatusLine(screen)
    for index, status in enumerate([LISTENING, Status(heard=4), ANSWERING, ANSWERING, LISTENING]):
        line.show(status, index / 64)
        assert line.wake_at() is None
    line.close()
    assert screen.getvalue().splitlines() == [str(LISTENING), str(ANSWERING), str(LISTENING)]


def test_a_pipe_gets_a_line_when_the_clock_comes_or_goes_but_not_for_each_tempo() -> None:
    screen = io.StringIO()
    line = StatusLine(screen)
    shown = [Status(time="no clock"), Status(time="clock", tempo=120.0), Status(time="clock", tempo=121.0), LISTENING]
    for index, status in enumerate(shown):
        line.show(status, index / 64)
    assert screen.getvalue().splitlines() == [str(shown[0]), str(shown[1]), str(shown[3])]


@pytest.mark.parametrize("screen", [Terminal(), io.StringIO()])
def test_quiet_is_quiet(screen: io.StringIO) -> None:
    line = StatusLine(screen, "quiet")
    line.say("hello")
    line.show(LISTENING, 0.0)
    line.show(ANSWERING, 1.0)
    line.close()
    assert screen.getvalue() == ""
    assert line.wake_at() is None


@given(st.lists(st.builds(Status, st.booleans(), st.integers(0, 10**9), st.integers(0, 10**9))))
def test_no_rests_of_longer_lines_remain(statuses: list[Status]) -> None:
    screen = Terminal()
    line = StatusLine(screen)
    for index, status in enumerate(statuses):
        line.show(status, float(index))
        assert screen.seen() == [str(status)]
