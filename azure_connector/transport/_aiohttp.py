"""A transport for the async SDK client over aiohttp: a fraction of httpx's CPU, and streams keep their connection.

Used by itself where the extra `fast` is installed, for connections that need no proxy; httpx keeps the others. Loading
this module loads aiohttp, so only `aio.transport_class` does.
"""

from __future__ import annotations

import asyncio
import math
import os
import select
import warnings
import weakref
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import Context
from functools import lru_cache
from time import monotonic
from typing import Any

import aiohttp
import openai
from yarl import URL

from ._head_timer import HeadTimer, HeadTimers
from ._http_client import check_size, is_counted, is_whole
from ._library import http_library
from ._loops import cut

__all__ = ["Transport"]

_library: Any = http_library()

# aiohttp's exceptions to httpx's, the most special first. A connection that is lost is never "could not connect":
# whether a request may have been executed decides whether it is repeated.
_EXCEPTIONS = (
    ("ConnectionTimeoutError", "ConnectTimeout"),
    ("ServerTimeoutError", "ReadTimeout"),
    ("ClientConnectorError", "ConnectError"),
    ("ServerDisconnectedError", "RemoteProtocolError"),
    ("ClientOSError", "ReadError"),
    ("ClientConnectionError", "ReadError"),
    ("ClientPayloadError", "RemoteProtocolError"),
    ("NonHttpUrlClientError", "UnsupportedProtocol"),
    ("InvalidURL", "UnsupportedProtocol"),
    ("ClientError", "RemoteProtocolError"),
)
_TABLE: list[tuple[type[BaseException], Any]] = [
    *((getattr(aiohttp, mine), getattr(_library, theirs)) for mine, theirs in _EXCEPTIONS if hasattr(aiohttp, mine)),
    (TimeoutError, _library.PoolTimeout),
]
_FOREIGN = tuple(mine for mine, _ in _TABLE)
# Bytes at a time: the chunks of one piece are made together, and few young objects are quick to collect.
_PIECE = 8192
# Bytes of a request that are sent at once.
_LARGE = 65536
# What aiohttp would add of its own: the request is complete as it comes.
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Body(_library.AsyncByteStream):
    """A reply's body while it arrives, with a timer of its own: aiohttp wakes no reader where the framing of a chunked
    body breaks, nor where its session is closed.

    Args:
        reply: aiohttp's.
        silence: seconds that each piece may take; None for ever.
        end: when all of it must be here, by the event loop's clock; None where somebody reads it piece by piece.
        whole: it is no stream all the same: what was waited for one piece, the next ones have less.
    """

    def __init__(self, reply: Any, silence: float | None, end: float | None, *, whole: bool = False) -> None:
        self._reply, self._content = reply, reply.content
        self._silence, self._end, self._whole = silence, end, whole
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self.read_some():
            yield data

    async def read_some(self) -> bytes:
        """What has arrived, up to a limit; empty at the end."""
        content = self._content
        try:
            if (data := content.read_nowait(_PIECE)) or content.at_eof():
                return data
            self._wait()
            try:
                return await content.read(_PIECE)
            finally:
                if self._whole:
                    self._spend()
                self._since = None
        except BaseException as error:  # cancellation leaves a body half read, too
            # Not every reader closes what broke under it (the SDK does not for an error's body), and a connection
            # in the middle of a body serves nobody else.
            self._stop()
            self._reply.close()
            if isinstance(error, _FOREIGN):
                raise _translated(error) from error
            raise

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        if loop is not self._reply._loop:
            raise _library.ReadError("the event loop that this reply belongs to is another one: read it where it began")
        if self._silence is None:
            return
        self._since = loop.time()
        if self._timer is None:
            # Weakly: a body that is dropped unread must not wait for its timer. A context of its own: the reader's
            # would be kept, and one for all could not be entered by two threads' loops at once.
            known: weakref.ref[Body] = weakref.ref(self)
            self._timer = loop.call_at(self._limit(self._since), _look, known, context=Context())

    def _spend(self) -> None:
        if self._silence is not None and self._since is not None:
            waited = asyncio.get_running_loop().time() - self._since
            self._silence = max(0.0, self._silence - waited)
            self._stop()  # its timer was set for the longer wait

    def _limit(self, since: float) -> float:
        assert self._silence is not None
        at = since + self._silence
        return at if self._end is None or at < self._end else self._end

    def look(self) -> None:
        """Ends a read that has waited too long; otherwise looks again when it would have."""
        self._timer = None
        if self._since is None:
            return
        loop = asyncio.get_running_loop()
        at = self._limit(self._since)
        if loop.time() >= at:
            self.abort(_library.ReadTimeout("nothing more arrived in time"))
        else:
            known: weakref.ref[Body] = weakref.ref(self)
            self._timer = loop.call_at(at, _look, known, context=Context())

    def abort(self, error: BaseException) -> None:
        """Ends the body for whoever reads it, now or later."""
        if not self._content.at_eof():
            self._content.set_exception(error)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def aclose(self) -> None:
        self._stop()
        self._reply.release()


