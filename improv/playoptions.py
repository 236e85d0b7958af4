"""The options of the commands that play, in their groups."""

from __future__ import annotations

import argparse

from improv import config

HARMONY_OPTIONS = ("--key", "--shy")
TIME_OPTIONS = ("--sync", "--clock", "--tempo", "--meter", "--trade", "--grid", "--swing")
PORT_OPTIONS = (
    *("--in", "--out", "--api", "--virtual", "--thru", "--split", "--pedal", "--channel-in", "--channel-out"),
    *("--channel-lead", "--channel-accompaniment", "--channel-left", "--left-below"),
)
PLAY_OPTIONS = (*PORT_OPTIONS, "--wait", "--mode", "--record")
PLAYING_OPTIONS = ("--role", "--prompt", "--density", "--register", "--loudness")
SAID_OPTIONS = ("--log",)
WEB_OPTIONS = ("--web-port", "--web-host", "--browser")
MODEL_OPTIONS = ("--model", "--provider", "--memory", "--temperature", "--top-p", "--seed")


def add_playing(parser: argparse.ArgumentParser, *web: str) -> None:
    """All that playing live can be told; `web`: more options of the page."""
    config.add_options(parser.add_argument_group("ports"), PLAY_OPTIONS)
    config.add_options(parser.add_argument_group("time"), TIME_OPTIONS)
    config.add_options(parser.add_argument_group("playing"), PLAYING_OPTIONS)
    config.add_options(parser.add_argument_group("harmony"), HARMONY_OPTIONS)
    config.add_options(parser.add_argument_group("model"), MODEL_OPTIONS)
    config.add_options(parser.add_argument_group("page"), (*web, *WEB_OPTIONS))
    _add_detail(parser)


def _add_detail(parser: argparse.ArgumentParser) -> None:
    config.add_options(parser.add_argument_group("what is said"), SAID_OPTIONS)
    group = parser.add_mutually_exclusive_group()
    for detail, meaning in (("quiet", "show nothing while playing"), ("verbose", "show a line for every answer")):
        group.add_argument(
            f"--{detail}",
            action="store_const",
            const=detail,
            dest="terminal.detail",
            default=argparse.SUPPRESS,
            help=meaning,
        )
