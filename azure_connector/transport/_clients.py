"""HTTP clients as the SDK makes them, with one TLS context for the process.

Building a TLS context costs about 20 ms, most of a client's construction, so equal settings share one.
"""

from __future__ import annotations

import os
import ssl
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import openai

from .._utils import renew_after_fork, spawn
from ..errors import ConfigurationError
from ._async_backend import transport_class
from ._clock import keeping
from ._library import http_library
from ._network import AsyncNetwork, AsyncStream, Network, Stream, drop, install, leave_to_the_parent, note_protocol
from ._proxies import ProxyRules, proxy_rules
from ._reading import AsyncTimedBody, TimedBody, aread_refusal, aread_whole, clock_for, read_refusal, read_whole

__all__ = ["TransportOptions", "async_http_client", "sync_http_client"]


@dataclass(frozen=True, slots=True)
class TransportOptions:
    """How connections are made.

    Attributes:
        ca_bundle: path of a PEM file with the certificate authorities to trust instead of the usual ones.
        client_certificate: path of a PEM file with the client's certificate (and its key, unless `client_key`).
        client_key: path of the key's PEM file.
        proxy: URL of the proxy, checked (`checked_proxy`); None leaves it to `HTTPS_PROXY` and its kin.
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
            hint=f"Check {_named_files(ca_bundle, certificate, key)}: each file must exist and be PEM.",
        ) from None
    return context


def _named_files(ca_bundle: str | None, certificate: str | None, key: str | None) -> str:
    given = {"ca_bundle": ca_bundle, "tls_client_certificate": certificate, "tls_client_key": key}
    return " and ".join(f"{name} ({path})" for name, path in given.items() if path)


def _trusting(authorities: str) -> ssl.SSLContext:
    """A context that trusts a file's certificates, or a directory's (`REQUESTS_CA_BUNDLE` may name either)."""
    if Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)


def _default_context() -> ssl.SSLContext:
    """The authorities that httpx trusts: certifi's, unless `SSL_CERT_FILE` or `SSL_CERT_DIR` name others."""
    import certifi

    return _trusting(os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR") or certifi.where())


def _arguments(options: TransportOptions, transport: Any, rules: ProxyRules) -> dict[str, Any]:
    """How an httpx client is made, whose connections go through a proxy where a rule says so."""
    context = tls_context(options.ca_bundle, options.client_certificate, options.client_key)
    how: dict[str, Any] = {"verify": context, "limits": openai.DEFAULT_CONNECTION_LIMITS}
    mounts = {f"{kind}://": transport(proxy=url, **how) for kind, url in rules.proxies.items()} if rules else {}
    # What httpx would read of the environment is read: the authorities, and the proxies.
    return {"transport": transport(**how), "mounts": mounts, "verify": context, "trust_env": False}


def _skip_bypassed(client: Any, rules: ProxyRules) -> Any:
    """The client, whose first pattern is the hosts that have no proxy: httpx's own know no networks."""
    if rules and rules.bypass.text:
        client._mounts = {rules.bypass: None, **client._mounts}
    return client


def _transports(client: Any) -> list[Any]:
    """Everything that an httpx client sends with: its own transport, and one for each proxy."""
    return [client._transport, *(each for each in client._mounts.values() if each is not None)]


class _FollowsNothing:
    """Stands before httpx's clients, which prepare a redirect's next request even where nobody follows it, and raise
    for a `location` that is no URL: the reply itself is what is judged.
    """

    def _build_redirect_request(self, request: Any, response: Any) -> Any:
        return None


class _SyncClient(_FollowsNothing, openai.DefaultHttpxClient):
    """Keeps to the clock, and has new connections in a forked child: those that it finds there are the parent's.

    Args:
        make: makes a client to take new connections from.
    """

    def __init__(self, make: Callable[[], Any], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._make = make
        install(Network, _transports(self))
        renew_after_fork(self)
        self._kept = _transports(self)
        # Garbage in a cycle is finalized in any order, and a socket that goes before its client complains; a weak
        # reference's callback goes before them all.
        weakref.finalize(self, _close, self._kept).atexit = False

    def after_fork(self) -> None:
        """In the child: locks of the parent's pools may be held for ever, and its sockets are not ours."""
        leave_to_the_parent(self._kept)
        fresh: Any = self._make()
        install(Network, _transports(fresh))
        mine: Any = self
        mine._transport, mine._mounts = fresh._transport, fresh._mounts
        self._kept[:] = _transports(self)

    def send(self, request: Any, *, stream: bool = False, **how: Any) -> Any:
        clock = clock_for(request)
        with keeping(clock):
            response: Any = super().send(request, stream=True, **how)
            connection = response.extensions.get("network_stream")
            if getattr(connection, "protocol", self) is None:
                note_protocol(connection, _transports(self))
            if not response.is_success:
                read_refusal(response)
            elif not stream:
                read_whole(response)
        if not response.is_closed and isinstance(connection, Stream):
            response.stream = TimedBody(response, connection, clock)
        return response

    def __del__(self) -> None:
        # A client that nobody closed, as the SDK's own: its connections must not outlive it.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            self.close()


class _AsyncClient(_FollowsNothing, openai.DefaultAsyncHttpxClient):
    """Belongs to one event loop, so to one process: in a forked child it does nothing."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._pid = os.getpid()
        ours = transport_class()
        self._keeps_time = ours is not None and isinstance(self._transport, ours)
        if not self._keeps_time:
            install(AsyncNetwork, _transports(self))

    async def send(self, request: Any, *, stream: bool = False, **how: Any) -> Any:
        if self._keeps_time:
            request.extensions["whole"] = not stream
            response: Any = await super().send(request, stream=True, **how)
            if not response.is_success:
                await aread_refusal(response)
            elif not stream:
                await aread_whole(response)
            return response
        clock = clock_for(request)
        with keeping(clock):
            response = await super().send(request, stream=True, **how)
            connection = response.extensions.get("network_stream")
            if getattr(connection, "protocol", self) is None:
                note_protocol(connection, _transports(self))
            if not response.is_success:
                await aread_refusal(response)
            elif not stream:
                await aread_whole(response)
        if not response.is_closed and isinstance(connection, AsyncStream):
            response.stream = AsyncTimedBody(response, connection, clock)
        return response

    async def aclose(self) -> None:
        if self._pid == os.getpid():
            await super().aclose()

    def drop(self) -> None:
        """Closes the sockets of an event loop that is closed, where nothing can be awaited any more."""
        mine: Any = self._transport
        if self._keeps_time:
            mine.drop()
        else:
            drop(_transports(self))

    def __del__(self) -> None:
        # Only where a loop still runs can connections be closed; elsewhere they went with their loop.
        with suppress(Exception):  # at the interpreter's end anything may be gone
            if not self.is_closed and self._pid == os.getpid():
                spawn(self.aclose())


def _close(transports: list[Any]) -> None:
    for transport in transports:
        with suppress(Exception):  # a connection may be broken in any way
            transport.close()


def _plain_sync_client(options: TransportOptions) -> Any:
    """What a sync client's transports are taken from: one that was never used, and need not be closed."""
    rules = proxy_rules(options.proxy)
    arguments = _arguments(options, http_library().HTTPTransport, rules)
    return _skip_bypassed(openai.DefaultHttpxClient(**arguments), rules)


def sync_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the sync SDK: httpx, or httpx2 under openai 3."""
    rules = proxy_rules(options.proxy)
    arguments = _arguments(options, http_library().HTTPTransport, rules)
    return _skip_bypassed(_SyncClient(partial(_plain_sync_client, options), **arguments), rules)


def async_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the async SDK: over aiohttp where the extra `fast` is installed, else over httpx.

    Its connections belong to the event loop that first uses it.
    """
    rules = proxy_rules(options.proxy)
    arguments = _arguments(options, http_library().AsyncHTTPTransport, rules)
    if not rules and (make := transport_class()) is not None:
        arguments["transport"] = make(arguments["verify"])
    return _skip_bypassed(_AsyncClient(**arguments), rules)
