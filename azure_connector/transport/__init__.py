"""HTTP clients, aiohttp, TLS, the JSON request, the end of a body, redirects."""

from __future__ import annotations

from .._utils import ForkLock
from ._body import AsyncBody, Body
from ._clients import TransportOptions, async_http_client, sync_http_client, tls_context
from ._http_client import LARGEST, TooLargeError
from ._json_request import JsonRequestBuilder
from ._library import as_httpx, http_library
from ._loops import when_loop_closes, when_loop_ends
from ._network import body_deadline
from ._proxies import checked_proxy, proxy_rules
from ._redirects import Redirect, redirect_of, redirect_to

__all__ = [
    "LARGEST",
    "AsyncBody",
    "Body",
    "ForkLock",
    "JsonRequestBuilder",
    "Redirect",
    "TooLargeError",
    "TransportOptions",
    "as_httpx",
    "async_http_client",
    "body_deadline",
    "checked_proxy",
    "http_library",
    "proxy_rules",
    "redirect_of",
    "redirect_to",
    "sync_http_client",
    "tls_context",
    "when_loop_closes",
    "when_loop_ends",
]
