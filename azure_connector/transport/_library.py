"""Which HTTP library the SDK uses: httpx, or httpx2 from openai 3 on."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import openai

__all__ = ["as_httpx", "http_library"]

_BODY_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def http_library() -> Any:
    """The HTTP library that this version of the SDK uses: httpx, or httpx2 from openai 3 on."""
    client: Any = openai.DefaultAsyncHttpxClient
    return import_module(
        next(base.__module__.partition(".")[0] for base in client.__mro__ if "httpx" in base.__module__)
    )


def as_httpx(response: Any) -> Any:
    """A reply that was read, as an `httpx.Response`: frameworks know no other, and the SDK may use another library.

    Args:
        response: the HTTP library's.
    """
    httpx: Any = import_module("httpx")
    if isinstance(response, httpx.Response):
        return response
    headers = {name: value for name, value in response.headers.items() if name.lower() not in _BODY_HEADERS}
    request = httpx.Request(response.request.method, str(response.request.url))
    return httpx.Response(response.status_code, headers=headers, content=response.content, request=request)
