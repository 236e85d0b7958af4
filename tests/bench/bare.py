"""Clients of JACK that do next to nothing, to measure beside: one passes on what it hears, one only counts it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator

#: On the MIDI system's own thread, with so many bits more in each status byte.
CLIENT = """
import rtmidi, sys
more = int(sys.argv[1])
out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, "bare out")
out.open_port(next(i for i, name in enumerate(out.get_ports()) if "Test Synth" in name))
heard = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, "bare in")
heard.set_callback(lambda message, _: out.send_message([message[0][0] | more, *message[0][1:]]))
heard.open_port(next(i for i, name in enumerate(heard.get_ports()) if "Test Keys" in name))
print("ready", flush=True)
sys.stdin.read()
for port in (heard, out):
    port.close_port()
    port.delete()
"""
#: Nothing of Python on the MIDI system's own thread: RtMidi keeps what comes until it is counted, at the end.
LISTENER = """
import rtmidi, sys
heard = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, "bare listener", 500_000)
heard.open_port(next(i for i, name in enumerate(heard.get_ports()) if "Test Keys" in name))
print("ready", flush=True)
sys.stdin.readline()
came = []
while message := heard.get_message():
    came.append(message[0])
print(sum(one[0] & 0xF0 == 0x90 and one[2] > 0 for one in came), flush=True)
heard.close_port()
heard.delete()
"""


@contextlib.contextmanager
def bare(channel: int = 0) -> Iterator[int]:
    """The client, which passes what comes on channel 0 on to `channel` (0-15); its number in the system."""
    command = [sys.executable, "-c", CLIENT, str(channel)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


@contextlib.contextmanager
def listener() -> Iterator[Callable[[], int]]:
    """A client that only hears the musician's keyboard; asked once, in the end, it says how many notes began."""
    command = [sys.executable, "-c", LISTENER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()

        def count() -> int:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        yield count
        process.stdin.close()
