"""Whose a setting is, and where it may go: a directory does not decide where the user's secrets are sent.

The files that merely lie in the working directory (`azure_connector.toml` and `.env` that nobody named) are one source,
the directory. What stands literally in them is the directory's; everything else is the user's. Pure: nothing is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit

from ._endpoint import Endpoint
from ._hosts import AUTHORITY_HOSTS, SCOPES, host_is_listed, is_loopback, origin_of, resource_name, same_resource

__all__ = [
    "SOURCE_KINDS",
    "STEERING_HEADERS",
    "VAULT_SUFFIXES",
    "Credential",
    "Named",
    "Place",
    "SourceKind",
    "TrustedHosts",
    "check_found_value",
    "is_known_cloud",
    "refusal",
]

SourceKind = Literal["argument", "file", "environment", "directory"]

SOURCE_KINDS: Mapping[SourceKind, str] = {
    "argument": "an argument",
    "file": "a file that you name (`config_file=`, `env_file=`, `AZURE_CONNECTOR_CONFIG`, …)",
    "environment": "the environment",
    "directory": "`azure_connector.toml` or `.env` of the working directory, which nobody named",
}
"""The kinds of sources. All but the last one are trusted."""

VAULT_SUFFIXES = ("vault.azure.net", "vault.azure.cn", "vault.usgovcloudapi.net")
"""Key Vault's hosts per cloud (https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates)."""


STEERING_HEADERS = frozenset({"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"})
"""Headers that decide where a request ends and how it is cut: a file that nobody named sets none of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands.

    Attributes:
        kind: the source's kind; for a value that `${NAME}` brought from the environment: `environment`.
        text: in words.
        referenced: `${NAME}` brought it.
    """

    kind: SourceKind
    text: str
    referenced: bool = False

    @property
    def found(self) -> bool:
        """Whether nobody named it."""
        return self.kind == "directory"


@dataclass(frozen=True, slots=True)
class Named:
    """An endpoint and where it was named."""

    endpoint: Endpoint
    place: Place


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential that would be sent to an endpoint.

    Attributes:
        setting: what chose it.
        place: where.
        directory: it stands literally in a file of the working directory.
        identity: it is good for every resource, unlike a key or a header.
        beside: the endpoints that its own source names.
    """

    setting: str
    place: Place
    directory: bool
    identity: bool
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """The hosts that trusted sources name.

    Attributes:
        endpoints: as endpoints.
        listed: in `trusted_hosts`.
    """

    endpoints: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    def confirm(self, url: str) -> bool:
        """Whether a URL is on one of them."""
        if any(same_resource(url, endpoint) for endpoint in self.endpoints):
            return True
        origin = origin_of(url)
        if origin is None:
            return False
        scheme, host, port = origin
        return host_is_listed(host, port, self.listed) and (scheme == "https" or is_loopback(host))


def refusal(named: Named, credential: Credential, trusted: TrustedHosts) -> str:
    """Why a credential must not go to an endpoint; empty where it may.

    Args:
        named: the endpoint.
        credential: what would be sent there.
        trusted: the hosts that trusted sources name.
    """
    base, place = named.endpoint.base, named.place
    others = [other for other in credential.beside if not same_resource(other, base)]
    elsewhere = bool(others) and len(others) == len(credential.beside)
    names_another = f"{credential.place.text}, where {others[0] if others else ''} is the endpoint"
    if not place.found:
        # The directory's credential is for what the directory names.
        return names_another if credential.directory and elsewhere else ""
    if credential.directory or trusted.confirm(base):
        return ""
    if resource_name(base) is not None:
        return names_another if elsewhere and not credential.identity else ""
    return credential.place.text


def check_found_value(setting: str, rule: str, value: object, place: Place) -> str:
    """Why a file that nobody named may not have this setting; empty where it may.

    Args:
        setting: its name.
        rule: what its field says (`Setting.found`).
        value: what stands there.
        place: where.
    """
    if not place.found:
        return ""
    names = value if setting == "default_headers" else [value] if setting == "apim_header" else []
    if steering := [name for name in cast("Iterable[str]", names) if str(name).lower() in STEERING_HEADERS]:
        return f"{place.text} sets the header {steering[0]} in {setting}, which a file that nobody named may not set"
    if rule == "yes":
        return ""
    if rule == "no":
        return f"{place.text} sets {setting}, which a file that nobody named may not set"
    host = urlsplit(str(value)).hostname or ""
    if rule == "vault" and not any(host.endswith(f".{suffix}") for suffix in VAULT_SUFFIXES):
        return f"{place.text} sets {setting} to {host!r}, which is no host of Azure Key Vault's"
    return ""


def is_known_cloud(setting: str, value: object) -> bool:
    """Whether the value of `scope`, `authority_host` or `disable_instance_discovery` is one of a known cloud's."""
    if setting == "scope":
        return value in {scope for scopes in SCOPES.values() for scope in scopes}
    if setting == "authority_host":
        text = str(value)
        origin = origin_of(text if "://" in text else f"https://{text}")
        return origin in {origin_of(host) for host in AUTHORITY_HOSTS.values()}
    return value is False
