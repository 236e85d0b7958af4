"""How exactly a MIDI clock is followed, and how evenly one is sent, on real ports.

    python -m tests.bench.clock [--bpm X ...] [--seconds N]

Followed: jack_midi_clock on a JACK server of its own (dummy driver), plain and with jitter of a fifth of a tick; its
ticks go through a port into improv's reading of them. After two bars and from then on at every tick: the tempo against
the one that was set, the place of the next beat against JACK's own transport. Sent: improv's clock, judged by who
receives it. On a busy machine JACK itself does not keep time; there: chrt -f 20 python -m tests.bench.clock
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from improv.midi import Parser
from improv.transport import Transport
from tests.live.jack import JackServer, Musician, own_server
from tests.live.source import CLOCK, TransportWatch, jack_clock


def follow(server: JackServer, bpm: float, seconds: float, *options: str) -> str:
    """One line: errors of tempo and phase."""
    with jack_clock(server, bpm, *options) as clock, Musician(hears=CLOCK) as musician:
        watch = TransportWatch()
        clock.transport("play")
        began = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.25)
            began.append(watch.began())
        received = musician.received
        watch.close()
    zero = float(np.median(began[2:]))
    transport, parser = Transport(4.0), Parser()
    tempo, phase = [], []
    for message in received:
        for event in parser.feed(message.data, message.at):
            transport.hear(event)
        pulse = transport.pulse()
        if pulse is None or pulse.beat < 8.0:
            continue
        tempo.append(abs(pulse.bpm / bpm - 1) * 100)
        beat = round(pulse.beat) + 1.0
        phase.append((pulse.seconds_at(beat) - zero - beat * 60 / bpm) * 1000)
    drift = (max(began[2:]) - min(began[2:])) * 1000
    return (
        f"{bpm:6.1f} BPM {' '.join(options) or 'plain':6}  tempo off by {tempo[0]:.3f} % after two bars, "
        f"{np.median(tempo):.3f} % (p99 {np.quantile(tempo, 0.99):.3f})   phase {phase[0]:+.2f} ms after two bars, "
        f"median {np.median(phase):+.2f} (p1 {np.quantile(phase, 0.01):+.2f}, p99 {np.quantile(phase, 0.99):+.2f})   "
        f"the transport itself wandered by {drift:.2f} ms"
    )


def send(bpm: float, seconds: float) -> str:
    """One line: how even improv's own clock is where it arrives."""
    improv = [str(Path(sys.executable).with_name("improv")), "--sync", "send", "--tempo", str(bpm), "--out", "Far Side"]
    with tempfile.TemporaryDirectory() as folder, Musician(synth="Far Side") as musician:
        environment = {**os.environ, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder}
        running = subprocess.Popen(
            [*improv, "--api", "jack"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        musician.wait_for(lambda received: len(received) > 1, 30.0)
        time.sleep(seconds)
        running.terminate()
        running.wait(10)
        received = musician.received
    ticks = np.array([message.at for message in received if message.data == b"\xf8"])
    slope, at = np.polyfit(np.arange(len(ticks)), ticks - ticks[0], 1)
    off = np.abs(ticks - ticks[0] - at - slope * np.arange(len(ticks))) * 1000
    return (
        f"{bpm:6.1f} BPM sent: {len(ticks)} ticks, {60 / 24 / slope:.3f} BPM; off their line by "
        f"{np.median(off):.2f} ms (p99 {np.quantile(off, 0.99):.2f}, most {off.max():.2f})"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bpm", type=float, nargs="*", default=[60.0, 120.0, 174.0])
    parser.add_argument("--seconds", type=float, default=16.0)
    parser.add_argument("--period", type=int, default=256, help="frames of a JACK cycle; default 256")
    options = parser.parse_args()
    with own_server("improv-clock", period=options.period) as server:
        for bpm in options.bpm:
            for jitter in ((), ("-J", "20")):
                print(follow(server, bpm, options.seconds, *jitter), flush=True)
            print(send(bpm, options.seconds), flush=True)


if __name__ == "__main__":
    main()
