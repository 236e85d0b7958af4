from __future__ import annotations

import argparse
import math
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from improv import config
from improv.controlnames import Bound
from improv.errors import UserError
from improv.settingkinds import Choice, Meter, Names, Number, Switch, Text
from improv.settingnames import Channels, FileOr, KeyOr, Pitch, Split
from improv.settingtable import BY_PATH, KEYS, MEMORIES, SECTIONS

TOP = Path(__file__).parents[1]

VALUES = {
    Text: lambda kind: st.text(),
    Names: lambda kind: st.lists(st.text(min_size=1)).map(tuple),
    FileOr: lambda kind: st.sampled_from(kind.words) | st.text().map("{}.memory".format),
    KeyOr: lambda kind: st.sampled_from((*kind.words, "D dorian", "Bb minor")),
    Channels: lambda kind: st.sampled_from((("0",), ("16",), ("1", "3"), ("1 C4:above", "2 C4:below"))),
    Pitch: lambda kind: st.sampled_from(("C4", "Bb-1", "G9")),
    Split: lambda kind: st.sampled_from(("", "C4:above", "Bb3:below")),
    Bound: lambda kind: st.sampled_from(("", "cc 20", "cc 127 channel 16")),
    Choice: lambda kind: st.sampled_from(kind.choices),
    Meter: lambda kind: st.builds("{}/{}".format, st.integers(1, 32), st.sampled_from((2, 4, 8, 16))),
    Switch: lambda kind: st.booleans(),
    Number: lambda kind: (
        st.integers(int(kind.low), int(kind.high)) if kind.whole else st.floats(float(kind.low), float(kind.high))
    ),
}
settled = st.fixed_dictionaries({key.path: VALUES[type(key.kind)](key.kind) for key in KEYS})


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder and a user's configuration folder without settings."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(config, "user_file", lambda: tmp_path / "user" / config.FILE_NAME)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / config.FILE_NAME
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_is_the_table() -> None:
    assert (TOP / "config.toml").read_text(encoding="utf-8") == config.render()
    assert config.read(TOP / "config.toml") == config.defaults()


def test_every_key_has_a_section_and_an_allowed_default() -> None:
    assert {key.section for key in KEYS} == set(SECTIONS)
    for key in KEYS:
        assert key.kind.check(list(key.default) if isinstance(key.default, tuple) else key.default) == key.default


@given(values=settled)
def test_what_is_rendered_is_read_back(values: config.Values, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("settings") / "some.toml"
    path.write_text(
        config.render(values | {"model.file": "", "record.folder": "", "terminal.log": "", "solo.prompt": ""}),
        encoding="utf-8",
    )
    memory = values["model.memory"]
    there = memory if memory in MEMORIES else str(path.parent / str(memory))  # from where the file lies
    assert config.read(path) == values | {
        "model.file": "",
        "record.folder": "",
        "terminal.log": "",
        "solo.prompt": "",
        "model.memory": there,
    }


def test_the_nearest_file_wins_and_options_win_over_it(nowhere: Path) -> None:
    assert config.settle(None, {}).whole("ports.channel_out") == 2
    written(nowhere / "user", "[ports]\nchannel_out = 3\nthru = true\n")
    assert config.settle(None, {}).whole("ports.channel_out") == 3
    written(nowhere / "here", "[ports]\nchannel_out = 4\n")
    assert config.settle(None, {}).whole("ports.channel_out") == 4
    assert not config.settle(None, {}).switch("ports.thru")  # one file is read, not both
    named = written(nowhere / "named", "[ports]\nchannel_out = 5\n")
    assert config.settle(named, {}).whole("ports.channel_out") == 5
    assert config.settle(named, {"ports.channel_out": 6}).whole("ports.channel_out") == 6


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[ports]\nchanel_out = 3\n", ["chanel_out", "[ports]", "channel_out"]),
        ("[prots]\n", ["[prots]", "[ports]", "[sampling]"]),
        ("seed = 1\n", ["seed", "[sampling]"]),
        ("[ports]\nchannel_out = 17\n", ["ports.channel_out = 17", "a whole number from 1 to 16"]),
        ("[ports]\nchannel_out = 2.0\n", ["ports.channel_out", "a whole number"]),
        ("[ports]\nchannel_out = true\n", ["ports.channel_out", "a whole number"]),
        ("[ports]\nthru = 1\n", ["ports.thru", "true or false"]),
        ("[ports]\napi = 'oss'\n", ["ports.api", "alsa", "jack"]),
        ("[ports]\nin = [1]\n", ["ports.in", "a name in quotes"]),
        ("[ports]\nin = ['']\n", ["ports.in", "a name in quotes"]),
        ("[answer]\ngap_min = nan\n", ["answer.gap_min", "from 0.1 to 10.0 seconds"]),
        ("[answer]\ngap_min = inf\n", ["answer.gap_min", "from 0.1 to 10.0 seconds"]),
        ("[time]\nmeter = '33/4'\n", ["time.meter", "a metre in quotes"]),
        ("[time]\nmeter = '4/3'\n", ["time.meter", "6/8"]),
        ("[time]\nmeter = 4\n", ["time.meter", "a metre in quotes"]),
        ("[ports\n", ["not TOML", "line 1"]),
        ("[ports]\nout = 'a\n", ["not TOML"]),
    ],
)
def test_a_bad_file_is_one_line_with_file_key_and_what_is_accepted(nowhere: Path, text: str, names: list[str]) -> None:
    path = written(nowhere / "bad", text)
    with pytest.raises(UserError) as error:
        config.settle(path, {})
    line = str(error.value)
    assert "\n" not in line
    assert all(name in line for name in [str(path), *names]), line


