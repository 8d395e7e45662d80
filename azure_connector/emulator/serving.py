"""An ASGI application on a loopback port, in a thread of this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import formatdate
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

__all__ = ["ServerThread"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# Longer than any test: a server that closes idle connections by itself would look like a fault.
KEEP_ALIVE_SECONDS = 600
_STARTS = {"http.response.start", "websocket.accept", "websocket.http.response.start"}


class _Protocol(H11Protocol):
    """Uvicorn's protocol that also shows the application its transport, which connection faults need."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        # asyncio leaves Nagle's algorithm on for a listener that it did not make: 40 ms for each reply.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


class _WebSocket(asyncio.Protocol):
    """Uvicorn's protocol of WebSockets, imported at the first handshake: most emulators never see one."""

    def __new__(cls, **settings: Any) -> asyncio.Protocol:
        from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

        return WSProtocol(**settings)


class ServerThread:
    """Runs an ASGI application in a daemon thread, from `start()` until `stop()`.

    Uvicorn parses HTTP and calls the application; binding, starting and stopping are done here, because uvicorn's own
    loop polls every 100 ms and waits for open streams when it is told to stop.

    Args:
        app: the ASGI application; no lifespan events are sent.
        host: the interface to bind.
        port: the port, or 0 for a free one.
        tls: a server-side context for HTTPS, or None for HTTP.
        clock: seconds since the epoch, for the `Date` of every reply.
        websockets: whether the application takes WebSockets; where wsproto is missing they stay plain requests.
    """

    def __init__(
        self,
        app: AsgiApp,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
        websockets: bool = False,
    ) -> None:
        self._app = app
        self._clock = clock
        # Not the SDK's own library, so that one mistake cannot hide at both ends.
        self._websockets = websockets and find_spec("wsproto") is not None
        self._host = host
        self._wanted_port = port
        self.tls = tls
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._state = ServerState()
        self.port = 0
        """The port that is served, known once `start()` returned."""

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, or https."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The server's event loop.

        Raises:
            RuntimeError: the server is not running.
        """
        if self._loop is None:
            raise RuntimeError("the server is not running: call start() first")
        return self._loop

    def start(self) -> None:
        """Bind, serve, and return once connections are accepted.

        Raises:
            OSError: the address cannot be bound.
            RuntimeError: it runs already.
        """
        if self._thread is not None:
            raise RuntimeError("the server runs already")
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, self._wanted_port), family=family, backlog=2048)
        self.port = listener.getsockname()[1]
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, args=(listener,), name="azure-emulator", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self.stop()
            raise self._failure

    def stop(self) -> None:
        """Drop every connection and end the thread. Doing it twice is harmless."""
        if self._thread is None:
            return
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._thread = self._loop = self._stop = None

    def drop_connections(self) -> None:
        """Cut every open connection, replies included, and go on serving."""

        def drop() -> None:
            for connection in list(self._state.connections):
                connection.transport.abort()  # pyright: ignore[reportUnknownMemberType]  # uvicorn's union of protocols

        if self._loop is not None:
            self._loop.call_soon_threadsafe(drop)

    def _run(self, listener: socket.socket) -> None:
        try:
            with listener:
                asyncio.run(self._serve(listener))
        except BaseException as error:  # noqa: BLE001  a thread's exception would be lost: start() raises it
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self, listener: socket.socket) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        # log_config=None: the host application's logging stays as it is.
        config = uvicorn.Config(
            self._guarded,
            interface="asgi3",
            http=_Protocol,
            ws=_WebSocket if self._websockets else "none",
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        config.load()
        state = self._state = ServerState()
        server = await self._loop.create_server(
            lambda: _Protocol(config=config, server_state=state, app_state={}), sock=listener, ssl=self.tls
        )
        self._ready.set()
        await self._stop.wait()
        server.close()
        await self._drop_all(state)

    @staticmethod
    async def _drop_all(state: ServerState) -> None:
        for connection in list(state.connections):
            connection.transport.abort()  # pyright: ignore[reportUnknownMemberType]  # uvicorn's union of protocols
        # Two turns of the loop tell the protocols of the loss; only then are cancelled requests no error to uvicorn.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        tasks = list(state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, self._dated(send))
        except asyncio.CancelledError:
            if self._stop is None or not self._stop.is_set():
                raise

    def _dated(self, send: Send) -> Send:
        """Give every reply a `Date`, unless it brings one; uvicorn's own comes from the loop that is not used here."""

        async def dated(message: MutableMapping[str, Any]) -> None:
            if message["type"] in _STARTS:
                headers = list(message.get("headers", ()))
                if not any(name == b"date" for name, _ in headers):
                    message["headers"] = [(b"date", _http_date(int(self._clock()))), *headers]
            await send(message)

        return dated


@lru_cache(maxsize=8)
def _http_date(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode()
