"""The settings that one resource has: its address, and whatever the auth chain may use."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_serializer, field_validator, model_validator

from .._utils import mapping_or_none, type_name
from ..deployments import RESOURCE_ID
from ._aliases import aliases_of, by_setting
from ._hosts import is_loopback
from ._secret_values import HEADER_NAME, MASK, Headers, InvalidSecret
from ._setting import Setting

__all__ = ["RESOURCE_NAME", "ResourceSettings", "as_path", "masked"]


RESOURCE_NAME = "AZURE_RESOURCE_NAME"
"""The resource's bare name, for https://NAME.openai.azure.com; asked last among the endpoint's names."""

_KEY_VAULT_PATH = re.compile(r"/secrets/[^/]+(/[^/]+)?/?")


def _unwrapped(text: str) -> str:
    """A key without what is copied along: blanks, quotes around it (Docker keeps those of an env file), `Bearer`."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return text.removeprefix("Bearer ").strip()


class ResourceSettings(BaseModel):
    """One resource in the table `resources`; `ConnectorSettings` has the same settings for the default resource.

    A named resource that has no credential of its own uses the default resource's identity (token, token provider,
    credential object, client secret, certificate, workload or managed identity, default credential) and its tenant,
    scope and authority. It never uses the default resource's key, Key Vault secret or subscription key: a key belongs
    to one resource.
    """

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    azure_endpoint: Annotated[
        str | None,
        Setting(
            variables=(
                "AZURE_OPENAI_ENDPOINT",
                "AZURE_OPENAI_BASE_URL",
                "AZURE_API_BASE",
                "AZURE_APIM_ENDPOINT",
                RESOURCE_NAME,
            ),
            aliases=("endpoint", "base_url", "api_base", "resource_name"),
            meant=(
                "url",
                "host",
                "server_url",
                "api_url",
                "endpoint_url",
                "azure_url",
                "target_uri",
                "openai_api_base",
                "account_name",
            ),
        ),
    ] = Field(
        None, description="The resource's address, in any form: bare, with /openai/v1, or the portal's target URI."
    )
    api_version: Annotated[
        str | None,
        Setting(variables=("AZURE_OPENAI_API_VERSION", "AZURE_API_VERSION", "OPENAI_API_VERSION"), meant=("version",)),
    ] = Field(None, description="A date such as 2024-10-21; it selects the classic form. v1 takes none.")
    api_form: Literal["v1", "classic", "as-is"] | None = Field(
        None,
        description="The API form, where neither the address nor api_version decides it; v1 by default. as-is: a "
        "gateway that has the operations right below azure_endpoint; nothing is inserted.",
    )
    resource_id: str | None = Field(
        None,
        description="Its id in Azure (az cognitiveservices account show --query id), to list deployments with "
        "SKU, capacity and quota from the management plane (extra management).",
    )
    management_endpoint: Annotated[str | None, Setting(found="no")] = Field(
        None, description="The management plane's address; by default that of the host's cloud."
    )

    api_key: Annotated[
        SecretStr | Callable[[], str] | None,
        Setting(
            variables=("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_KEY", "AZURE_API_KEY"),
            secret=True,
            method=True,
            meant=("key", "openai_api_key", "azure_key", "account_key", "secret_key"),
            typed="Secret | KeyProvider | None",
        ),
    ] = Field(None, description="The resource's key, or a callable that reads it anew after a rotation.")
    key_vault_secret: Annotated[str | None, Setting(method=True, found="vault")] = Field(
        None, description="The URL of an Azure Key Vault secret that holds the key (https://VAULT/secrets/NAME)."
    )
    azure_ad_token: Annotated[
        SecretStr | None,
        Setting(
            variables=("AZURE_OPENAI_AD_TOKEN", "AZURE_AD_TOKEN"),
            secret=True,
            method=True,
            aliases=("ad_token",),
            meant=("token", "access_token", "bearer_token", "auth_token", "api_token", "entra_token", "jwt"),
        ),
    ] = Field(None, description="A ready Entra ID token; it is not refreshed.")
    azure_ad_token_provider: Annotated[
        Callable[[], Any] | None,
        Setting(
            variables=(),
            method=True,
            aliases=("ad_token_provider",),
            meant=(
                "token_provider",
                "azure_ad_async_token_provider",
                "ad_token_provider_async",
                "bearer_token_provider",
                "get_token",
                "get_bearer_token",
            ),
            typed="TokenProvider | None",
        ),
    ] = Field(None, description="A callable, sync or async, that returns a fresh Entra ID token.")
    credential: Annotated[
        Any,
        Setting(
            variables=(),
            method=True,
            meant=("credentials", "azure_credential", "token_credential", "identity"),
            typed="Credential | None",
        ),
    ] = Field(None, description="Any azure-identity credential object, sync or async.")
    tenant_id: Annotated[str | None, Setting(variables=("AZURE_TENANT_ID",), meant=("tenant",))] = Field(
        None, description="The Entra ID tenant."
    )
    additionally_allowed_tenants: Annotated[
        tuple[str, ...], Setting(meant=("allowed_tenants",), typed="Sequence[str] | None")
    ] = Field((), description="Further tenants for which tokens may be got, such as a vault's; `*` for any.")
    client_id: Annotated[str | None, Setting(variables=("AZURE_CLIENT_ID",), meant=("application_id", "app_id"))] = (
        Field(None, description="The application's id, for client secret, certificate and workload identity.")
    )
    client_secret: Annotated[
        SecretStr | None,
        Setting(variables=("AZURE_CLIENT_SECRET",), secret=True, method=True, meant=("secret", "app_secret")),
    ] = Field(None, description="The application's secret.")
    client_certificate_path: Annotated[
        str | None,
        Setting(
            variables=("AZURE_CLIENT_CERTIFICATE_PATH",),
            method=True,
            found="no",
            meant=("certificate_path", "client_certificate"),
            typed="Path | None",
        ),
    ] = Field(
        None, description="A PEM or PKCS12 file with the application's certificate and private key, for Entra ID."
    )
    client_certificate_password: Annotated[
        SecretStr | None,
        Setting(variables=("AZURE_CLIENT_CERTIFICATE_PASSWORD",), secret=True, meant=("certificate_password",)),
    ] = Field(None, description="The password of that file.")
    federated_token_file: Annotated[
        str | None,
        Setting(
            variables=("AZURE_FEDERATED_TOKEN_FILE",),
            method=True,
            found="no",
            meant=("token_file_path", "federated_token_path"),
            typed="Path | None",
        ),
    ] = Field(None, description="The file with a workload's federated token.")
    use_managed_identity: Annotated[
        bool,
        Setting(
            variables=("AZURE_USE_MANAGED_IDENTITY",),
            method=True,
            meant=("managed_identity", "msi", "use_msi", "use_identity"),
        ),
    ] = Field(False, description="Use the machine's managed identity.")
    managed_identity_client_id: Annotated[
        str | None,
        Setting(
            variables=("AZURE_MANAGED_IDENTITY_CLIENT_ID",),
            meant=("identity_client_id", "user_assigned_client_id", "msi_client_id"),
        ),
    ] = Field(None, description="Pins a user-assigned managed identity.")
    use_default_credential: Annotated[
        bool,
        Setting(
            variables=("AZURE_USE_DEFAULT_CREDENTIAL",),
            method=True,
            meant=("default_credential", "use_azure_ad", "use_entra_id", "use_azure_cli", "use_cli"),
        ),
    ] = Field(False, description="Use DefaultAzureCredential; it is also used where nothing else is configured.")
    use_interactive_browser: Annotated[bool, Setting(meant=("interactive_browser", "use_browser"))] = Field(
        False, description="Let DefaultAzureCredential open a browser to sign in, where nothing before it does."
    )
    cli_timeout: Annotated[float, Setting(meant=("process_timeout", "az_timeout", "cli_process_timeout"))] = Field(
        10.0, gt=0, allow_inf_nan=False, description="Seconds that az, azd or PowerShell get to give a token."
    )
    apim_subscription_key: Annotated[
        SecretStr | None,
        Setting(
            variables=("AZURE_APIM_SUBSCRIPTION_KEY",),
            secret=True,
            meant=("subscription_key", "apim_key", "ocp_apim_subscription_key"),
        ),
    ] = Field(None, description="API Management's subscription key, sent beside the other credential.")
    apim_header: str = Field(
        "Ocp-Apim-Subscription-Key", description="The header for API Management's subscription key."
    )
    # Semantic Kernel's name: what it calls the token endpoint is the scope that it asks a token for.
    scope: Annotated[
        str | None,
        Setting(
            variables=("AZURE_CONNECTOR_SCOPE", "AZURE_OPENAI_TOKEN_ENDPOINT"),
            found="cloud",
            aliases=("azure_scope",),
            meant=("scopes", "token_scope", "azure_ad_token_scope", "token_endpoint", "audience"),
        ),
    ] = Field(None, description="The scope of a token; by default that of the host and its cloud.")
    authority_host: Annotated[
        str | None, Setting(variables=("AZURE_AUTHORITY_HOST",), found="cloud", meant=("authority",))
    ] = Field(None, description="Entra ID's address; by default that of the host's cloud.")
    disable_instance_discovery: Annotated[bool, Setting(found="cloud")] = Field(
        False, description="Do not ask Microsoft whether the authority is genuine (private clouds, tests)."
    )

    @field_validator("api_key", "azure_ad_token", "apim_subscription_key", mode="before")
    @classmethod
    def _check_key(cls, value: object) -> Any:
        """A key goes into a header: what could break out of one is refused, and not shown."""
        key = SecretStr(value) if isinstance(value, str) else value
        if not isinstance(key, SecretStr):
            return cls._check_secret(key)
        text = _unwrapped(key.get_secret_value())
        if not text.isascii() or not text.isprintable():
            raise ValueError("contains a line break, a control character or a letter that no key has")
        return SecretStr(text)

    @field_validator("client_secret", "client_certificate_password", mode="before")
    @classmethod
    def _check_secret(cls, value: object) -> Any:
        if isinstance(value, InvalidSecret):
            raise ValueError(f"must be text, not {value.type_name}")
        return value

    @field_validator("api_version", mode="before")
    @classmethod
    def _date_as_text(cls, value: object) -> Any:
        # Without quotes, TOML reads 2024-10-21 as a date.
        return value.isoformat() if type(value) is datetime.date else value

    @field_validator("client_certificate_path", "federated_token_file", mode="before")
    @classmethod
    def _path(cls, value: object) -> Any:
        return as_path(value)

    @field_validator("additionally_allowed_tenants", mode="before")
    @classmethod
    def _split_tenants(cls, value: object) -> Any:
        return [part for part in re.split(r"[,;\s]+", value) if part] if isinstance(value, str) else value

    @field_validator("key_vault_secret")
    @classmethod
    def _check_vault(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://vault/secrets/name")
        if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("must be an https URL such as https://VAULT.vault.azure.net/secrets/NAME")
        if not _KEY_VAULT_PATH.fullmatch(parts.path):
            raise ValueError("must name one secret: https://VAULT.vault.azure.net/secrets/NAME")
        return value

    @model_validator(mode="before")
    @classmethod
    def _read_aliases(cls, value: object) -> Any:
        table = mapping_or_none(value)
        return value if table is None else by_setting(table, aliases_of(cls.model_fields))

    @field_validator("resource_id")
    @classmethod
    def _check_resource_id(cls, value: str | None) -> str | None:
        if value is not None and not RESOURCE_ID.fullmatch(value):
            raise ValueError(
                "must look like /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.CognitiveServices/"
                "accounts/NAME; az cognitiveservices account show --query id prints it"
            )
        return value

    @field_validator("apim_header")
    @classmethod
    def _check_header(cls, value: str) -> str:
        if not HEADER_NAME.fullmatch(value):
            raise ValueError("is not a header's name")
        return value

    @field_validator("scope")
    @classmethod
    def _complete_scope(cls, value: str | None) -> str | None:
        # Semantic Kernel's token endpoint is the bare resource, to which Entra ID's v2 endpoint wants /.default added.
        bare = value is not None and value.startswith("https://") and not urlsplit(value).path.strip("/")
        return f"{cast('str', value).rstrip('/')}/.default" if bare else value

    @field_validator("credential")
    @classmethod
    def _check_credential(cls, value: object) -> Any:
        if value is not None and not (hasattr(value, "get_token") or hasattr(value, "get_token_info")):
            raise ValueError(
                "must be a credential object, such as azure.identity.DefaultAzureCredential(), not "
                f"{type_name(value)}; a key is api_key, a token azure_ad_token"
            )
        return value

    @field_validator("authority_host", "management_endpoint")
    @classmethod
    def _check_authority(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value if "://" in value else f"https://{value}")
        if not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("must be a host or an https URL such as https://login.microsoftonline.us")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("must use https: credentials are sent to it")
        return parts.geturl().rstrip("/")

    @field_serializer("api_key", "azure_ad_token_provider", "credential", when_used="json")
    def _as_word(self, value: object) -> str | None:
        return None if value is None else masked(value)

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """Only what is set, in pydantic's own form; for objects their class, since their repr is not ours to trust."""
        # Loggers that show locals also meet settings that failed to be built: those have no values yet.
        held = vars(self)
        for name, info in type(self).model_fields.items():
            value = held.get(name)
            if name in held and value != info.get_default(call_default_factory=True, validated_data={}):
                yield name, value if _speaks_for_itself(value) else f"<{type(value).__name__}>"

    def __reduce__(self) -> Any:
        raise TypeError(f"{type(self).__name__} holds secrets and is not pickled; build the settings anew over there")

    def to_dict(self) -> dict[str, Any]:
        """Every setting as plain data, with secrets masked and objects named by their class."""
        return {name: masked(getattr(self, name)) for name in type(self).model_fields}


def as_path(value: object) -> Any:
    """A path as text, with `~` expanded; whatever is no path is left to the field's own check."""
    if isinstance(value, str | os.PathLike):
        return str(Path(cast("str | os.PathLike[str]", value)).expanduser())
    return value


def masked(value: object) -> Any:
    """Plain data for a setting's value, without its secrets."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, Headers):
        return dict.fromkeys(value, MASK)
    if isinstance(value, ResourceSettings):
        return value.to_dict()
    if isinstance(value, dict):
        return {str(key): masked(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in cast("list[Any]", value)]
    return f"<{type(value).__name__}>"


def _speaks_for_itself(value: object) -> bool:
    return isinstance(value, str | int | float | dict | list | tuple | SecretStr | Headers)
