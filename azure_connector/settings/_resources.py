"""One Azure resource as the settings describe it: where it is, and how to prove who is calling."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, NoReturn, Self

from pydantic import SecretStr

from ..errors import ConfigurationError
from ._endpoint import ApiStyle, Endpoint, parse_endpoint
from ._hosts import host_is_listed, is_loopback, origin_of, resource_name, same_origin, same_resource
from ._names import METHODS
from ._remedies import change, leave_out
from ._resource_fields import ResourceSettings

__all__ = ["AuthSettings", "Resource", "auth_of", "named_resource", "read_endpoint"]


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


class _HoldsSecrets:
    """Value objects that hold secrets: shared instead of copied, and never pickled."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds secrets and is not pickled; build the settings anew over there")


@dataclass(frozen=True, slots=True, repr=False)
class AuthSettings(_HoldsSecrets):
    """Everything that the auth chain may use for one resource.

    Attributes:
        api_key: the resource's key, or a callable that reads it anew.
        azure_ad_token: a ready Entra ID token.
        azure_ad_token_provider: a callable (sync or async) that returns a token.
        credential: any azure-identity credential object (sync or async).
        tenant_id: the Entra ID tenant.
        additionally_allowed_tenants: further tenants for which credentials may get tokens.
        client_id: the application's id: for client secret, certificate and workload identity.
        client_secret: the application's secret (OAuth2 client credentials).
        client_certificate_path: a PEM or PKCS12 file with the application's certificate and private key.
        client_certificate_password: the password of that file.
        federated_token_file: the file that holds the workload's federated token.
        use_managed_identity: use the machine's managed identity.
        managed_identity_client_id: pins a user-assigned identity.
        use_default_credential: use DefaultAzureCredential.
        use_interactive_browser: let it open a browser to sign in.
        cli_timeout: seconds that a developer's tool gets to give a token.
        apim_subscription_key: API Management's subscription key, sent beside the other credential.
        apim_header: the header for that key.
        scope: the token's scope; None means the default of the host and cloud.
        authority_host: Entra ID's address; None means the cloud's own.
        disable_instance_discovery: do not ask Microsoft whether the authority is genuine (private clouds, tests).
        key_vault_secret: the URL of an Azure Key Vault secret that holds the API key.
        origins: for each field that is set, where its value came from.
        stray: a sentence where a variable was meant for the key that nothing reads.
        set_aside: settings of the chain that were found and are not used, and why.
    """

    api_key: SecretStr | Callable[[], str] | None = None
    azure_ad_token: SecretStr | None = None
    azure_ad_token_provider: Callable[[], Any] | None = None
    credential: object | None = None
    tenant_id: str | None = None
    additionally_allowed_tenants: tuple[str, ...] = ()
    client_id: str | None = None
    client_secret: SecretStr | None = None
    client_certificate_path: str | None = None
    client_certificate_password: SecretStr | None = None
    federated_token_file: str | None = None
    use_managed_identity: bool = False
    managed_identity_client_id: str | None = None
    use_default_credential: bool = False
    use_interactive_browser: bool = False
    cli_timeout: float = 10.0
    apim_subscription_key: SecretStr | None = None
    apim_header: str = "Ocp-Apim-Subscription-Key"
    scope: str | None = None
    authority_host: str | None = None
    disable_instance_discovery: bool = False
    key_vault_secret: str | None = None
    origins: Mapping[str, str] = field(default_factory=_nothing, compare=False)
    set_aside: Mapping[str, str] = field(default_factory=_nothing, compare=False)
    stray: str = ""

    def __repr__(self) -> str:
        shown: list[str] = []
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name in ("origins", "set_aside", "stray") or value is None or value == item.default:
                continue
            # A credential object's own repr is not ours to trust: its class is enough.
            plain = isinstance(value, str | bool | float | tuple | SecretStr)
            shown.append(f"{item.name}={value!r}" if plain else f"{item.name}=<{type(value).__name__}>")
        return f"AuthSettings({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Resource(_HoldsSecrets):
    """One resource, ready for use.

    Attributes:
        name: its name in the settings; `default` is the one that the flat settings describe.
        endpoint: its address and API form.
        auth: its credentials.
        resource_id: its id in the management plane, where it is set.
        management_endpoint: the management plane's address, where it is set.
        trusted_hosts: further hosts (host or host:port) that may have its credential.
        part_of: the resource whose Foundry project or published agent this is; it has the credentials.
    """

    name: str
    endpoint: Endpoint
    auth: AuthSettings
    resource_id: str | None = None
    management_endpoint: str | None = None
    trusted_hosts: tuple[str, ...] = ()
    part_of: str | None = None

    def owns(self, url: str) -> bool:
        """Whether the resource's credential may go to a URL: its own origin, its other hosts, and trusted hosts.

        Other hosts than the endpoint's own only over https, but for this very machine.
        """
        if same_origin(url, self.endpoint.base) or same_resource(url, self.endpoint.base):
            return True
        origin = origin_of(url)
        if origin is None:
            return False
        scheme, host, port = origin
        return host_is_listed(host, port, self.trusted_hosts) and (scheme == "https" or is_loopback(host))


