"""A transport for the async SDK client over aiohttp: a fraction of httpx's CPU, and streams keep their connection.

Used by itself where the extra `fast` is installed, for connections that need no proxy; httpx keeps the others.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any

import openai

__all__ = ["http_library", "transport_class"]

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
# Bytes at a time: the chunks of one piece are made together, and few young objects are quick to collect.
_PIECE = 8192
# What aiohttp would add of its own: the request is complete as it comes.
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


def http_library() -> Any:
    """The HTTP library that this version of the SDK uses: httpx, or httpx2 from openai 3 on."""
    client: Any = openai.DefaultAsyncHttpxClient
    return import_module(
        next(base.__module__.partition(".")[0] for base in client.__mro__ if "httpx" in base.__module__)
    )


@lru_cache(maxsize=1)
def transport_class() -> Any:
    """The transport's class, `Transport(ssl_context)`; None where aiohttp is not installed."""
    try:
        import aiohttp
        from yarl import URL
    except ImportError:
        return None
    library = http_library()
    table = [(getattr(aiohttp, name), getattr(library, other)) for name, other in _EXCEPTIONS if hasattr(aiohttp, name)]
    table.append((TimeoutError, library.PoolTimeout))
    foreign = tuple(mine for mine, _ in table)

    def translate(error: BaseException) -> Exception:
        return next(theirs for mine, theirs in table if isinstance(error, mine))(str(error))

    @lru_cache(maxsize=256)
    def parsed(url: str) -> URL:
        return URL(url, encoded=True)

    class Body(library.AsyncByteStream):
        """A reply's body while it arrives."""

        def __init__(self, reply: Any) -> None:
            self._reply = reply

        async def __aiter__(self) -> AsyncIterator[bytes]:
            while data := await self.read_some():
                yield data

        async def read_some(self) -> bytes:
            """What has arrived, up to a limit; empty at the end."""
            try:
                return await self._reply.content.read(_PIECE)
            except BaseException as error:
                # Not every reader closes what broke under it (the SDK does not for an error's body), and a connection
                # in the middle of a body serves nobody else.
                self._reply.close()
                if isinstance(error, foreign):
                    raise translate(error) from error
                raise

        async def aclose(self) -> None:
            self._reply.release()

    class Transport(library.AsyncBaseTransport):
        """Sends over aiohttp. Belongs to the event loop of its first request.

        Args:
            context: the TLS context.
        """

        def __init__(self, context: Any) -> None:
            self._context = context
            self._session: Any = None

        def _open(self) -> Any:
            limits = openai.DEFAULT_CONNECTION_LIMITS
            connector = _quiet_connector()(
                ssl=self._context, limit=limits.max_connections or 0, keepalive_timeout=limits.keepalive_expiry
            )
            # Cookies are the client's business, as are proxies.
            return _quiet_session()(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)

        async def handle_async_request(self, request: Any) -> Any:
            if self._session is None:
                self._session = self._open()
            limits: dict[str, Any] = request.extensions.get("timeout") or {}
            try:
                reply = await self._session.request(
                    request.method,
                    parsed(str(request.url)),
                    headers=request.headers.multi_items(),
                    data=_content(request, library),
                    allow_redirects=False,
                    auto_decompress=False,
                    skip_auto_headers=_NOT_ADDED,
                    timeout=_timeouts(limits.get("pool"), limits.get("connect"), limits.get("read")),
                    server_hostname=request.extensions.get("sni_hostname"),
                )
            except foreign as error:
                raise translate(error) from error
            return library.Response(
                reply.status,
                headers=reply.raw_headers,
                stream=Body(reply),
                request=request,
                extensions={"http_version": b"HTTP/1.1", "reason_phrase": (reply.reason or "").encode()},
            )

        async def aclose(self) -> None:
            if self._session is not None:
                await self._session.close()

    return Transport


def _content(request: Any, library: Any) -> Any:
    try:
        return request.content or None
    except library.RequestNotRead:
        request.headers.pop("transfer-encoding", None)  # aiohttp's own business
        return request.stream


@lru_cache(maxsize=256)
def _timeouts(pool: float | None, connect: float | None, read: float | None) -> Any:
    import aiohttp

    return aiohttp.ClientTimeout(total=None, connect=pool, sock_connect=connect, sock_read=read)


@lru_cache(maxsize=1)
def _quiet_connector() -> Any:
    """A connector that closes quietly when nobody closed it, as httpx's: a script's end must not be complaints."""
    import aiohttp

    class QuietConnector(aiohttp.TCPConnector):
        def __del__(self, _warnings: Any = None) -> None:
            # What `close()` does before there is anything to await; without it sockets would wait for the collector.
            with suppress(Exception):
                getattr(self, "_close_immediately")()  # noqa: B009  # private, so it may be gone

    return QuietConnector


@lru_cache(maxsize=1)
def _quiet_session() -> Any:
    import aiohttp

    with warnings.catch_warnings():
        # aiohttp discourages subclasses because attributes may clash; this one adds none.
        warnings.simplefilter("ignore", DeprecationWarning)

        class QuietSession(aiohttp.ClientSession):
            def __del__(self, _warnings: Any = None) -> None:
                with suppress(Exception):
                    self.detach()

    return QuietSession
