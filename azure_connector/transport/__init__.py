"""HTTP clients, aiohttp, TLS, the JSON request, the end of a body, redirects."""

from __future__ import annotations

from ._body import AsyncBody, Body
from ._clients import TransportOptions, async_http_client, sync_http_client, tls_context
from ._http_client import LARGEST, TooLargeError
from ._json_request import JsonRequestBuilder
from ._library import http_library
from ._loops import when_loop_closes, when_loop_ends
from ._network import body_deadline
from ._redirects import Redirect, redirect_of

__all__ = [
    "LARGEST",
    "AsyncBody",
    "Body",
    "JsonRequestBuilder",
    "Redirect",
    "TooLargeError",
    "TransportOptions",
    "async_http_client",
    "body_deadline",
    "http_library",
    "redirect_of",
    "sync_http_client",
    "tls_context",
    "when_loop_closes",
    "when_loop_ends",
]
