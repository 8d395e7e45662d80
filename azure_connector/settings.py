"""`ConnectorSettings`: the only reader of arguments, TOML, environment and `.env`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from .endpoint import parse_endpoint
from .resources import AuthSettings, Resource

__all__ = ["AuthSettings", "ConnectorSettings", "Resource"]


class ConnectorSettings(BaseSettings):
    """Every setting of a connector (first version: arguments only)."""

    azure_endpoint: str | None = None
    api_version: str | None = None
    api_form: Literal["v1", "classic"] | None = None

    api_key: SecretStr | Callable[[], str] | None = None
    key_vault_secret: str | None = None
    azure_ad_token: SecretStr | None = None
    azure_ad_token_provider: Callable[[], Any] | None = None
    credential: Any = None
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

    deployment_mapping: dict[str, Any] = Field(default_factory=dict)
    default_deployment: str | None = None
    embedding_deployment: str | None = None
    default_model: str = "gpt-5"
    discover: bool = False
    profiles: dict[str, dict[str, Any]] = Field(default_factory=dict)
    resources: dict[str, Any] = Field(default_factory=dict)

    max_tokens: int | None = None
    temperature: float | None = None
    strict: bool = False
    drop_state: bool = False
    repair_tool_arguments: bool = True

    timeout: float = 600.0
    deadline: float | None = None
    max_attempts: int = 6
    max_retry_wait: float = 60.0
    cooldown: float = 30.0
    probe_interval: float = 30.0
    failures_before_cooldown: int = 3
    repeat_unsafe: bool = False
    redis_url: SecretStr | None = None

    trusted_hosts: tuple[str, ...] = ()
    allow_insecure_hosts: tuple[str, ...] = ()
    ca_bundle: str | None = None
    tls_client_certificate: str | None = None
    tls_client_key: str | None = None
    proxy: SecretStr | None = None
    default_headers: dict[str, str] = Field(default_factory=dict)

    @property
    def origins(self) -> Mapping[str, str]:
        """Setting -> where its value came from."""
        return dict.fromkeys(self.model_fields_set, "argument")

    def resource_map(self) -> Mapping[str, Resource]:
        """Every configured resource by name; the flat settings' one is `default`."""
        if self.azure_endpoint is None:
            return {}
        endpoint = parse_endpoint(self.azure_endpoint, api_version=self.api_version, form=self.api_form)
        names = AuthSettings.__dataclass_fields__.keys() - {"origins"}
        auth = AuthSettings(**{name: getattr(self, name) for name in names}, origins=self.origins)
        return {"default": Resource("default", endpoint, auth)}