def _look(known: weakref.ref[Body]) -> None:
    if (body := known()) is not None:
        body.look()


class Transport(_library.AsyncBaseTransport):
    """Sends over aiohttp. Belongs to the event loop of its first request.

    Args:
        context: the TLS context.

    Attributes:
        keeps_time: it needs no other to see to it that a reply comes in time.
    """

    keeps_time = True

    def __init__(self, context: object) -> None:
        self._context = context
        self._session: Any = None
        self._timers: Any = None
        self._bodies: weakref.WeakSet[Body] = weakref.WeakSet()

    async def handle_async_request(self, request: Any) -> Any:
        if self._session is None:
            self._timers = HeadTimers()
            self._session = _open_session(self._context, self._timers)
        limits: dict[str, Any] = request.extensions.get("timeout") or {}
        timer = HeadTimer(self._timers, limits.get("read"), limits.get("write"))
        try:
            with timer:
                reply = await self._exchange(request, limits, timer)
        except _FOREIGN as error:
            if timer.closed:
                raise _library.ReadError("the client was closed during the call") from error
            if timer.expired:
                raise _library.ReadTimeout("no complete head of a reply in time") from error
            raise _translated(error) from error
        return await self._response(request, reply, timer)

    async def _response(self, request: Any, reply: Any, timer: HeadTimer) -> Any:
        """httpx's response for aiohttp's; read, where the caller wants it whole and it is no refusal."""
        asked_whole, good = request.extensions.get("whole"), 200 <= reply.status < 300
        at_once = asked_whole or not good
        whole = is_whole(reply.headers.get("content-type", ""), request.headers.get("accept", ""))
        body = Body(reply, timer.silence, timer.end if at_once else None, whole=whole)
        self._bodies.add(body)
        stream: Any = body
        # What a refusal says may be lost on the way, and it is one all the same: that is read by whoever sent.
        if asked_whole and good and "content-encoding" not in reply.headers:
            stream = _library.ByteStream(await self._whole(body, reply, request))
        response = _library.Response(
            reply.status,
            headers=reply.raw_headers,
            stream=stream,
            request=request,
            extensions={
                "http_version": b"HTTP/1.1",
                "reason_phrase": (reply.reason or "").encode(),
                # httpx wraps the stream; a reader that asks here gets the bytes without its detours.
                "read_some": body.read_some,
            },
        )
        if stream is not body:
            response.read()
        return response

    async def _whole(self, body: Body, reply: Any, request: Any) -> bytes:
        """A reply's body, without httpx's layers around each of its pieces."""
        pieces: list[bytes] = []
        size, counted = 0, is_counted(request, reply.headers.get("content-length", ""), encoded=False)
        try:
            while data := await body.read_some():
                pieces.append(data)
                size += len(data)
                if counted:
                    check_size(size)
        finally:
            await body.aclose()
        return b"".join(pieces)

    def _exchange(self, request: Any, limits: dict[str, Any], timer: HeadTimer) -> Any:
        return self._session.request(
            request.method,
            _parsed(str(request.url)),
            headers=_pairs(request.headers),
            data=_content(request, timer),
            allow_redirects=False,
            auto_decompress=False,
            skip_auto_headers=_NOT_ADDED,
            timeout=_timeouts(limits.get("pool"), limits.get("connect")),
            server_hostname=request.extensions.get("sni_hostname"),
        )

    async def aclose(self) -> None:
        """Closes every connection; whoever waits for a reply or reads one is told."""
        if self._timers is not None:
            self._timers.close()
        for body in list(self._bodies):
            body.abort(_library.ReadError("the client was closed while this reply was being read"))
        if self._session is not None:
            await self._session.close()

    def drop(self) -> None:
        """Closes the sockets of an event loop that is closed, where nothing can be awaited any more."""
        if self._session is not None:
            cut(_transports(self._session.connector))


