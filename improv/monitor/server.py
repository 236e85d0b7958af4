"""The page's server, a process of its own: files, sessions and the WebSocket, for an engine at the end of a pipe.

It ends when the engine's end of the pipe closes. Ctrl-C and a closed terminal do not concern it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import threading
from collections.abc import Coroutine, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from improv import clock
from improv.errors import UserError
from improv.monitor import past
from improv.monitor.guard import HEADERS, Guard
from improv.monitor.hub import Client, Hub
from improv.monitor.schema import LONGEST, Schema
from improv.ports.pipe import Pipe

STATIC = Path(__file__).parent / "static"
#: If the port is taken, so many more are tried.
MORE_PORTS = 20
#: Seconds that a page may take over one text before it is let go.
PATIENCE = 5.0
#: WebSocket close codes: policy, too much, try again later.
POLICY, TOO_MUCH, LATER = 1008, 1009, 1013


def serve(connection: Connection[Any, Any], host: str, port: int, token: str, sessions: Path) -> None:
    """The life of the page's server; `sessions` is the folder of those that were recorded."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        listening = _listen(host, port)
    except OSError as error:
        connection.send({"type": "failed", "text": f"{host}:{port}: the page cannot be served there ({error})"})
        return
    port = int(listening.getsockname()[1])
    asyncio.run(Server(connection, Guard(port, token), sessions).run(listening))


def _listen(host: str, port: int) -> socket.socket:
    """A socket at the port, or at the next that is free. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + MORE_PORTS, 65535) + 1):
        found = socket.socket(family)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, candidate))
            found.listen()
            return found
        except OSError:
            found.close()
            if candidate == min(port + MORE_PORTS, 65535):
                raise
    raise OSError("no port")


class _Quiet(uvicorn.Server):
    """Signals are none of its business: it ends with the pipe."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them as they are."""
        yield


class Server:
    """Passes on between pages and the engine."""

    def __init__(self, connection: Connection[Any, Any], guard: Guard, sessions: Path) -> None:
        self._connection, self._pipe = connection, Pipe(connection)
        self._guard, self._sessions = guard, sessions
        self._hub, self._schema = Hub(), Schema()
        self._files = {path.name for path in STATIC.iterdir() if path.is_file()}
        routes = [
            Route("/", self._file),
            Route("/sessions", self._list),
            Route("/session.mid", self._present),
            Route("/sessions/{name}.mid", self._midi),
            Route("/sessions/{name}.json", self._notes),
            Route("/{name}", self._file),
            WebSocketRoute("/live", self._live),
        ]
        self._app = Starlette(routes=routes)

    async def run(self, listening: socket.socket) -> None:
        """Serve until the engine is gone."""
        config = uvicorn.Config(
            self._app, lifespan="off", log_level="critical", ws="websockets-sansio", ws_max_size=LONGEST
        )
        server = _Quiet(config)
        loop = asyncio.get_running_loop()

        def listen() -> None:
            with contextlib.suppress(EOFError, OSError):
                while True:
                    loop.call_soon_threadsafe(self._hub.say, self._connection.recv())
            loop.call_soon_threadsafe(setattr, server, "should_exit", True)

        signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
        threading.Thread(target=listen, name="engine", daemon=True).start()
        self._pipe.send({"type": "listening", "port": self._guard.port})
        config.timeout_graceful_shutdown = 1
        await server.serve(sockets=[listening])

    def _refused(self, request: Request, *, secret: bool) -> Response | None:
        if not self._guard.host(request.headers):
            return Response("this server is not called so", 421, HEADERS)
        if secret and not self._guard.known(request.query_params):
            return Response("the token is missing: open the page by the address that improv printed", 403, HEADERS)
        return None

    async def _file(self, request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        refused = self._refused(request, secret=False)
        if refused is None and name not in self._files:
            return Response("there is nothing here", 404, HEADERS)
        return refused or FileResponse(STATIC / name, headers=HEADERS)

    async def _list(self, request: Request) -> Response:
        refused = self._refused(request, secret=True)
        return refused or JSONResponse(await run_in_threadpool(past.listed, self._sessions), headers=HEADERS)

    async def _present(self, request: Request) -> Response:
        return self._refused(request, secret=True) or await self._session(past.latest(self._sessions), "mid")

    async def _midi(self, request: Request) -> Response:
        return self._refused(request, secret=True) or await self._session(self._named(request), "mid")

    async def _notes(self, request: Request) -> Response:
        return self._refused(request, secret=True) or await self._session(self._named(request), "json")

    def _named(self, request: Request) -> Path | None:
        return past.named(self._sessions, request.path_params["name"])

    async def _session(self, path: Path | None, form: str) -> Response:
        if path is None:
            return Response("there is no such session", 404, HEADERS)
        try:
            if form == "json":
                return JSONResponse(await run_in_threadpool(past.notes, path), headers=HEADERS)
            data = await run_in_threadpool(past.midi, path)
        except (UserError, OSError) as error:
            return Response(str(error), 422, HEADERS)
        name = {"Content-Disposition": f'attachment; filename="{path.stem}.mid"'}
        return Response(data, 200, {**HEADERS, **name}, media_type="audio/midi")

    async def _live(self, page: WebSocket) -> None:
        guard = self._guard
        if not (guard.host(page.headers) and guard.own(page.headers) and guard.known(page.query_params)):
            await page.close(POLICY)  # before it is accepted: 403
            return
        await page.accept()
        waiting = asyncio.Event()
        client = self._hub.join(waiting.set, clock.now())
        if client is None:
            await page.close(LATER)
            return
        try:
            await _until_one_ends(self._hear(page, client), self._tell(page, client, waiting))
        except (WebSocketDisconnect, RuntimeError, TimeoutError):  # starlette says RuntimeError of a page that is gone
            pass
        finally:
            self._hub.leave(client)
            for message in client.let_go():
                self._pass_on(message, client)

    async def _hear(self, page: WebSocket, client: Client) -> None:
        while not client.lost:
            try:
                text = await page.receive_text()
            except KeyError:  # bytes, not text
                await page.close(POLICY)
                return
            if not client.speaks(clock.now()):
                await page.close(TOO_MUCH)
                return
            try:
                message = self._schema.read(text)
            except ValueError as error:
                client.tell(json.dumps({"type": "refused", "text": str(error)}), frame=False)
                continue
            client.heard(message)
            if message["type"] == "ping":
                pong = {"type": "pong", "sent": message["sent"], "now": clock.now()}
                client.tell(json.dumps(pong), frame=False)
            else:
                self._pass_on(message, client)

    def _pass_on(self, message: dict[str, Any], client: Client) -> None:
        self._pipe.send({**message, "at": clock.now(), "page": client.number})

    async def _tell(self, page: WebSocket, client: Client, waiting: asyncio.Event) -> None:
        while not client.lost:
            await waiting.wait()
            waiting.clear()
            for text in client.take():
                await asyncio.wait_for(page.send_text(text), PATIENCE)
        await asyncio.wait_for(page.close(LATER), PATIENCE)


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    """Let all go on until one ends, and none longer; raises what that one raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()
