"""HTTP clients as the SDK makes them, with one TLS context for the process.

Building a TLS context costs about 20 ms, most of a client's construction, so equal settings share one.
"""

from __future__ import annotations

import ssl
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.request import getproxies

import openai

from .._utils import spawn
from ..errors import ConfigurationError
from ._async_backend import transport_class
from ._library import http_library

__all__ = ["TransportOptions", "async_http_client", "sync_http_client"]


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
    import os

    import certifi

    return _trusting(os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or certifi.where())


def _arguments(options: TransportOptions) -> dict[str, Any]:
    context = tls_context(options.ca_bundle, options.client_certificate, options.client_key)
    arguments: dict[str, Any] = {"verify": context}
    if options.proxy is not None:
        arguments["proxy"] = options.proxy
    return arguments


class _SyncClient(openai.DefaultHttpxClient):
    def __del__(self) -> None:
        # A client that nobody closed, as the SDK's own: its connections must not outlive it.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            self.close()


class _AsyncClient(openai.DefaultAsyncHttpxClient):
    def __del__(self) -> None:
        # Only where a loop still runs can connections be closed; elsewhere they went with their loop.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            if not self.is_closed:
                spawn(self.aclose())


def _needs_proxy(options: TransportOptions) -> bool:
    """Whether connections may go through a proxy: then httpx makes them, with all its rules."""
    return options.proxy is not None or not {"http", "https", "all"}.isdisjoint(getproxies())


_body_end: ContextVar[float | None] = ContextVar("azure_connector_body_end", default=None)


@contextmanager
def body_deadline(seconds: float | None) -> Generator[None]:
    """Within it, sync replies must have been read so many seconds from now: a read timeout alone starts anew with
    every piece of a body that drips.
    """
    if seconds is None:
        yield
        return
    token = _body_end.set(monotonic() + seconds)
    try:
        yield
    finally:
        _body_end.reset(token)


@lru_cache(maxsize=1)
def _watching_transport() -> Any:
    """httpx's transport, which also minds `body_deadline`."""
    library: Any = http_library()
    handle = library.HTTPTransport.handle_request

    class TimedBody(library.SyncByteStream):
        def __init__(self, stream: Any, end: float) -> None:
            self._stream, self._end = stream, end

        def __iter__(self) -> Iterator[bytes]:
            for part in self._stream:
                if monotonic() > self._end:
                    raise library.ReadTimeout("the reply was not complete before the deadline")
                yield part

        def close(self) -> None:
            self._stream.close()

    class Transport(library.HTTPTransport):
        def handle_request(self, request: Any) -> Any:
            response: Any = handle(self, request)
            if (end := _body_end.get()) is not None:
                response.stream = TimedBody(response.stream, end)
            return response

    return Transport


def sync_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the sync SDK: httpx, or httpx2 under openai 3."""
    arguments = _arguments(options)
    if _needs_proxy(options):
        return _SyncClient(**arguments)
    transport = _watching_transport()(limits=openai.DEFAULT_CONNECTION_LIMITS, **arguments)
    client = _SyncClient(transport=transport, **arguments)
    # Garbage in a cycle is finalized in any order, and a socket that goes before its client complains; a weak
    # reference's callback goes before them all.
    weakref.finalize(client, _close, transport).atexit = False
    return client


def _close(transport: Any) -> None:
    with suppress(Exception):  # a connection may be broken in any way
        transport.close()


def async_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the async SDK: over aiohttp where the extra `fast` is installed, else over httpx.

    Its connections belong to the event loop that first uses it.
    """
    arguments = _arguments(options)
    if _needs_proxy(options):
        return _AsyncClient(**arguments)
    make = transport_class()
    limits = openai.DEFAULT_CONNECTION_LIMITS
    transport = make(arguments["verify"]) if make else http_library().AsyncHTTPTransport(limits=limits, **arguments)
    return _AsyncClient(transport=transport, **arguments)