def _transports(connector: object) -> list[Any]:
    """The event loop's transports below a connector's connections: there is no public way to them."""
    idle = [known[0] for kept in getattr(connector, "_conns", {}).values() for known in kept]
    return [getattr(protocol, "transport", None) for protocol in [*idle, *getattr(connector, "_acquired", ())]]


def _translated(error: BaseException) -> Exception:
    return next(theirs for mine, theirs in _TABLE if isinstance(error, mine))(str(error))


def _pairs(headers: Any) -> list[tuple[str, str]]:
    encoding: str = headers.encoding
    return [(name.decode(encoding), value.decode(encoding)) for name, value in headers.raw]


@lru_cache(maxsize=256)
def _parsed(url: str) -> URL:
    return URL(url, encoded=True)


def _content(request: Any, timer: HeadTimer) -> Any:
    try:
        content = request.content
    except _library.RequestNotRead:
        request.headers.pop("transfer-encoding", None)  # aiohttp's own business
        return timer.sending(request.stream)
    # What goes out in one piece has no silence that could be seen.
    return timer.sending(_pieces(content)) if len(content) > _LARGE else content or None


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _LARGE):
        yield content[start : start + _LARGE]


@lru_cache(maxsize=256)
def _timeouts(pool: float | None, connect: float | None) -> aiohttp.ClientTimeout:
    # Once a connection is there, time is kept here: aiohttp's timer begins anew with every byte of a head.
    return aiohttp.ClientTimeout(total=None, connect=pool, sock_connect=connect, sock_read=None)


def _speaks(transport: Any) -> bool:
    """Whether an idle connection has something to read: its end, or an answer that nobody asked for."""
    own = transport.get_extra_info("socket")
    if own is None or own.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([own.fileno()], [], [], 0)[0])
    poll = select.poll()
    poll.register(own.fileno(), select.POLLIN)
    return bool(poll.poll(0))


_NO_POOL: dict[object, tuple[()]] = {}


class _QuietConnector(aiohttp.TCPConnector):
    """Closes quietly when nobody closed it, as httpx's: a script's end must not be complaints.

    A connection that is kept is used again only where nothing has come on it. An event loop that stood still (a frozen
    process, loops that run now and then) has not read that the peer left, and what has been read aiohttp would take for
    the next call's answer.
    """

    pid = 0
    timers: HeadTimers | None = None

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109  # aiohttp's
        self._retire(req.connection_key)
        found = await super().connect(req, traces, timeout)
        if self.timers is not None:
            self.timers.connected()
        return found

    def _retire(self, key: Any) -> None:
        """Closes what aiohttp would take from the pool next, as far as it is too old or has something to read."""
        for protocol, since in getattr(self, "_conns", _NO_POOL).get(key, ()):
            if not protocol.is_connected():
                continue
            fresh = monotonic() - since <= (getattr(self, "_keepalive_timeout", None) or math.inf)
            if fresh and not protocol.should_close and not _speaks(protocol.transport):
                return
            protocol.close()

    def __del__(self, _warnings: object = None) -> None:
        with suppress(Exception):  # at the interpreter's end anything may be gone
            if self.pid != os.getpid():
                return  # in a forked child the event loop's own descriptors are still shared with the parent
            if self._loop.is_closed():
                cut(_transports(self))
            # What `close()` does before there is anything to await; without it sockets would wait for the collector.
            close = getattr(self, "_close_immediately", None) or self._close  # its name until aiohttp 3.13, and since
            close()


with warnings.catch_warnings():
    # aiohttp discourages subclasses because attributes may clash; this one adds none.
    warnings.simplefilter("ignore", DeprecationWarning)

    class _QuietSession(aiohttp.ClientSession):
        def __del__(self, _warnings: object = None) -> None:
            with suppress(Exception):  # at the interpreter's end anything may be gone
                self.detach()


def _open_session(context: Any, timers: HeadTimers) -> _QuietSession:
    limits = openai.DEFAULT_CONNECTION_LIMITS
    connector = _QuietConnector(
        ssl=context, limit=limits.max_connections or 0, keepalive_timeout=limits.keepalive_expiry
    )
    connector.pid, connector.timers = os.getpid(), timers
    # Cookies are the client's business, as are proxies.
    session = _QuietSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
    # What aiohttp sends a second time by itself after a lost connection, nobody learns of: a deletion that was done
    # looked like one of something that never was. Whether to repeat is decided where the attempts are counted.
    session._retry_connection = False  # pyright: ignore[reportPrivateUsage]  # no public name for it
    return session
