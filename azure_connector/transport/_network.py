"""Sockets below httpx: they keep to the clock of whoever waits, a thread or a task, wake readers when they are closed,
are never used again with unread bytes, and know which process they belong to.

A socket's own timeout begins anew with every byte, so headers that drip outlast it for ever. What a caller was promised
is an end: of the call, of the reply's head, of a whole reply.

httpx's library for connections (httpcore) takes such streams as a `network_backend`; httpx itself hands none on, so it
is put in place in the pools of a client that is ready.
"""

from __future__ import annotations

import os
import socket
import weakref
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import ContextVar, Token
from functools import lru_cache
from importlib import import_module
from time import monotonic
from typing import Any

from ._library import http_library
from ._loops import cut

__all__ = [
    "AsyncNetwork",
    "AsyncStream",
    "Clock",
    "Network",
    "Stream",
    "body_deadline",
    "current",
    "drop",
    "install",
    "leave_to_the_parent",
    "note_protocol",
]


class Clock:
    """The ends that hold for what one thread or task waits for.

    Args:
        silence: seconds that the service may take for what is waited for; None for ever.
        deadline: when the call must be over, on the monotonic clock.
        exchange: it is of one request, from connecting on; otherwise it only adds a deadline.
        joins: the request's body is at hand when its head is written, so that both are sent at once.

    Attributes:
        end: when what is waited for must be here; it begins anew with everything that is sent.
    """

    __slots__ = ("_outer", "deadline", "end", "exchange", "joins", "silence")

    def __init__(
        self, silence: float | None, deadline: float | None = None, *, exchange: bool = False, joins: bool = False
    ) -> None:
        self.silence, self.deadline, self.exchange, self.joins = silence, deadline, exchange, joins
        self.end: float | None = None
        self._outer: Token[Clock | None] | None = None

    def __enter__(self) -> Clock:
        """Within it, this thread or task waits by this clock."""
        self._outer = _clock.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._outer is not None
        _clock.reset(self._outer)
        self._outer = None  # which refers to the clock before

    def begin(self) -> None:
        """From now on the service has the floor: something was sent, or the next piece is asked for."""
        if self.silence is not None:
            self.end = monotonic() + self.silence

    def spend(self) -> None:
        """What was waited so far counts: the next wait has only the rest."""
        if self.silence is not None and self.end is not None:
            self.silence = max(0.0, self.end - monotonic())

    def left(self, timeout: float | None, *, sending: bool = False) -> float | None:
        """Seconds that a socket may be waited for; not above 0 where the time is over.

        Args:
            timeout: the socket's own, or None.
            sending: what is waited for is the socket's to take, so that only the deadline counts.
        """
        end = self.deadline
        if not sending and self.end is not None and (end is None or self.end < end):
            end = self.end
        if end is None:
            return timeout
        left = end - monotonic()
        return left if timeout is None or left < timeout else timeout


_clock: ContextVar[Clock | None] = ContextVar("azure_connector_clock", default=None)
current = _clock.get


def body_deadline(seconds: float | None) -> AbstractContextManager[object]:
    """Within it, the network is waited for so many seconds in all, whatever arrives meanwhile."""
    return nullcontext() if seconds is None else Clock(None, monotonic() + seconds)


@lru_cache(maxsize=1)
def _core() -> Any:
    """The library of connections below the SDK's HTTP library."""
    return import_module(http_library().__name__.replace("httpx", "httpcore"))


def _allowed(clock: Clock | None, timeout: float | None, error: str, *, sending: bool = False) -> float | None:
    """A socket's timeout, cut to what the clock leaves.

    Raises:
        TimeoutException: of the library's kind that `error` names: nothing is left.
    """
    if clock is None:
        return timeout
    left = clock.left(timeout, sending=sending)
    if left is not None and left <= 0:
        raise getattr(_core(), error)("the time allowed is over, although something kept arriving")
    return left


# Bytes of a body that are copied behind its head to be sent with it: a system call costs as much as a large copy.
_JOINED = 65536


class _Stream:
    """What the sync and the async stream share.

    Attributes:
        minds_clock: tells `transport/_body` that reads can be hurried.
        protocol: the HTTP/1.1 parser of this connection, once it is known.
        body: the clock of the body that is read, where a caller reads it piece by piece.
    """

    minds_clock = True

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.protocol: Any = None
        self.body: Clock | None = None
        self._held = b""

    def _due(self, buffer: bytes, clock: Clock | None) -> tuple[bytes, ...]:
        """What is to be sent now that a piece of a request is written: its head waits for what follows. The end of a
        request is written too, as an empty piece.
        """
        if clock is not None and clock.joins:
            clock.joins, self._held = False, buffer
            return ()
        held, self._held = self._held, b""
        if held and len(buffer) <= _JOINED:
            return (held + buffer,)
        return tuple(piece for piece in (held, buffer) if piece)

    def _clock(self) -> Clock | None:
        """The clock for a read. Whoever sends a request has one of its own; a body's may be left of the one before."""
        clock, body = current(), self.body
        if body is None or (clock is not None and clock.exchange):
            return clock
        body.deadline = None if clock is None else clock.deadline
        if body.end is None:
            body.begin()
        return body

    def get_extra_info(self, info: str) -> Any:
        """As httpcore's. Bytes that nobody asked for make an idle connection unfit, also those read already: a second
        reply, sent unasked, would be taken for the next call's.
        """
        if info == "is_readable" and self.protocol is not None and self.protocol.trailing_data[0]:
            return True
        return self.inner.get_extra_info(info)


