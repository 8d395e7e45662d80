"""What the async SDK client sends over: the SDK's HTTP library, or a transport over aiohttp if that is installed."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

import openai

__all__ = ["http_library", "transport_class"]


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
        from ._aiohttp import Transport  # here, so that aiohttp is loaded with the first async client only
    except ImportError:
        return None
    return Transport
