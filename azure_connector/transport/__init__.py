"""HTTP clients, aiohttp, TLS, the JSON request, the end of a body, redirects."""

from __future__ import annotations

from ._body import AsyncBody, Body
from ._clients import TransportOptions, async_http_client, body_deadline, sync_http_client, tls_context
from ._json_request import JsonRequestBuilder
from ._library import http_library
from ._redirects import Redirect, redirect_of

__all__ = [
    "AsyncBody",
    "Body",
    "JsonRequestBuilder",
    "Redirect",
    "TransportOptions",
    "async_http_client",
    "body_deadline",
    "http_library",
    "redirect_of",
    "sync_http_client",
    "tls_context",
]
