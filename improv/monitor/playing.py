"""The wiring of the page: its server, the browser, and what of a session is shown there."""

from __future__ import annotations

import contextlib
import secrets
import webbrowser
from pathlib import Path

from improv import clock, config, engine
from improv.errors import UserError
from improv.events import Heard as Input
from improv.improviser import Improviser
from improv.monitor import showing
from improv.monitor.guard import LOOPBACK
from improv.monitor.link import PageLink
from improv.monitor.mirror import Mirror, Shown
from improv.monitor.overheard import Overheard
from improv.monitor.page import Address, Page
from improv.monitor.remote import OWN_MODEL, Remote
from improv.ports.lifeline import Lifeline
from improv.ports.reports import IN, OUT, Opened
from improv.recording import where
from improv.step import StepModel


class Web:
    """A page that stays while sessions come and go; `alone` where it is the instrument as long as no port is named."""

    def __init__(self, settled: config.Config, *, alone: bool) -> None:
        host = settled.text("web.host")
        token = "" if host in LOOPBACK else secrets.token_urlsafe(16)
        self._alone = alone
        self._page = Page(Address(host, settled.whole("web.port"), token, where(settled)))
        self._overheard: Overheard | None = None
        #: What is done on it.
        self.remote = Remote(self._page)
        if settled.switch("web.browser"):
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(str(self._page.address))

    def settle(self, settled: config.Config) -> config.Config:
        """The settings with what was chosen on the page."""
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

    def attach(
        self,
        settled: config.Config,
        improviser: Improviser,
        core: engine.Core,
        link: Lifeline | None,
        timing: engine.Timing,
    ) -> tuple[PageLink, engine.Core]:
        """The link and the core of a session that begins, with the page beside them."""
        assert self._overheard is not None, "the model is overheard first"
        self.remote.again = False
        self.remote.took()
        began, recording = clock.now(), settled.switch("record.on")
        models = _models(settled)
        present = _name(settled, models)
        ports = _ports(settled, None if link is None else link.opened)
        beside = {"alone": link is None, "model": present, "models": [*models], "ports": ports, "recording": recording}
        self._page.tell(showing.hello(began, improviser.settings, **beside))
        mirror = Mirror(self._page, improviser, self._overheard, timing, began, recording=recording)

        def asked() -> list[Input]:
            return self.remote.events(improviser.settings, models)

        return PageLink(self._page, link, asked, mirror), Shown(core, mirror)

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


def _ports(settled: config.Config, opened: Opened | None) -> dict[str, object]:
    """The ports that are played on, and those there are."""
    from improv.ports.link import list_ports

    try:
        there = list_ports(settled.text("ports.api"))
    except UserError:  # no MIDI system: the page does without
        there = []
    return {
        "inputs": [*opened.inputs] if opened else [],
        "output": opened.output if opened else "",
        "available_inputs": list(dict.fromkeys(port.name for port in there if port.direction == IN))[:64],
        "available_outputs": list(dict.fromkeys(port.name for port in there if port.direction == OUT))[:64],
    }