AUTH_FIELDS = frozenset(item.name for item in fields(AuthSettings)) - {"origins", "set_aside", "stray"}

# What opens one resource's door alone, and is not tried on another's.
_KEYS = frozenset({"api_key", "key_vault_secret", "apim_subscription_key"})
# An application's id and what proves it go together.
_PROOFS = frozenset({"client_secret", "client_certificate_path", "client_certificate_password"})


def auth_of(
    settings: ResourceSettings,
    origins: Mapping[str, str],
    set_aside: Mapping[str, str] = MappingProxyType({}),
    stray: str = "",
) -> AuthSettings:
    """The auth settings of the resource that flat settings describe.

    Args:
        settings: the settings.
        origins: setting -> where its value came from; `default` for those that are not set.
        set_aside: what was found and is not used, and why.
        stray: a sentence where a variable was meant for the key that nothing reads.
    """
    given = {name: getattr(settings, name) for name in AUTH_FIELDS}
    kept = {name: origin for name, origin in origins.items() if name in AUTH_FIELDS and origin != "default"}
    aside = MappingProxyType(dict(set_aside))
    return AuthSettings(**given, origins=MappingProxyType(kept), set_aside=aside, stray=stray)


def named_resource(
    name: str, settings: ResourceSettings, origin: str, shared: AuthSettings, allow_insecure_hosts: Collection[str]
) -> Resource:
    """One entry of the table `resources`.

    Args:
        name: its name.
        settings: its own settings.
        origin: where the table stands.
        shared: the default resource's auth settings, of which it uses the identity.
        allow_insecure_hosts: as in the settings.

    Raises:
        ConfigurationError: it has no endpoint, or one that cannot be used.
    """
    where = f"{origin} [resources.{name}]"
    if settings.azure_endpoint is None:
        raise ConfigurationError(f"{where}: the resource has no azure_endpoint.")
    endpoint = read_endpoint(
        settings.azure_endpoint,
        where,
        form=settings.api_form,
        default_api_version=settings.api_version,
        allow_insecure_hosts=allow_insecure_hosts,
    )
    own = {key for key in settings.model_fields_set & AUTH_FIELDS if getattr(settings, key) is not None}
    values: dict[str, Any] = {key: getattr(settings, key) for key in own}
    origins = dict.fromkeys(own, where)
    for key in _inherited(own, settings):
        values[key] = getattr(shared, key)
        if key in shared.origins:
            origins[key] = shared.origins[key]
    held = AuthSettings(**values, origins=MappingProxyType(origins))
    return Resource(name, endpoint, held, settings.resource_id, settings.management_endpoint)


def _inherited(own: set[str], settings: ResourceSettings) -> set[str]:
    """The fields that a resource takes over: no keys, and no method that would go before its own."""
    taken = set(AUTH_FIELDS) - own - _KEYS
    chosen = [method for method in METHODS if method in own and getattr(settings, method) is not False]
    if chosen:
        taken -= set(METHODS[: METHODS.index(chosen[0])])
    if "client_id" in own:
        taken -= _PROOFS
    if "client_certificate_path" not in taken:
        taken.discard("client_certificate_password")
    return taken


def secure_form(text: str) -> str:
    """An address of Azure's own with https in place of http, which they all take; empty for every other."""
    https = text.strip().replace("http://", "https://", 1)
    return https if "@" not in https and resource_name(https) is not None else ""


def read_endpoint(
    text: str,
    origin: str,
    *,
    api_version: str | None = None,
    form: ApiStyle | None = None,
    default_api_version: str | None = None,
    allow_insecure_hosts: Collection[str] = (),
    version_origin: str = "",
) -> Endpoint:
    """`parse_endpoint`, whose errors also say where the address, or the api-version that is at fault, stands.

    Raises:
        ConfigurationError: the address cannot be used.
    """
    try:
        return parse_endpoint(
            text,
            api_version=api_version,
            form=form,
            default_api_version=default_api_version,
            allow_insecure_hosts=allow_insecure_hosts,
        )
    except ConfigurationError as error:
        problem, hint = str(error).removesuffix(error.hint).strip(), error.hint
    # What is wrong with an api-version of its own is no fault of the endpoint.
    blamed = f"azure_endpoint ({origin})"
    if "looks like a key" in problem and os.environ.get("AZURE_OPENAI_API_KEY", "").strip().startswith("http"):
        hint = (
            "Endpoint and key are interchanged: `export "
            'AZURE_OPENAI_ENDPOINT="$AZURE_OPENAI_API_KEY" AZURE_OPENAI_API_KEY="$AZURE_OPENAI_ENDPOINT"`.'
        )
    if "unencrypted" in problem and (known := secure_form(text)):
        hint = change("azure_endpoint", known, origin)
    if "api_version" in problem:
        own = version_origin and (api_version or default_api_version)
        blamed = f"api_version ({version_origin})" if own and "is not a date" in problem else blamed
        without = "" if "@" in text else change("azure_endpoint", text.partition("?")[0], origin)
        how = leave_out("api_version", version_origin, os.environ) if own else without
        hint = f"The v1 form needs no api-version. Leave it out: {how}"
    raise ConfigurationError(f"{blamed}: {problem}", hint=hint)
