"""HTTP clients as the SDK makes them, with one TLS context for the process.

Building a TLS context costs about 20 ms, most of a client's construction, so equal settings share one.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.request import getproxies

import openai

from ..errors import ConfigurationError
from ._async_backend import transport_class
from ._http_client import AsyncClient, SyncClient
from ._library import http_library

__all__ = ["TransportOptions", "async_http_client", "sync_http_client", "tls_context"]


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """How connections are made.

    Attributes:
        ca_bundle: path of a PEM file with the certificate authorities to trust instead of the usual ones.
        client_certificate: path of a PEM file with the client's certificate (and its key, unless `client_key`).
        client_key: path of the key's PEM file.
        proxy: URL of the proxy; None leaves it to `HTTPS_PROXY` and its kin.
    """

    ca_bundle: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    proxy: str | None = None

    def __repr__(self) -> str:
        # A proxy's URL may hold its password.
        return f"TransportOptions(ca_bundle={self.ca_bundle!r}, proxy={'set' if self.proxy else None})"


@lru_cache(maxsize=32)
def tls_context(ca_bundle: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    """The process's TLS context for these files.

    Raises:
        ConfigurationError: a file is missing or holds no certificate.
    """
    try:
        context = _trusting(ca_bundle) if ca_bundle else _default_context()
        if certificate:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"TLS cannot be set up: {error}",
            hint=f"Check the files of ca_bundle ({ca_bundle}), tls_client_certificate ({certificate}) and "
            f"tls_client_key ({key}): each must exist and be PEM.",
        ) from None
    return context


def _trusting(authorities: str) -> ssl.SSLContext:
    """A context that trusts a file's certificates, or a directory's (`REQUESTS_CA_BUNDLE` may name either)."""
    if Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)


def _default_context() -> ssl.SSLContext:
    """The authorities that httpx trusts: certifi's, unless `SSL_CERT_FILE` or `SSL_CERT_DIR` name others."""
    import certifi

    return _trusting(os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or certifi.where())


def _arguments(options: TransportOptions) -> dict[str, Any]:
    context = tls_context(options.ca_bundle, options.client_certificate, options.client_key)
    arguments: dict[str, Any] = {"verify": context}
    if options.proxy is not None:
        arguments["proxy"] = options.proxy
    return arguments


def _needs_proxy(options: TransportOptions) -> bool:
    """Whether connections may go through a proxy: then httpx makes them, with all its rules."""
    return options.proxy is not None or not {"http", "https", "all"}.isdisjoint(getproxies())


def _plain_sync_client(options: TransportOptions) -> Any:
    """What a sync client's transports are taken from: one that was never used, and need not be closed."""
    arguments = _arguments(options)
    if not _needs_proxy(options):
        arguments["transport"] = http_library().HTTPTransport(limits=openai.DEFAULT_CONNECTION_LIMITS, **arguments)
    return openai.DefaultHttpxClient(**arguments)


def sync_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the sync SDK: httpx, or httpx2 under openai 3."""
    arguments = _arguments(options)
    if not _needs_proxy(options):
        arguments["transport"] = http_library().HTTPTransport(limits=openai.DEFAULT_CONNECTION_LIMITS, **arguments)
    return SyncClient(partial(_plain_sync_client, options), **arguments)


def async_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the async SDK: over aiohttp where the extra `fast` is installed, else over httpx.

    Its connections belong to the event loop that first uses it.
    """
    arguments = _arguments(options)
    if _needs_proxy(options):
        return AsyncClient(**arguments)
    make = transport_class()
    limits = openai.DEFAULT_CONNECTION_LIMITS
    transport = make(arguments["verify"]) if make else http_library().AsyncHTTPTransport(limits=limits, **arguments)
    return AsyncClient(transport=transport, **arguments)
