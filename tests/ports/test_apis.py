import pytest

from improv.errors import UserError
from improv.ports.apis import candidates, none_opened


def test_auto_tries_every_system_that_is_compiled_in() -> None:
    assert candidates("auto", ("alsa", "jack")) == ("alsa", "jack")
    assert candidates("auto", ()) == ()


def test_a_named_system_is_the_only_one_tried() -> None:
    assert candidates("jack", ("alsa", "jack")) == ("jack",)


@pytest.mark.parametrize(
    ("setting", "said"),
    [("windows", "it has alsa, jack"), ("oss", "auto, alsa, jack, coremidi, windows")],
)
def test_a_system_that_cannot_be_is_refused_with_those_that_can(setting: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        candidates(setting, ("alsa", "jack"))


def test_no_system_at_all_says_what_was_tried() -> None:
    line = none_opened([("alsa", "crashed on opening"), ("jack", "not running")])
    assert "ALSA: crashed on opening; JACK: not running" in line
