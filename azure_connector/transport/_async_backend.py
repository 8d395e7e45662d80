"""What the async SDK client sends over: a transport over aiohttp if that is installed, else the SDK's HTTP library."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

__all__ = ["transport_class"]


@lru_cache(maxsize=1)
def transport_class() -> Any:
    """The transport's class, `Transport(ssl_context)`; None where aiohttp is not installed."""
    try:
        from ._aiohttp import Transport  # here, so that aiohttp is loaded with the first async client only
    except ImportError:
        return None
    return Transport
