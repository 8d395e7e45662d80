"""Which HTTP library the SDK uses: httpx, or httpx2 from openai 3 on."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import openai

__all__ = ["http_library"]


def http_library() -> Any:
    """The HTTP library that this version of the SDK uses: httpx, or httpx2 from openai 3 on."""
    client: Any = openai.DefaultAsyncHttpxClient
    return import_module(
        next(base.__module__.partition(".")[0] for base in client.__mro__ if "httpx" in base.__module__)
    )
