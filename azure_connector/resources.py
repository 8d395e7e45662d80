"""One Azure resource as the settings describe it: where it is, and how to prove who is calling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, NoReturn, Self

from pydantic import SecretStr

from .endpoint import Endpoint

__all__ = ["AuthSettings", "Resource"]


def _no_origins() -> Mapping[str, str]:
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
        client_id: the application's id: for client secret, certificate and workload identity.
        client_secret: the application's secret (OAuth2 client credentials).
        client_certificate_path: a PEM or PKCS12 file with the application's certificate and private key.
        client_certificate_password: the password of that file.
        federated_token_file: the file that holds the workload's federated token.
        use_managed_identity: use the machine's managed identity.
        managed_identity_client_id: pins a user-assigned identity.
        use_default_credential: use DefaultAzureCredential.
        apim_subscription_key: API Management's subscription key, sent beside the other credential.
        apim_header: the header for that key.
        scope: the token's scope; None means the default of the host and cloud.
        authority_host: Entra ID's address; None means the cloud's own.
        disable_instance_discovery: do not ask Microsoft whether the authority is genuine (private clouds, tests).
        key_vault_secret: the URL of an Azure Key Vault secret that holds the API key.
        origins: for each field that is set, where its value came from.
    """

    api_key: SecretStr | Callable[[], str] | None = None
    azure_ad_token: SecretStr | None = None
    azure_ad_token_provider: Callable[[], Any] | None = None
    credential: object | None = None
    tenant_id: str | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    client_certificate_path: str | None = None
    client_certificate_password: SecretStr | None = None
    federated_token_file: str | None = None
    use_managed_identity: bool = False
    managed_identity_client_id: str | None = None
    use_default_credential: bool = False
    apim_subscription_key: SecretStr | None = None
    apim_header: str = "Ocp-Apim-Subscription-Key"
    scope: str | None = None
    authority_host: str | None = None
    disable_instance_discovery: bool = False
    key_vault_secret: str | None = None
    origins: Mapping[str, str] = field(default_factory=_no_origins, compare=False)

    def __repr__(self) -> str:
        shown: list[str] = []
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "origins" or value is None or value == item.default:
                continue
            # A credential object's own repr is not ours to trust: its class is enough.
            plain = isinstance(value, str | bool | SecretStr)
            shown.append(f"{item.name}={value!r}" if plain else f"{item.name}=<{type(value).__name__}>")
        return f"AuthSettings({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Resource(_HoldsSecrets):
    """One resource, ready for use.

    Attributes:
        name: its name in the settings; `default` is the one that the flat settings describe.
        endpoint: its address and API form.
        auth: its credentials.
    """

    name: str
    endpoint: Endpoint
    auth: AuthSettings
