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

import openai

from ..errors import ConfigurationError
from ._async_backend import transport_class
from ._http_client import AsyncClient, SyncClient
from ._library import http_library
from ._proxies import ProxyRules, proxy_rules

__all__ = ["TransportOptions", "async_http_client", "sync_http_client", "tls_context"]


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


def _plain_sync_client(options: TransportOptions) -> Any:
    """What a sync client's transports are taken from: one that was never used, and need not be closed."""
    rules = proxy_rules(options.proxy)
    arguments = _arguments(options, http_library().HTTPTransport, rules)
    return _skip_bypassed(openai.DefaultHttpxClient(**arguments), rules)


def sync_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the sync SDK: httpx, or httpx2 under openai 3."""
    rules = proxy_rules(options.proxy)
    arguments = _arguments(options, http_library().HTTPTransport, rules)
    return _skip_bypassed(SyncClient(partial(_plain_sync_client, options), **arguments), rules)


def async_http_client(options: TransportOptions) -> Any:
    """An HTTP client for the async SDK: over aiohttp where the extra `fast` is installed, else over httpx.

    Its connections belong to the event loop that first uses it.
    """
    rules = proxy_rules(options.proxy)
    arguments = _arguments(options, http_library().AsyncHTTPTransport, rules)
    if not rules and (make := transport_class()) is not None:
        arguments["transport"] = make(arguments["verify"])
    return _skip_bypassed(AsyncClient(**arguments), rules)
