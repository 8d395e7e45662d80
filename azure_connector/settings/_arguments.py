"""The settings as keyword arguments, for `ConnectorSettings` and for both clients."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypedDict

from pydantic import SecretStr

__all__ = ["ConstructorArguments", "SettingsArguments"]

Secret = str | SecretStr
Path = str | os.PathLike[str]


class SettingsArguments(TypedDict, total=False):
    """Every setting but `timeout` and `default_headers`, which the SDK's clients already take, and where to read from.

    `ConnectorSettings` documents each; None means not given.
    """

    config_file: Path | Literal[False] | None
    env_file: Path | Literal[False] | None
    env_file_encoding: str | None

    azure_endpoint: str | None
    api_version: str | None
    api_form: Literal["v1", "classic", "as-is"] | None
    resource_id: str | None
    management_endpoint: str | None

    api_key: Secret | Callable[[], str] | None
    key_vault_secret: str | None
    azure_ad_token: Secret | None
    azure_ad_token_provider: Callable[[], Any] | None
    credential: object | None
    tenant_id: str | None
    client_id: str | None
    client_secret: Secret | None
    client_certificate_path: Path | None
    client_certificate_password: Secret | None
    federated_token_file: Path | None
    use_managed_identity: bool | None
    managed_identity_client_id: str | None
    use_default_credential: bool | None
    apim_subscription_key: Secret | None
    apim_header: str | None
    scope: str | None
    authority_host: str | None
    disable_instance_discovery: bool | None

    deployment_mapping: Mapping[str, Any] | None
    default_deployment: str | None
    embedding_deployment: str | None
    default_model: str | None
    discover: bool | None
    discovery_interval: float | None
    profiles: Mapping[str, Mapping[str, Any]] | None
    resources: Mapping[str, Mapping[str, Any]] | None

    max_tokens: int | None
    temperature: float | None
    strict: bool | None
    drop_state: bool | None
    repair_tool_arguments: bool | None

    deadline: float | None
    max_attempts: int | None
    max_retry_wait: float | None
    cooldown: float | None
    probe_interval: float | None
    failures_before_cooldown: int | None
    repeat_unsafe: bool | None
    redis_url: Secret | None

    trusted_hosts: Sequence[str] | None
    allow_insecure_hosts: Sequence[str] | None
    ca_bundle: Path | None
    tls_client_certificate: Path | None
    tls_client_key: Path | None
    proxy: Secret | None


class ConstructorArguments(SettingsArguments, total=False):
    """What constructors take besides: a resource's bare name, and the names that others give to settings."""

    resource_name: str | None
    base_url: str | None
    endpoint: str | None
    api_base: str | None
    azure_deployment: str | None
    deployment_name: str | None
    ad_token: Secret | None
    ad_token_provider: Callable[[], Any] | None
    azure_scope: str | None
