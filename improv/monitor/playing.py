"""The wiring of the page: its server, the browser, and what of a session is shown there."""

from __future__ import annotations

import contextlib
import secrets
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from improv import clock, config, engine
from improv.controls import Controls
from improv.errors import UserError
from improv.events import Gesture, Move
from improv.improviser import Improviser
from improv.kept import Kept
from improv.monitor import showing
from improv.monitor.binder import Binder, Keep
from improv.monitor.cables import Cables
from improv.monitor.dials import DIALS, shown
from improv.monitor.guard import LOOPBACK
from improv.monitor.link import PageLink, Ports
from improv.monitor.mirror import Mirror, Shown
from improv.monitor.overheard import Overheard
from improv.monitor.page import Address, Page
from improv.monitor.remote import OWN_MODEL, Input, Remote
from improv.ports.reports import Opened, There
from improv.recording import where
from improv.settingkinds import Value
from improv.settings import Settings
from improv.step import StepModel


class Web:
    """A page that stays while sessions come and go; `alone` where it is the instrument as long as no port is named."""

    def __init__(self, settled: config.Config, keep: Keep, *, alone: bool) -> None:
        """`keep` saves what a control is bound to."""
        host = settled.text("web.host")
        token = "" if host in LOOPBACK else secrets.token_urlsafe(16)
        self._alone = alone
        self._page = Page(Address(host, settled.whole("web.port"), token, where(settled)))
        self._overheard: Overheard | None = None
        self._keep = keep
        self._there = There()
        self._turned: dict[str, Value] = {}
        self._moves: list[Move] = []
        #: What was learned of the player in the sessions before: it goes over to the next.
        self.learned: Kept | None = None
        #: What is done on it.
        self.remote = Remote(self._page)
        if settled.switch("web.browser"):
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(str(self._page.address))

    def settle(self, settled: config.Config) -> config.Config:
        """The settings with what was chosen on the page, or turned by whatever means in the session before."""
        self.remote.last({path: value for path, value in self._turned.items() if settled.values[path] != value})
        self._turned = {}
        return config.Config({**settled.values, **self.remote.choices})

    def alone(self, settled: config.Config) -> bool:
        """Whether there are to be no ports."""
        named = settled.names("ports.in") or settled.text("ports.out") or settled.switch("ports.virtual")
        return self._alone and not named

    def greeting(self) -> str:
        """Where it is."""
        return f"the page: {self._page.address}"

    def over(self) -> bool:
        """Whether a session is to end because another is wanted."""
        return self.remote.again

    def overheard(self, model: StepModel) -> StepModel:
        """The model of a session that begins, whose thoughts are shown."""
        self._overheard = Overheard(model)
        return self._overheard

    def say(self, text: str, at: float) -> None:
        """Tell whoever looks at the page what the player at the terminal is told."""
        self.remote.say(text, at)

    @contextlib.contextmanager
    def attached(
        self,
        settled: config.Config,
        improviser: Improviser,
        core: engine.Core,
        ports: Ports,
        opened: Opened,
        timing: engine.Timing,
        controls: Controls,
    ) -> Iterator[tuple[PageLink, engine.Core]]:
        """The link and the core of a session that begins, with the page beside them while it lasts."""
        assert self._overheard is not None, "the model is overheard first"
        self.remote.again = False
        self.remote.clock_is_elsewhere = bool(settled.text("time.clock")) and opened.clock is None
        self.remote.took()
        began, recording, alone = clock.now(), settled.switch("record.on"), self.alone(settled)
        models = _models(settled)
        beside = {"model": _name(settled, models), "models": [*models], "recording": recording}
        sounds = alone or (self._alone and not settled.text("ports.out"))
        self._page.tell(showing.hello(began, improviser.settings, alone=sounds, **beside))
        cables = Cables(None if alone else opened, self._there)
        self._page.tell({"type": "ports", "ports": cables.message()})
        mirror = Mirror(self._page, improviser, self._overheard, timing, began, recording=recording)
        binder = Binder(self._page, controls, self._keep)

        def asked() -> list[Input]:
            binder.look(clock.now())
            return self.remote.events(improviser.settings, models, binder)

        for move in self._moves:  # who had muted or frozen it finds it so
            core.hear(Gesture(began, move))
        settings = improviser.settings
        try:
            yield PageLink(self._page, ports, cables, asked, mirror, alone=alone), Shown(core, mirror)
        finally:
            binder.close()
            self.remote.last(binder.bound)
            self._there = cables.there
            self._go_over(settings, improviser)

    def _go_over(self, began: Settings, core: Improviser) -> None:
        """Keep what the next session is to find: what was learned, and what was turned since this one `began`."""
        if (remembrance := core.remembrance) is not None:
            remembrance.close()
            self.learned = remembrance.kept()
        before, now = shown(began), shown(core.settings)
        self._turned = {DIALS[name].path: value for name, value in now.items() if value != before[name]}
        held = ((Move.MUTE, core.status().muted), (Move.FREEZE, core.frozen))
        self._moves = [move for move, is_held in held if is_held]

    def news(self) -> list[str]:
        """What there is to say of the page itself."""
        return self._page.news()

    def refuse(self, error: UserError) -> bool:
        """What was chosen on the page cannot be: say so there, and do without; False if it was not the page's."""
        self.remote.say(str(error), clock.now(), "error")
        return self.remote.take_back()

    def close(self) -> None:
        """End it."""
        self._page.close()


def _models(settled: config.Config) -> dict[str, Path]:
    """The models that can be chosen, by name: improv's own, the one the settings name, those beside that."""
    found = {OWN_MODEL: Path()}
    named = settled.text("model.file")
    folder = Path(named).parent if named else Path("models")
    for path in sorted(folder.glob("*.onnx"))[:64]:
        if not path.name.endswith(".8bit.onnx") and (named or path.stem != OWN_MODEL):
            found.setdefault(path.stem, path)
    return found


def _name(settled: config.Config, models: dict[str, Path]) -> str:
    named = settled.text("model.file")
    return next((name for name, path in models.items() if named and path == Path(named)), OWN_MODEL)
