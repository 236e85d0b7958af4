"""Binding knobs, pads, pedals and keys on the page while improv plays: as `improv learn` does, and kept there too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from improv.controls import Binding, Controls, Lesson
from improv.errors import UserError
from improv.events import Gesture, Turned
from improv.learning import PATIENCE, known
from improv.monitor.hub import Message

#: Saves a binding, None for none, and says in which file. Raises UserError.
Keep = Callable[[str, Binding | None], Path]


class Page(Protocol):
    """Where it is shown."""

    def tell(self, message: Message) -> None:
        """Say something to all that look at the page."""
        ...


class Binder:
    """Binds in the `controls` that are in force; `keep` works on a thread of its own, as a disk may be slow."""

    def __init__(self, page: Page, controls: Controls, keep: Keep) -> None:
        self._page, self._controls, self._keep = page, controls, keep
        self._disk = ThreadPoolExecutor(1, "improv bindings")
        self._saving: list[tuple[str, Future[Path]]] = []
        self._shown: Message = {}
        self._until = 0.0
        self._failed: UserError | None = None
        #: What was bound here, by name: settings of the section [controls].
        self.bound: dict[str, str] = {}

    def learn(self, name: str | None, at: float) -> None:
        """The next control that moves is bound to `name`; None: nothing is learned any more. Raises UserError."""
        if name is not None:
            known(name)
        self._until = at + PATIENCE
        self._controls.learn(None if name is None else Lesson(name, lambda found: self._learned(str(name), found)))

    def unbind(self, name: str, at: float) -> list[Turned | Gesture]:
        """Nothing is bound to `name` any more; what ends thereby. Raises UserError."""
        known(name)
        ended = self._controls.bind(name, None, at)
        self._save(name, None)
        return ended

    def look(self, now: float) -> None:
        """Tell the page what has changed; give up a lesson in which nothing moves."""
        if self._controls.learning is not None and now > self._until:
            self._say(f"nothing moved; {self._controls.learning} stays as it was", now)
            self._controls.learn(None)
        if self._failed is not None:
            self._say(str(self._failed), now, "error")
            self._failed = None
        for what, saving in [one for one in self._saving if one[1].done()]:
            self._saving.remove((what, saving))
            error = saving.exception()
            self._say(f"{what}. " + (str(error) if error else f"Saved to {saving.result()}."), now)
        bindings = {name: str(bound) for name, bound in self._controls.bound.items()}
        message = {"type": "bindings", "bindings": bindings, "learning": self._controls.learning}
        if message != self._shown:
            self._page.tell(message)
            self._shown = message

    def close(self) -> None:
        """Wait for what is being saved."""
        self._controls.learn(None)
        self._disk.shutdown()

    def _learned(self, name: str, found: Binding | UserError) -> None:
        if isinstance(found, UserError):
            self._failed = found
        else:
            self._save(name, found)

    def _save(self, name: str, binding: Binding | None) -> None:
        self.bound[f"controls.{name}"] = "" if binding is None else str(binding)
        what = f"{name} is {binding} now" if binding else f"nothing is bound to {name} now"
        self._saving.append((what, self._disk.submit(self._keep, name, binding)))

    def _say(self, text: str, at: float, kind: str = "news") -> None:
        self._page.tell({"type": "said", "text": text[:400], "at": at, "kind": kind})
