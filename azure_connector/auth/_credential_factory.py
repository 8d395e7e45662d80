"""From a method of the chain to what carries it out: where the credential comes from, and its header."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import SecretStr

from ..errors import ConfigurationError
from ..settings import AuthSettings, Resource, default_scope
from ..transport import TransportOptions
from ._azure_identity import BUILDERS, Builder, http_options
from ._background_loop import BackgroundLoop
from ._cached_credential import CachedCredential, CredentialReader, Reader
from ._chain import Link, Method
from ._credential_sources import CallableSource, ObjectSource, ValueSource
from ._headers import AuthHeaders, check_header
from ._key_vault import SyncCredential, VaultReader, parse_secret_url
from ._tokens import Source

_T = TypeVar("_T")

__all__ = ["KEYS", "CredentialFactory", "header_maker", "known_secrets", "scope_of"]

KEYS: frozenset[Method] = frozenset({"api-key", "key vault"})
"""The methods that the policy `disableLocalAuth` of a resource switches off."""


def scope_of(resource: Resource) -> str:
    """The token's scope: the setting, else that of the host's kind and cloud."""
    return resource.auth.scope or default_scope(resource.endpoint)


def known_secrets(auth: AuthSettings) -> tuple[SecretStr, ...]:
    """The secrets of the settings, to be taken out of every text."""
    held: tuple[Any, ...] = (
        auth.api_key,
        auth.azure_ad_token,
        auth.client_secret,
        auth.client_certificate_password,
        auth.apim_subscription_key,
    )
    return tuple(secret for secret in held if isinstance(secret, SecretStr))


def header_maker(method: Method, auth: AuthSettings) -> Callable[[str, int], AuthHeaders]:
    """A function that turns a key or token and its mark into headers.

    Raises:
        ConfigurationError: two credentials would need the same header, or the subscription key cannot be sent.
    """
    name = auth.apim_header if method == "subscription key" else "api-key" if method in KEYS else "Authorization"
    beside: SecretStr | None = None
    if auth.apim_subscription_key is not None and method != "subscription key":
        beside = auth.apim_subscription_key
        if auth.apim_header.lower() == name.lower():
            raise ConfigurationError(
                f"The {method} and apim_subscription_key would both be sent in the header {name}.",
                hint="Where the gateway takes its subscription key in that header, leave out the other credential, or "
                "use one of Entra ID's beside it.",
            )
        check_header(auth.apim_header, beside.get_secret_value(), "apim_subscription_key")

    def make(value: str, mark: int) -> AuthHeaders:
        check_header(name, value, f"the {method}")
        values = {name: f"Bearer {value}" if name == "Authorization" else value}
        if beside is not None:
            values[auth.apim_header] = beside.get_secret_value()
        return AuthHeaders(values, mark)

    return make


class CredentialFactory:
    """Makes the source of each method of one resource.

    Args:
        resource: its settings.
        transport: for the credentials that are built.
        loop: for async credentials that sync code needs.
    """

    def __init__(self, resource: Resource, transport: TransportOptions, loop: BackgroundLoop) -> None:
        self._resource = resource
        self._transport = transport
        self._loop = loop

    def source(self, link: Link) -> Source:
        """What carries out the method of `link`.

        Raises:
            ConfigurationError: a setting cannot be used.
        """
        auth = self._resource.auth
        match link.method:
            case "api-key":
                return ValueSource(auth.api_key, token=False) if isinstance(auth.api_key, SecretStr) else self._key()
            case "key vault":
                return self._vault()
            case "static token":
                return ValueSource(_set(auth.azure_ad_token), token=True)
            case "token provider":
                return CallableSource(_set(auth.azure_ad_token_provider), token=True)
            case "credential object":
                return ObjectSource(_set(auth.credential), scope_of(self._resource))
            case "subscription key":
                return ValueSource(_set(auth.apim_subscription_key), token=False)
            case built:
                return CachedCredential(self._reader(built), fresh=True)

    @contextmanager
    def credential(self) -> Generator[Any]:
        """A sync azure-identity credential of the chain, for other services of Azure; keys open none of them."""
        auth = self._resource.auth
        if auth.credential is not None:
            yield SyncCredential(auth.credential, self._loop)
            return
        with BUILDERS[_for_vault(auth)](Builder(self._resource, self._transport)) as built:
            yield built

    def _key(self) -> CallableSource:
        key = self._resource.auth.api_key
        assert callable(key)
        return CallableSource(key, token=False)

    def _reader(self, method: Method) -> Callable[[], Reader]:
        builder = Builder(self._resource, self._transport)
        scope = scope_of(self._resource)
        return lambda: CredentialReader(BUILDERS[method](builder), scope)

    def _vault(self) -> CachedCredential:
        auth = self._resource.auth
        address = parse_secret_url(_set(auth.key_vault_secret))
        builder = Builder(self._resource, self._transport)
        options = http_options(self._transport)

        def build() -> Reader:
            if auth.credential is not None:
                credential = SyncCredential(auth.credential, self._loop)
                return VaultReader(address, credential, own=False, options=options)
            return VaultReader(address, BUILDERS[_for_vault(auth)](builder), own=True, options=options)

        return CachedCredential(build, fresh=False)


def _for_vault(auth: AuthSettings) -> Method:
    """The method whose credential opens the vault: the first of the chain that can give tokens for it."""
    if auth.tenant_id and auth.client_id:
        if auth.client_secret is not None:
            return "client secret"
        if auth.client_certificate_path:
            return "client certificate"
        if auth.federated_token_file:
            return "workload identity"
    return "managed identity" if auth.use_managed_identity else "default credential"


def _set(value: _T | None) -> _T:
    assert value is not None, "the link is configured"
    return value
