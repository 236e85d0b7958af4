"""Settled settings become those of the ports, of the ears and of the core."""

from __future__ import annotations

from dataclasses import replace

from improv import config
from improv.controlnames import CONTROLS
from improv.controls import Controls, bindings, read_binding
from improv.errors import UserError
from improv.hands import Hearing
from improv.keynames import read_pitch, read_split
from improv.ports.reports import PortSettings
from improv.settingkinds import Meter
from improv.settingnames import read_channel
from improv.settings import Settings, narrowed, tempered


def port_settings(settled: config.Config) -> PortSettings:
    """The settings of the port process."""
    return PortSettings(
        inputs=settled.names("ports.in"),
        clock=settled.text("time.clock") or None if settled.text("time.sync") == "clock" else None,
        output=settled.text("ports.out") or None,
        api=settled.text("ports.api"),
        virtual=settled.switch("ports.virtual"),
        thru=settled.switch("ports.thru"),
        late_limit=settled.number("ports.late_hard"),
        late_soft=settled.number("ports.late_soft"),
        longest=settled.number("ports.longest_note"),
        waits=settled.switch("ports.wait"),
    )


def hearing(settled: config.Config) -> tuple[Hearing, ...]:
    """What of the inputs is heard: channels counted from 0."""
    split = settled.text("ports.split")
    found = (read_channel(one) for one in settled.names("ports.channel_in"))
    return tuple(Hearing(channel - 1 if channel else None, *read_split(own or split)) for channel, own in found)


def controls(settled: config.Config) -> Controls:
    """What the player's knobs, pads and pedals turn. Raises UserError."""
    said = {name: settled.text(f"controls.{name}") for name in CONTROLS}
    return Controls(bindings(said), settled.text("answer.mode"), settled.text("harmony.key"))


def core_settings(settled: config.Config) -> Settings:
    """The settings of the core: channels counted from 0. Raises UserError."""
    shortest, longest = settled.number("answer.gap_min"), settled.number("answer.gap_max")
    if shortest > longest:
        raise UserError(f"answer.gap_min = {shortest}: accepted is at most answer.gap_max, {longest}")
    lowest, highest = settled.whole("harmony.low"), settled.whole("harmony.high")
    if lowest > highest:
        raise UserError(f"harmony.low = {lowest}: accepted is at most harmony.high, {highest}")
    state, channel_out = read_binding(settled.text("controls.state")), settled.whole("ports.channel_out") - 1
    settings = Settings(
        mode=settled.text("answer.mode"),
        channel_out=channel_out,
        channel_lead=_channel(settled, "ports.channel_lead"),
        channel_accompaniment=_channel(settled, "ports.channel_accompaniment"),
        channel_left=_channel(settled, "ports.channel_left"),
        left_below=read_pitch(settled.text("ports.left_below")),
        pedal=settled.text("ports.pedal"),
        gap_quantile=settled.number("answer.gap_quantile"),
        gap_min=shortest,
        gap_max=longest,
        hold_limit=settled.number("answer.hold_limit"),
        min_notes=settled.whole("answer.min_notes"),
        false_turn_window=settled.number("answer.false_turn_window"),
        max_phrase=settled.number("answer.max_phrase"),
        drafts=settled.whole("answer.drafts"),
        memory="off" if settled.text("model.memory") == "off" else "session",
        memory_weight=settled.number("model.memory_weight"),
        key=settled.text("harmony.key"),
        key_strength=settled.number("harmony.key_strength"),
        low=lowest,
        high=highest,
        polyphony=settled.whole("harmony.polyphony"),
        shy=settled.number("harmony.shy"),
        role=settled.text("accompany.role"),
        commit=settled.number("accompany.commit"),
        voices=settled.whole("harmonize.voices"),
        harmonic_rhythm=settled.number("harmonize.harmonic_rhythm"),
        listens_to_itself=settled.number("playing.listens_to_itself"),
        take_by=settled.text("controls.take_by"),
        state=None if state is None else (state.number or 0, channel_out if state.channel is None else state.channel),
        density=settled.number("playing.density"),
        register=settled.number("playing.register"),
        loudness=settled.number("playing.loudness"),
        temperature=tempered(settled.number("sampling.temperature")),
        top_p=narrowed(settled.number("sampling.top_p")),
    )
    return _in_time(settings, settled)


def _channel(settled: config.Config, path: str) -> int | None:
    """A channel counted from 0; None if it has none of its own."""
    said = settled.whole(path)
    return said - 1 if said else None


def _in_time(settings: Settings, settled: config.Config) -> Settings:
    """The same with what is said of time."""
    return replace(
        settings,
        sync=settled.text("time.sync"),
        clock_absent=settled.text("time.clock_absent"),
        meter=Meter.read(settled.text("time.meter")),
        tempo=settled.number("time.tempo"),
        trade=settled.whole("time.trade"),
        offset_ms=settled.number("time.offset_ms"),
        input_offset_ms=settled.number("time.input_offset_ms"),
        grid=settled.text("time.grid"),
        grid_strength=settled.number("time.grid_strength"),
        swing=settled.number("time.swing"),
    )
