"""A transport for the async SDK client over aiohttp: a fraction of httpx's CPU, and streams keep their connection.

Used by itself where the extra `fast` is installed, for connections that need no proxy; httpx keeps the others. Loading
this module loads aiohttp, so only `aio.transport_class` does.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

import aiohttp
import openai
from yarl import URL

from ._library import http_library

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
# What aiohttp would add of its own: the request is complete as it comes.
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Body(_library.AsyncByteStream):
    """A reply's body while it arrives.

    Args:
        reply: aiohttp's.
    """

    def __init__(self, reply: Any) -> None:
        self._reply = reply

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while data := await self.read_some():
            yield data

    async def read_some(self) -> bytes:
        """What has arrived, up to a limit; empty at the end."""
        try:
            return await self._reply.content.read(_PIECE)
        except BaseException as error:  # cancellation leaves a body half read, too
            # Not every reader closes what broke under it (the SDK does not for an error's body), and a connection
            # in the middle of a body serves nobody else.
            self._reply.close()
            if isinstance(error, _FOREIGN):
                raise _translated(error) from error
            raise

    async def aclose(self) -> None:
        self._reply.release()


class Transport(_library.AsyncBaseTransport):
    """Sends over aiohttp. Belongs to the event loop of its first request.

    Args:
        context: the TLS context.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._session: Any = None

    async def handle_async_request(self, request: Any) -> Any:
        if self._session is None:
            self._session = _open_session(self._context)
        limits: dict[str, Any] = request.extensions.get("timeout") or {}
        try:
            reply = await self._session.request(
                request.method,
                _parsed(str(request.url)),
                headers=request.headers.multi_items(),
                data=_content(request),
                allow_redirects=False,
                auto_decompress=False,
                skip_auto_headers=_NOT_ADDED,
                timeout=_timeouts(limits.get("pool"), limits.get("connect"), limits.get("read")),
                server_hostname=request.extensions.get("sni_hostname"),
            )
        except _FOREIGN as error:
            raise _translated(error) from error
        body = Body(reply)
        return _library.Response(
            reply.status,
            headers=reply.raw_headers,
            stream=body,
            request=request,
            extensions={
                "http_version": b"HTTP/1.1",
                "reason_phrase": (reply.reason or "").encode(),
                # httpx wraps the stream; a reader that asks here gets the bytes without its detours.
                "read_some": body.read_some,
            },
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


def _translated(error: BaseException) -> Exception:
    return next(theirs for mine, theirs in _TABLE if isinstance(error, mine))(str(error))


@lru_cache(maxsize=256)
def _parsed(url: str) -> URL:
    return URL(url, encoded=True)


def _content(request: Any) -> Any:
    try:
        return request.content or None
    except _library.RequestNotRead:
        request.headers.pop("transfer-encoding", None)  # aiohttp's own business
        return request.stream


@lru_cache(maxsize=256)
def _timeouts(pool: float | None, connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=pool, sock_connect=connect, sock_read=read)


class _QuietConnector(aiohttp.TCPConnector):
    """Closes quietly when nobody closed it, as httpx's: a script's end must not be complaints."""

    def __del__(self, _warnings: Any = None) -> None:
        # What `close()` does before there is anything to await; without it sockets would wait for the collector.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            close = getattr(self, "_close_immediately", None) or self._close  # its name until aiohttp 3.13, and since
            close()


with warnings.catch_warnings():
    # aiohttp discourages subclasses because attributes may clash; this one adds none.
    warnings.simplefilter("ignore", DeprecationWarning)

    class _QuietSession(aiohttp.ClientSession):
        def __del__(self, _warnings: Any = None) -> None:
            with suppress(Exception):  # at the interpreter's end anything may be gone
                self.detach()


def _open_session(context: Any) -> _QuietSession:
    limits = openai.DEFAULT_CONNECTION_LIMITS
    connector = _QuietConnector(
        ssl=context, limit=limits.max_connections or 0, keepalive_timeout=limits.keepalive_expiry
    )
    # Cookies are the client's business, as are proxies.
    return _QuietSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
