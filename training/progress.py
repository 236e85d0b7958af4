"""What a command says while it works: progress bars with the time left, files passed over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from improv.encoding import FIELDS
from training.checkpoint import State


class Bar:
    """A progress bar with the time left on a terminal; a line a validation anywhere else."""

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._console = Console(file=sys.stderr, quiet=quiet, highlight=False)
        columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
        self._progress = Progress(*columns, console=self._console, disable=quiet or not self._console.is_terminal)
        self._task = self._progress.add_task("starting (the first step takes longest)", total=1.0)
        self._progress.start()

    def show(self, spent: float, state: State, bits: float) -> None:
        """Move the bar; `bits` per note in training."""
        best = "" if state.best is None else f", best validation {state.best:.2f}"
        text = f"step {state.step}: {bits:.2f} bits a note{best}, time left"
        self._progress.update(self._task, completed=spent, description=text)

    def tell(self, record: dict[str, float], better: bool) -> None:
        """One line for a validation."""
        fields = ", ".join(f"{name} {record[f'validation_{name}']:.2f}" for name in FIELDS if name != "part")
        self._console.print(
            f"step {record['step']}, {record['seconds'] / 60:.1f} min: validation {record['validation_total']:.3f} "
            f"bits a note ({fields}){', the best so far' if better else ''}",
            soft_wrap=True,
        )

    def close(self) -> None:
        """Remove the bar."""
        self._progress.stop()


class Complaints:
    """Names each file passed over on stderr, and counts them."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, line: str) -> None:
        """One file passed over."""
        self._count += 1
        print(f"improv-train: {line}", file=sys.stderr)

    def sum_up(self) -> None:
        """Say how many there were, if there were several."""
        if self._count > 1:
            print(f"improv-train: {self._count} files passed over", file=sys.stderr)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar with the time left, on a terminal only."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total)
