"""What faults leave sounding: `python -m tests.bench.faults [FAULT ...]`. Needs jackd and the rights to mount; no test.

Kills improv, its port process, the JACK server and the far client at random moments of playing, fills the disk, and
prints the table of docs/faults.md: fault, times tried, notes that stayed sounding on the far side, seconds until all
was well again, notes that the recording lacks.
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Sequence

from tests.live.jack import StandsStill
from tests.live.scene import Outcome, Scene

#: Each fault: its title, how often it is tried, whether on a synchronous server (tests.live.scene), how.
FAULTS: dict[str, tuple[str, int, bool, Callable[[Scene], Outcome]]] = {
    "engine": ("improv killed (SIGKILL)", 50, True, Scene.engine_killed),
    "disk": ("disk full, then not", 5, True, Scene.disk_full),
    "ports": ("its port process killed (SIGKILL)", 50, False, Scene.port_process_killed),
    "flood": ("5,000 messages a second for a minute", 1, True, Scene.flooded),
    "server": ("JACK server killed and restarted", 20, False, Scene.server_killed),
    "messages": ("JACK server killed among 5,000 messages", 20, False, Scene.server_killed_among_messages),
    "client": ("far client killed and restarted", 20, False, Scene.far_client_killed),
}


def _row(title: str, outcomes: Sequence[Outcome]) -> str:
    seconds = sorted(outcome.seconds for outcome in outcomes if outcome.seconds is not None)
    spread = f"{statistics.median(seconds):.2f} ({seconds[-1]:.2f})" if seconds else "-"
    lost = [outcome.lost for outcome in outcomes if outcome.lost is not None]
    stuck = sum(outcome.stuck for outcome in outcomes)
    return f"| {title} | {len(outcomes)} | {stuck} | {spread} | {sum(lost) if lost else '-'} |"


def _try(name: str, once: Callable[[Scene], Outcome], scene: Scene, times: int, outcomes: list[Outcome]) -> None:
    """Try a fault until it was tried so often, or the server stands still: then with a new one."""
    while len(outcomes) < times:
        try:
            outcomes.append(once(scene))
        except StandsStill:
            print(f"{name}: the server stands still", file=sys.stderr, flush=True)
            return
        print(f"{name} {len(outcomes)}/{times}: {outcomes[-1]}", file=sys.stderr, flush=True)


def main() -> None:
    """Try each fault as often as it is due, and print the table."""
    rows, notes = [], []
    for name in sys.argv[1:] or FAULTS:
        title, times, sync, once = FAULTS[name]
        outcomes: list[Outcome] = []
        while len(outcomes) < times:
            with Scene(f"improv-faults-{os.getpid()}", sync=sync, seed=len(outcomes)) as scene:
                _try(name, once, scene, times, outcomes)
        rows.append(_row(title, outcomes))
        late = [outcome.late for outcome in outcomes if outcome.late is not None]
        notes += [f"{title}: the engine was {max(late) * 1000:.0f} ms late for a turn at most"] if late else []
    print("| fault | tried | notes stuck | seconds to recover, median (most) | notes lost from the recording |")
    print("|---|---|---|---|---|")
    print("\n".join([*rows, "", *notes]))


if __name__ == "__main__":
    main()
