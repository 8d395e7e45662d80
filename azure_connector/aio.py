"""The aiohttp transport under the async SDK client: a fraction of httpx's CPU, and streams keep their connection.

Used by itself where the extra `fast` is installed; everything else stays the SDK's own.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any

import openai

__all__ = ["aiohttp_client_class"]


def aiohttp_client_class() -> type[Any] | None:
    """The SDK's client class over aiohttp, or None where it cannot be had: not installed, or another HTTP library.

    Both its session and its connector close quietly when nobody closed them, as httpx's do: a script that ends
    without `close()` must not end in complaints.
    """
    try:
        import aiohttp
        from httpx_aiohttp import AiohttpTransport, HttpxAiohttpClient
    except ImportError:
        return None
    base: Any = openai.DefaultAioHttpClient
    if not issubclass(base, HttpxAiohttpClient):  # the SDK found no httpx_aiohttp, or has moved to httpx2
        return None

    class QuietConnector(aiohttp.TCPConnector):
        def __del__(self, _warnings: Any = None) -> None:
            # What `close()` does before there is anything to await; without it sockets would wait for the collector.
            with suppress(Exception):
                getattr(self, "_close_immediately")()  # noqa: B009  # private, so it may be gone

    with warnings.catch_warnings():
        # aiohttp discourages subclasses because attributes may clash; this one adds none.
        warnings.simplefilter("ignore", DeprecationWarning)

        class QuietSession(aiohttp.ClientSession):
            def __del__(self, _warnings: Any = None) -> None:
                with suppress(Exception):
                    self.detach()

    class AioClient(base):
        def __init__(self, **options: Any) -> None:
            context, limits = options["verify"], openai.DEFAULT_CONNECTION_LIMITS

            def session() -> Any:
                connector = QuietConnector(
                    ssl=context, limit=limits.max_connections or 0, keepalive_timeout=limits.keepalive_expiry
                )
                return QuietSession(connector=connector)

            proxied = options.get("proxy") is not None
            transport = None if proxied else AiohttpTransport(verify=context, limits=limits, client=session)
            super().__init__(transport=transport, **options)

    return AioClient
