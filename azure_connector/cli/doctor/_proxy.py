"""The way to a host: directly or through a proxy."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from ...settings import Resource, leave_out
from ...transport import TransportOptions, proxy_rules

__all__ = ["Way", "way_to"]


@dataclass(frozen=True, slots=True)
class Way:
    """How a resource's host is reached.

    Attributes:
        host, port: the resource's.
        tls: whether it is https.
        proxy: the proxy's URL, or None; it may hold a password, so it is never shown (see `proxy_name`).
        proxy_origin: where the proxy is set.
        without_proxy: how to take the setting away.
    """

    host: str
    port: int
    tls: bool
    proxy: str | None = None
    proxy_origin: str = ""
    without_proxy: str = ""

    def __repr__(self) -> str:
        return f"Way({self.host}:{self.port}, proxy={self.proxy_name or None})"

    @property
    def _proxy(self) -> SplitResult:
        return urlsplit(self.proxy or "")

    @property
    def first_hop(self) -> tuple[str, int]:
        """What is connected to: the proxy, or the host itself."""
        if self.proxy is None:
            return self.host, self.port
        return self._proxy.hostname or "", self._proxy.port or (443 if self._proxy.scheme == "https" else 80)

    @property
    def proxy_name(self) -> str:
        """The proxy without user and password; empty where there is none."""
        return "" if self.proxy is None else ":".join(map(str, self.first_hop))

    def proxy_authorization(self) -> str | None:
        """The header that carries the proxy's user and password, if it has them."""
        if not self._proxy.username:
            return None
        pair = f"{unquote(self._proxy.username)}:{unquote(self._proxy.password or '')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


def way_to(resource: Resource, transport: TransportOptions, origin: str) -> Way:
    """The way that calls take to a resource.

    Args:
        resource: the resource.
        transport: the settings' proxy, if there is one.
        origin: where the settings' proxy comes from.
    """
    parts = urlsplit(resource.endpoint.base)
    tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    found = proxy_rules(transport.proxy, origin).of(parts.scheme, host, port)
    return Way(host, port, tls, *(found or ()), *((leave_out("proxy", origin),) if found else ()))
