"""Which proxy serves which host: read once from the setting or from `HTTPS_PROXY` and its kin, and checked.

httpx would read the variables itself, but fails on networks in `NO_PROXY`, and says of a proxy that is written wrongly
only what it stumbled over.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from ..errors import ConfigurationError
from ._library import http_library

__all__ = ["Bypass", "ProxyRules", "checked_proxy", "proxy_rules"]

_KINDS = ("http", "https", "all")
_HOW = (
    "Write it as http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT with every special character of user and password "
    "as its code: @ is %40, : is %3A, / is %2F, # is %23, ? is %3F, % is %25 (urllib.parse.quote(password, safe=''))."
)
_SPECIAL = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:%-]|%(?![0-9A-Fa-f]{2})")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Bypass:
    """`NO_PROXY`: names with what stands below them, addresses, networks, each perhaps with a port; `*` for all.

    Args:
        text: the entries, separated by commas or blanks.
    """

    text: str

    @cached_property
    def _entries(self) -> tuple[tuple[str | _Network, int | None], ...]:
        return tuple(_entry(part) for part in re.split(r"[,\s]+", self.text) if part)

    @property
    def everything(self) -> bool:
        """Whether no host has a proxy."""
        return any(name == "*" for name, _ in self._entries)

    def covers(self, host: str, port: int | None) -> bool:
        """Whether a host is reached without a proxy."""
        host = host.lower().strip("[]").rstrip(".")
        address = _address(host)
        for entry, only in self._entries:
            if only is not None and only != port:
                continue
            if isinstance(entry, str):
                if entry in ("*", host) or (address is None and host.endswith(f".{entry}")):
                    return True
            elif address is not None and address.version == entry.version and address in entry:
                return True
        return False

    def matches(self, url: Any) -> bool:
        """As httpx asks its patterns, which stand before the transports of a client."""
        return self.covers(url.host, url.port if url.port is not None else {"https": 443}.get(url.scheme, 80))


@dataclass(frozen=True, slots=True)
class ProxyRules:
    """The proxies of a process, or of a client.

    Attributes:
        proxies: `http`, `https` or `all` -> the proxy's URL, which may hold a password.
        origins: the same -> where it is set.
        bypass: the hosts that have none.
    """

    proxies: Mapping[str, str]
    origins: Mapping[str, str]
    bypass: Bypass = Bypass("")

    def __repr__(self) -> str:
        return f"ProxyRules({', '.join(self.origins.values()) or 'none'})"

    def __bool__(self) -> bool:
        return bool(self.proxies) and not self.bypass.everything

    def of(self, scheme: str, host: str, port: int | None) -> tuple[str, str] | None:
        """The proxy for a host, and where it is set; None where it has none."""
        kind = next((kind for kind in (scheme, "all") if kind in self.proxies), None)
        if kind is None or self.bypass.covers(host, port):
            return None
        return self.proxies[kind], self.origins[kind]


def proxy_rules(proxy: str | None, origin: str = "the setting") -> ProxyRules:
    """The proxies that hold.

    Args:
        proxy: the setting, which goes before the variables and serves every host.
        origin: where the setting comes from.

    Raises:
        ConfigurationError: one of them is written in a way that could not be used.
    """
    if proxy is not None:
        return ProxyRules({"all": checked_proxy(proxy, f"proxy ({origin})")}, {"all": f"proxy ({origin})"})
    found = getproxies()
    bypass = Bypass(found.get("no", ""))
    if bypass.everything:
        return ProxyRules({}, {}, bypass)
    names = {kind: _variable(kind) for kind in _KINDS if found.get(kind)}
    # In a variable the scheme may be missing, as every tool has it.
    urls = {kind: found[kind] if "://" in found[kind] else f"http://{found[kind]}" for kind in names}
    return ProxyRules({kind: checked_proxy(url, names[kind]) for kind, url in urls.items()}, names, bypass)


def _variable(kind: str) -> str:
    """The variable that decides a proxy: `urllib` prefers the one in small letters."""
    names = (f"{kind}_proxy", f"{kind.upper()}_PROXY")
    return next((name for name in names if os.environ.get(name)), names[1])


def checked_proxy(url: str, origin: str) -> str:
    """A proxy's URL.

    Raises:
        ConfigurationError: it could not be used; it says how to write it, without a word of what stands there.
    """
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        raise ConfigurationError(f"{origin} has no scheme.", hint=_HOW)
    if scheme.lower().startswith("socks"):
        _check_socks(scheme.lower(), origin)
    elif scheme.lower() not in ("http", "https"):
        raise ConfigurationError(f"{origin} begins with {scheme}://, which is no proxy's scheme.", hint=_HOW)
    authority, _, _ = rest.rpartition("@")
    if _SPECIAL.search(authority):
        raise ConfigurationError(f"{origin} has special characters in its user name or password.", hint=_HOW)
    try:
        parts = urlsplit(url.strip())
        usable = bool(parts.hostname) and not parts.query and not parts.fragment and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(f"{origin} names no host and port that could be a proxy's.", hint=_HOW)
    return url.strip()


def _check_socks(scheme: str, origin: str) -> None:
    if scheme in ("socks5", "socks5h") and find_spec("socksio") is not None:
        return
    library = http_library().__name__
    raise ConfigurationError(
        f"{origin} is a SOCKS proxy ({scheme}), which nothing installed here speaks.",
        hint=f"{_HOW} For socks5: pip install '{library}[socks]' pysocks (the second is for token calls).",
    )


def _entry(text: str) -> tuple[str | _Network, int | None]:
    """One entry: a name without leading dots or stars, or a network, and its port."""
    plain = text.lower()
    with suppress(ValueError):
        return ipaddress.ip_network(re.sub(r"^\[(.*)\]$", r"\1", plain), strict=False), None
    name, separator, port = plain.rpartition(":")
    if separator and port.isdecimal():
        entry, _ = _entry(name)
        return entry, int(port)
    return plain if plain == "*" else plain.lstrip("*").strip("."), None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