class Stream(_Stream):
    """A sync connection."""

    def __init__(self, inner: object, known: weakref.WeakSet[Stream]) -> None:
        super().__init__(inner)
        self._pid, self._known = os.getpid(), known
        known.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._held:
            self.write(b"", timeout)
        return self.inner.read(max_bytes, _allowed(self._clock(), timeout, "ReadTimeout"))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        clock = current()
        for piece in self._due(buffer, clock):
            self.inner.write(piece, _allowed(clock, timeout, "WriteTimeout", sending=True))
            if clock is not None:
                clock.begin()

    def close(self) -> None:
        # Closing a socket does not wake a thread that reads from it. In a forked child the connection is the parent's.
        if self._pid == os.getpid():
            with suppress(OSError, AttributeError):
                self.inner.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self.inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Stream:
        left = _allowed(current(), timeout, "ConnectTimeout", sending=True)
        return Stream(self.inner.start_tls(ssl_context, server_hostname, left), self._known)


class Network:
    """Opens sync connections.

    Args:
        inner: the library's own.

    Attributes:
        streams: those that somebody still refers to.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.streams: weakref.WeakSet[Stream] = weakref.WeakSet()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **how: Any) -> Stream:
        left = _allowed(current(), timeout, "ConnectTimeout", sending=True)
        return Stream(self._inner.connect_tcp(host, port, timeout=left, **how), self.streams)

    def connect_unix_socket(self, path: str, timeout: float | None = None, **how: Any) -> Stream:
        return Stream(self._inner.connect_unix_socket(path, timeout=timeout, **how), self.streams)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class AsyncStream(_Stream):
    """As `Stream`, for an event loop."""

    def __init__(self, inner: object, known: weakref.WeakSet[AsyncStream]) -> None:
        super().__init__(inner)
        self._known = known
        known.add(self)

    def transport(self) -> Any:
        """The event loop's transport below: there is no public way to it, so None where it is not found."""
        found = self.inner
        while found is not None and not hasattr(found, "_call_connection_lost"):
            names = ("_stream", "transport_stream", "_transport")  # httpcore's, anyio's for TLS, anyio's for TCP
            found = next((value for name in names if (value := getattr(found, name, None)) is not None), None)
        return found

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # httpcore's
        if self._held:
            await self.write(b"", timeout)
        return await self.inner.read(max_bytes, _allowed(self._clock(), timeout, "ReadTimeout"))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # as above
        clock = current()
        for piece in self._due(buffer, clock):
            await self.inner.write(piece, _allowed(clock, timeout, "WriteTimeout", sending=True))
            if clock is not None:
                clock.begin()

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
    ) -> AsyncStream:
        left = _allowed(current(), timeout, "ConnectTimeout", sending=True)
        return AsyncStream(await self.inner.start_tls(ssl_context, server_hostname, left), self._known)


class AsyncNetwork:
    """As `Network`, for an event loop."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.streams: weakref.WeakSet[AsyncStream] = weakref.WeakSet()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # as above
        **how: Any,
    ) -> AsyncStream:
        left = _allowed(current(), timeout, "ConnectTimeout", sending=True)
        return AsyncStream(await self._inner.connect_tcp(host, port, timeout=left, **how), self.streams)

    async def connect_unix_socket(self, path: str, **how: Any) -> AsyncStream:
        return AsyncStream(await self._inner.connect_unix_socket(path, **how), self.streams)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


def pools_of(transports: Iterable[object]) -> list[Any]:
    """The connection pools of httpx's transports; none of a transport of another kind."""
    pools = (getattr(transport, "_pool", None) for transport in transports)
    return [pool for pool in pools if hasattr(pool, "_network_backend")]


def install(kind: type[Network] | type[AsyncNetwork], transports: Iterable[object]) -> None:
    """Has every connection of these transports made by our own network."""
    for pool in pools_of(transports):
        pool._network_backend = kind(pool._network_backend)


def note_protocol(stream: Stream | AsyncStream, transports: Iterable[object]) -> None:
    """Shows a stream the parser of its connection, so that it knows of unread bytes."""
    for pool in pools_of(transports):
        for connection in pool.connections:
            inner = connection
            for _ in range(3):  # behind a proxy, one connection stands in another
                inner = getattr(inner, "_connection", None)
                if getattr(inner, "_network_stream", None) is stream:
                    stream.protocol = getattr(inner, "_h11_state", None)
                    return


def drop(transports: Iterable[object]) -> None:
    """Closes the sockets of an event loop that is closed, where nothing can be awaited any more."""
    for pool in pools_of(transports):
        cut(stream.transport() for stream in list(getattr(pool._network_backend, "streams", ())))


def leave_to_the_parent(transports: Iterable[object]) -> None:
    """Closes this process's copies of a parent's sockets. The connections stay as they are: they are the parent's."""
    for pool in pools_of(transports):
        for stream in list(getattr(pool._network_backend, "streams", ())):
            with suppress(Exception):  # another thread of the parent may have been closing it
                stream.close()
