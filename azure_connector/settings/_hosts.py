"""Whose host an address is, which cloud it belongs to, and what may be sent to it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from ..errors import ConfigurationError

__all__ = [
    "AUTHORITY_HOSTS",
    "DEFAULT_PORTS",
    "MANAGEMENT_HOSTS",
    "SCOPES",
    "SUFFIXES",
    "Cloud",
    "HostKind",
    "ascii_host",
    "classify",
    "host_is_listed",
    "is_loopback",
    "origin_of",
    "refuse_lookalike",
    "resource_name",
    "same_origin",
    "same_resource",
]

HostKind = Literal["azure", "foundry", "gateway", "loopback", "other"]
Cloud = Literal["public", "usgov", "china"]

# The regional `api.cognitive.microsoft.com` addresses still serve older resources.
_REGIONAL = "api.cognitive.microsoft.com"
SUFFIXES: Mapping[str, tuple[HostKind, Cloud]] = {
    "openai.azure.com": ("azure", "public"),
    "cognitiveservices.azure.com": ("azure", "public"),
    _REGIONAL: ("azure", "public"),
    "services.ai.azure.com": ("foundry", "public"),
    "azure-api.net": ("gateway", "public"),
    "openai.azure.us": ("azure", "usgov"),
    "cognitiveservices.azure.us": ("azure", "usgov"),
    "services.ai.azure.us": ("foundry", "usgov"),
    "azure-api.us": ("gateway", "usgov"),
    "openai.azure.cn": ("azure", "china"),
    "cognitiveservices.azure.cn": ("azure", "china"),
    "azure-api.cn": ("gateway", "china"),
}
"""Microsoft's own suffixes -> whose hosts below them are, and their cloud."""

MANAGEMENT_HOSTS: Mapping[Cloud, str] = {
    "public": "https://management.azure.com",
    "usgov": "https://management.usgovcloudapi.net",
    "china": "https://management.chinacloudapi.cn",
}
"""The management plane's address per cloud, as azure-core's `AzureClouds` have it."""

SCOPES: Mapping[Cloud, tuple[str, ...]] = {
    "public": ("https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default"),
    "usgov": ("https://cognitiveservices.azure.us/.default", "https://ai.azure.us/.default"),
    "china": ("https://cognitiveservices.azure.cn/.default",),
}
"""The token scopes that a cloud's resources take; the first is the default (Foundry's hosts: the last)."""

AUTHORITY_HOSTS: Mapping[Cloud, str] = {
    "public": "https://login.microsoftonline.com",
    "usgov": "https://login.microsoftonline.us",
    "china": "https://login.chinacloudapi.cn",
}
"""Entra ID's address per cloud, as azure-identity's `AzureAuthorityHosts` has them."""

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
"""The port that a URL means where it names none."""

# A suffix followed by a letter or digit is part of a longer word (`openai.azure.company.com`), not an imitation.
_SUFFIX_INSIDE = re.compile("(" + "|".join(map(re.escape, SUFFIXES)) + r")(?=[^a-z0-9])")
_PLAIN_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def ascii_host(host: str) -> str | None:
    """The host in lower case and ASCII, without a closing dot and without brackets; None where it is no host at all."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host).compressed if "%" not in host else None
        except ValueError:
            return None
    try:
        # The codec also folds full-width letters and dots, so that what is compared below is what will be resolved.
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    name = name.lower().removesuffix(".")
    return name if _PLAIN_HOST.fullmatch(name) else None


def is_loopback(host: str) -> bool:
    """Whether the host is this very machine: `localhost`, `*.localhost`, 127.0.0.0/8 or ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def classify(host: str) -> tuple[HostKind, Cloud]:
    """Whose host this is, by its suffix. Only a real suffix counts: the text before it must end with a dot."""
    if is_loopback(host):
        return "loopback", "public"
    for suffix, found in SUFFIXES.items():
        if host.endswith("." + suffix):
            return found
    return "other", "public"


def refuse_lookalike(host: str) -> None:
    """Refuse a host that contains one of Azure's suffixes without ending in it.

    Raises:
        ConfigurationError: for `r.openai.azure.com.evil.example` and its like.
    """
    inside = _SUFFIX_INSIDE.search(host)
    if inside and not any(host.endswith("." + suffix) for suffix in SUFFIXES):
        raise ConfigurationError(
            f"The host {host!r} only looks like Azure's: it contains {inside[1]!r} but does not end with it.",
            hint="Check the endpoint. Nothing was sent to it.",
        )


def host_is_listed(host: str, port: int | None, listed: Collection[str]) -> bool:
    """Whether a list of hosts from the settings names this one, as `host` or `host:port`, in any case."""
    bare = f"[{host}]" if ":" in host else host
    wanted = {host, bare, f"{bare}:{port}"}
    return any(entry.strip().lower() in wanted for entry in listed)


@lru_cache(maxsize=256)
def origin_of(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an absolute URL, in one spelling; None where it has none."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if not scheme or host is None:
        return None
    return scheme, host, port if port is not None else DEFAULT_PORTS.get(scheme)


def same_origin(a: str, b: str) -> bool:
    """Whether two URLs share scheme, host and port, so that a credential for one may go to the other."""
    first = origin_of(a)
    return first is not None and first == origin_of(b)


def resource_name(url: str) -> tuple[str, Cloud] | None:
    """The resource that a host under one of Azure's own suffixes stands for, and its cloud; None for other hosts.

    A resource has several hosts (`NAME.openai.azure.com`, `NAME.cognitiveservices.azure.com`, …). The regional
    addresses serve many resources, so each stands for itself. Gateways are anyone's.
    """
    origin = origin_of(url)
    if origin is None or origin[0] != "https" or origin[2] != DEFAULT_PORTS["https"]:
        return None
    name, _, suffix = origin[1].partition(".")
    kind, cloud = SUFFIXES.get(suffix, ("other", "public"))
    if kind not in ("azure", "foundry"):
        return None
    return (origin[1] if suffix == _REGIONAL else name), cloud


def same_resource(a: str, b: str) -> bool:
    """Whether two URLs lead to the same resource: the same origin, or two of its hosts."""
    name = resource_name(a)
    return same_origin(a, b) or (name is not None and name == resource_name(b))
