"""WebSockets with a clock: the `websockets` library's own connections, which tell in typed errors how they ended.

The library pings, and so notices a peer that is gone; but its sync connections block for ever in a `send` that nobody
takes, and neither kind knows that the client was closed. Loading this module loads `websockets`.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close
from websockets.sync.client import ClientConnection as Connection

from ..errors import StreamInterruptedError, connection_error

__all__ = ["RealtimeInterruptedError", "async_connection", "interrupted", "limits", "sync_connection"]

_LONGEST_PING, _LONGEST_HANDSHAKE = 20.0, 10.0  # seconds: the library's own
_NOT_TAKEN = "nobody took what was sent in time"
_WATCHER = "azure-connector-realtime"

Failed = Callable[[ConnectionClosedError, str], Exception]


class _Closed(ConnectionClosedError):
    """The library's error as a base: it is made with a message, and learns later how the connection ended."""

    __str__ = Exception.__str__

    def __init__(self, *args: object) -> None:
        Exception.__init__(self, *args)
        self.rcvd: Close | None = None
        self.sent: Close | None = None
        self.rcvd_then_sent: bool | None = None


class RealtimeInterruptedError(StreamInterruptedError, _Closed):  # pyright: ignore[reportIncompatibleVariableOverride]  # `code`
    """A WebSocket that broke, under the library's own class too: the SDK and programs look for that one."""


def interrupted(request: Any, closed: ConnectionClosedError, why: str) -> Exception:
    """The typed error for a connection that ended without a farewell.

    Args:
        request: the handshake, for the error.
        closed: the library's.
        why: what this side knows; empty where it is the network's or the service's doing.
    """
    hint = "What arrived before was delivered. Connect again; the service keeps no session of a connection that broke."
    message = f"The realtime connection broke: {why or closed}"
    made = connection_error(RealtimeInterruptedError, message, request, hint=hint)
    assert isinstance(made, RealtimeInterruptedError)
    made.rcvd, made.sent, made.rcvd_then_sent = closed.rcvd, closed.sent, closed.rcvd_then_sent
    return made


def limits(silence: float | None, deadline: float | None) -> dict[str, Any]:
    """The library's options by which a silent peer is noticed in time.

    Args:
        silence: seconds that a peer may be silent, pings included; None leaves the library's.
        deadline: seconds for the handshake beside that, or None.
    """
    given = [seconds for seconds in (silence, deadline, _LONGEST_HANDSHAKE) if seconds is not None]
    # A ping, the wait for its answer, and the farewell that nobody hears.
    ping = _LONGEST_PING if silence is None else min(silence / 3, _LONGEST_PING)
    closing = _LONGEST_HANDSHAKE if silence is None else min(silence / 3, _LONGEST_HANDSHAKE)
    return {"open_timeout": min(given), "ping_interval": ping, "ping_timeout": ping, "close_timeout": closing}


class _SyncConnection(Connection):
    """A connection whose `send` has an end.

    Attributes:
        silence: seconds that a `send` may take; None for ever.
        failed: makes the typed error, of the library's and what this side knows.
    """

    silence: float | None
    failed: Failed
    why = ""
    _sending: float | None = None
    _watched = False

    def recv(self, timeout: float | None = None, decode: bool | None = None) -> Any:  # type: ignore[override]
        try:
            return super().recv(timeout, decode)
        except ConnectionClosedError as closed:
            raise self.failed(closed, self.why) from closed

    def send(self, message: Any, text: bool | None = None) -> None:
        self._watch()
        self._sending = monotonic()
        try:
            super().send(message, text)
        except ConnectionClosedError as closed:
            raise self.failed(closed, self.why) from closed
        finally:
            self._sending = None

    def cut(self, why: str) -> None:
        """Ends the connection now, for whoever sends or receives."""
        self.why = self.why or why
        with suppress(OSError):  # it is closed already
            self.socket.shutdown(socket.SHUT_RDWR)

    def _watch(self) -> None:
        if self.silence is not None and not self._watched:
            self._watched = True
            threading.Thread(target=self._look, args=(self.silence,), daemon=True, name=_WATCHER).start()

    def _look(self, silence: float) -> None:
        while self.recv_events_thread.is_alive():
            self.recv_events_thread.join(silence / 4)
            since = self._sending
            if since is not None and monotonic() - since > silence:
                self.cut(_NOT_TAKEN)


class _AsyncConnection(AsyncConnection):
    """As `_SyncConnection`."""

    silence: float | None
    failed: Failed
    why = ""

    async def recv(self, decode: bool | None = None) -> Any:  # type: ignore[override]
        try:
            return await super().recv(decode)
        except ConnectionClosedError as closed:
            raise self.failed(closed, self.why) from closed

    async def send(self, message: Any, text: bool | None = None) -> None:
        timer = None if self.silence is None else self.loop.call_later(self.silence, self.cut, _NOT_TAKEN)
        try:
            await super().send(message, text)
        except ConnectionClosedError as closed:
            raise self.failed(closed, self.why) from closed
        finally:
            if timer is not None:
                timer.cancel()

    def cut(self, why: str) -> None:
        """Ends the connection now, for whoever sends or receives; from any thread."""
        self.why = self.why or why
        with suppress(RuntimeError):  # its loop is closed, and the connection with it
            if self.loop is _running():
                self.transport.abort()
            else:
                self.loop.call_soon_threadsafe(self.transport.abort)


def sync_connection(silence: float | None, failed: Failed) -> Any:
    """The class of connections for the library's sync `connect`, which makes them of a class alone.

    Args:
        silence: seconds that a `send` may take; None for ever.
        failed: makes the typed error, of the library's and what this side knows.
    """
    return type("TimedConnection", (_SyncConnection,), {"silence": silence, "failed": staticmethod(failed)})


def async_connection(silence: float | None, failed: Failed) -> Any:
    """As `sync_connection`, for the library's async `connect`."""
    return type("TimedConnection", (_AsyncConnection,), {"silence": silence, "failed": staticmethod(failed)})


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