def test_a_file_that_is_no_text_or_no_file_is_one_line(nowhere: Path) -> None:
    path = nowhere / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not TOML"):
        config.settle(path, {})
    with pytest.raises(UserError, match="no such settings file"):
        config.settle(nowhere / "missing.toml", {})


def test_a_model_named_in_a_file_lies_beside_it(nowhere: Path) -> None:
    path = written(nowhere / "named", "[model]\nfile = 'mine.onnx'\n")
    assert config.settle(path, {}).text("model.file") == str(nowhere / "named" / "mine.onnx")
    assert config.settle(path, {"model.file": "other.onnx"}).text("model.file") == "other.onnx"


@pytest.mark.parametrize(
    ("option", "said", "value"),
    [
        ("--in", "USB Keyboard", ("USB Keyboard",)),
        ("--channel-out", "16", 16),
        ("--temperature", "0.5", 0.5),
        ("--api", "jack", "jack"),
    ],
)
def test_options_become_values_of_the_table(option: str, said: str, value: object) -> None:
    assert list(config.from_options(parsed(option, said)).values()) == [value]


@pytest.mark.parametrize("said", ["17", "0", "2.5", "two", ""])
def test_a_bad_option_is_one_line(said: str) -> None:
    with pytest.raises(UserError, match=r"--channel-out .*: accepted is a whole number from 1 to 16"):
        config.from_options(parsed("--channel-out", said))


def test_an_option_may_be_repeated_and_a_switch_turned_off() -> None:
    assert config.from_options(parsed("--in", "a", "--in", "b")) == {"ports.in": ("a", "b")}
    assert config.from_options(parsed("--no-thru")) == {"ports.thru": False}
    assert config.from_options(parsed()) == {}


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    config.add_options(parser, [key.option for key in KEYS if key.option])
    return parser.parse_args(argv)


def changes() -> st.SearchStrategy[config.Values]:
    return settled.flatmap(
        lambda values: st.sets(st.sampled_from(sorted(values))).map(
            lambda paths: {path: values[path] for path in paths}
        )
    ).filter(lambda values: "model.file" not in values)


@example({"ports.in": ("\x85",)}, {"ports.out": "\u2028"})
@given(first=changes(), second=changes())
def test_changing_a_file_changes_those_keys_and_no_other(first: config.Values, second: config.Values) -> None:
    text = config.changed(config.changed("", first), second)
    assert config.parse(Path("a.toml"), text) == first | second


def test_changing_a_file_keeps_its_comments_and_order() -> None:
    text = "# mine\n[sampling]\nseed = 3 # lucky\n\n[ports]\n# the Roland\nin = [\n  'a',\n]\nthru = true\n"
    new = config.changed(text, {"ports.in": ("b",), "ports.out": "Synth"})
    assert (
        new == '# mine\n[sampling]\nseed = 3 # lucky\n\n[ports]\nout = "Synth"\n# the Roland\nin = ["b"]\nthru = true\n'
    )


def test_one_name_may_stand_without_brackets(nowhere: Path) -> None:
    path = written(nowhere / "named", "[ports]\nin = 'Keys'\n")
    assert config.settle(path, {}).names("ports.in") == ("Keys",)


def test_numbers_refuse_what_is_none() -> None:
    for raw in (math.nan, math.inf, "1", None, True):
        with pytest.raises(ValueError):
            Number(0.0, 1.0).check(raw)


def test_every_answer_setting_of_the_core_is_in_the_table() -> None:
    from improv.settings import Settings

    known = {name for path in BY_PATH for name in [path.partition(".")[2]]}
    assert set(Settings.__dataclass_fields__) <= known
