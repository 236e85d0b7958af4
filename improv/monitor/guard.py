"""Who may speak to the page's server: what is asked for must be meant for it, and come from its own page. Pure.

On loopback the `Host` must name loopback, or a foreign name could be bound to this address and its page read ours (DNS
rebinding). Beyond it any host will do, but a token is asked for. A WebSocket's `Origin` must be the page's own:
browsers let any page open one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: What goes with every answer: nothing but improv's own files is loaded, by nobody else's page.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "midi=(self), camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Guard:
    """`token` "" where only this machine is served."""

    port: int
    token: str = ""

    def host(self, headers: Mapping[str, str]) -> bool:
        """Whether a request was meant for this server."""
        try:
            named = urlsplit(f"//{headers.get('host', '')}")
            port = named.port
        except ValueError:
            return False
        return (port or 80) == self.port and (bool(self.token) or named.hostname in LOOPBACK)

    def known(self, query: Mapping[str, str]) -> bool:
        """Whether who asks knows the token, if there is one."""
        return not self.token or secrets.compare_digest(query.get("token", "").encode(), self.token.encode())

    def own(self, headers: Mapping[str, str]) -> bool:
        """Whether a WebSocket is opened by this server's own page; a program that is no browser names no origin."""
        origin = headers.get("origin")
        return origin is None or origin in (f"http://{headers.get('host', '')}", f"https://{headers.get('host', '')}")
