"""From the arguments that Semantic Kernel's Azure services take to a connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from semantic_kernel.exceptions.service_exceptions import ServiceInitializationError

from azure_connector import AsyncAzureConnector, ConfigurationError, ConnectorSettings

__all__ = ["connect"]


def connect(
    *,
    connector: AsyncAzureConnector | None,
    deployment_setting: str,
    deployment_name: str | None,
    endpoint: str | None,
    base_url: str | None,
    ad_token: str | None,
    ad_token_provider: Callable[[], Any] | None,
    token_endpoint: str | None,
    default_headers: Mapping[str, str] | None,
    env_file_path: str | None,
    settings: Mapping[str, Any],
) -> AsyncAzureConnector:
    """The connector for a service: the one that is given, or one made from SK's own arguments.

    Args:
        connector: a ready one; then nothing else but `deployment_name` may be given.
        deployment_setting: which setting `deployment_name` stands for: `default_deployment` or `embedding_deployment`.
        token_endpoint: the scope's audience, as Semantic Kernel calls it (`https://cognitiveservices.azure.com`).
        settings: the connector's own settings.
        deployment_name, endpoint, base_url, ad_token, ad_token_provider, default_headers, env_file_path: as Semantic
            Kernel's Azure services have them.

    Raises:
        ServiceInitializationError: the settings contradict each other or name no endpoint.
    """
    given = {
        "azure_endpoint": endpoint or base_url,
        deployment_setting: deployment_name,
        "azure_ad_token": ad_token,
        "azure_ad_token_provider": ad_token_provider,
        "scope": _scope(token_endpoint),
        "env_file": env_file_path,
        **settings,
    }
    given = {name: value for name, value in given.items() if value is not None}
    if connector is not None:
        others = sorted(given.keys() - {deployment_setting})
        if others:
            raise ServiceInitializationError(
                f"connector= was given together with {', '.join(others)}: give one or the other."
            )
        return connector
    try:
        return AsyncAzureConnector(settings=ConnectorSettings(**given), default_headers=default_headers)
    except ConfigurationError as error:
        raise ServiceInitializationError(str(error)) from error


def _scope(token_endpoint: str | None) -> str | None:
    if token_endpoint is None:
        return None
    return token_endpoint if token_endpoint.endswith("/.default") else f"{token_endpoint.rstrip('/')}/.default"
