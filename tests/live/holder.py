"""An engine to kill: `python -m tests.live.holder SETTINGS SECONDS [twin]` opens ports, sounds three notes and waits.

Prints a line when the notes have begun, and each report after that. `SETTINGS` are PortSettings as JSON. With `twin` a
copy of this process holds the pipe open, as threads that are slow to die would, until the input ends.
"""

from __future__ import annotations

import json
import os
import sys

from improv.clock import now
from improv.errors import UserError
from improv.plan import PlannedNote, Play
from improv.ports.link import open_ports
from improv.ports.reports import Lost, PortSettings, Sent


def main() -> None:
    """Hold a chord for SECONDS or until killed."""
    settings = json.loads(sys.argv[1])
    settings["inputs"] = tuple(settings.get("inputs", ()))
    settings |= {"late_limit": 60.0, "late_soft": 60.0}  # what a busy machine plays late is played all the same
    try:
        link = open_ports(PortSettings(**settings))
    except UserError as error:
        sys.exit(str(error))
    if "twin" in sys.argv and os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
    start = now() + 0.05
    link.send(Play(tuple(PlannedNote(start, pitch, 80, 60.0, 1) for pitch in (60, 64, 67))))
    begun = 0
    end = now() + float(sys.argv[2])
    while (left := end - now()) > 0:
        for report in link.wait(left):
            begun += isinstance(report, Sent)
            if begun == 3:
                print("begun", flush=True)
                begun = 0
            if isinstance(report, Lost):
                print(report.message, flush=True)
    link.close()


if __name__ == "__main__":
    main()
