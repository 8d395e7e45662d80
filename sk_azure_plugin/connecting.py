"""From the arguments that Semantic Kernel's Azure services take to a client and the model's name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from semantic_kernel.exceptions.service_exceptions import ServiceInitializationError

from azure_connector import AsyncAzureConnector, ConfigurationError, ConnectorSettings

__all__ = ["Purpose", "connect"]

_log = logging.getLogger("azure_connector.semantic_kernel")

Purpose = Literal["default_deployment", "embedding_deployment"]
"""The setting that `deployment_name` stands for."""

_WORDS = {"ad_token": "azure_ad_token", "ad_token_provider": "azure_ad_token_provider"}
_VARIABLES = {
    "default_deployment": "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME",
    "embedding_deployment": "AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME",
}


def connect(
    purpose: Purpose,
    arguments: Mapping[str, Any],
    *,
    model: str | None,
    connector: AsyncAzureConnector | None,
    default_headers: Mapping[str, str] | None,
) -> tuple[Any, str]:
    """The client for a service and the model's name: a client that is given, or one made from SK's own arguments.

    Args:
        purpose: which setting `deployment_name` stands for.
        arguments: SK's (`endpoint`, `ad_token`, …) and the connector's settings by name; None means not given.
        model: the model's name, over everything else.
        connector: a ready one; then only names may be given beside it.
        default_headers: for every request of a connector that is made here.

    Raises:
        ServiceInitializationError: the settings contradict each other, or name no endpoint or no deployment.
    """
    given = {_WORDS.get(name, name): value for name, value in arguments.items() if value is not None}
    client, deployment = given.pop("async_client", None) or connector, given.pop("deployment_name", None)
    if connector is not None and (given or default_headers):
        others = sorted(given) or ["default_headers"]
        raise ServiceInitializationError(
            f"connector= was given together with {', '.join(others)}: give one or the other."
        )
    if isinstance(client, AsyncAzureConnector):
        return _named(client, purpose, model, deployment)
    try:
        settings = ConnectorSettings(**_settings(given, purpose, deployment))
        name = model or deployment or getattr(settings, purpose) or _default_model(settings, purpose)
        if not name:
            raise ServiceInitializationError(
                f"No deployment is named: pass model= or deployment_name=, or set {_VARIABLES[purpose]}."
            )
        return client or AsyncAzureConnector(settings=settings, default_headers=default_headers), name
    except ConfigurationError as error:
        raise ServiceInitializationError(str(error)) from error


def _named(
    client: AsyncAzureConnector, purpose: Purpose, model: str | None, deployment: str | None
) -> tuple[AsyncAzureConnector, str]:
    """A ready connector; a deployment that it would not resolve to by itself gets a copy with that default."""
    fallback = client.settings.default_model if purpose == "default_deployment" else "text-embedding-3-small"
    if deployment and client.explain(deployment).targets[0].deployment != deployment:
        default: dict[str, Any] = {purpose: deployment}
        client = client.with_options(**default)
    return client, model or deployment or getattr(client.settings, purpose) or fallback


def _settings(given: dict[str, Any], purpose: Purpose, deployment: str | None) -> dict[str, Any]:
    """The connector's settings for SK's arguments."""
    # As in SK, the whole URL goes before the resource's, and a missing file is none.
    endpoint, base_url = given.pop("endpoint", None), given.pop("base_url", None)
    scope, env_file = given.pop("token_endpoint", None), given.pop("env_file_path", None)
    if env_file is not None and not Path(env_file).is_file():
        _log.info("env_file_path %s does not exist: the environment alone is read", env_file)
        env_file = False
    if scope is not None and not scope.endswith("/.default"):
        scope = f"{scope.rstrip('/')}/.default"
    told = {"azure_endpoint": base_url or endpoint, purpose: deployment, "scope": scope, "env_file": env_file}
    return given | {name: str(v) if name == "azure_endpoint" else v for name, v in told.items() if v is not None}


def _default_model(settings: ConnectorSettings, purpose: Purpose) -> str | None:
    """The default model, where somebody chose it; like SK, a service does not guess its deployment."""
    if purpose == "embedding_deployment":
        return None
    chosen = settings.origins["default_model"] != "default" or settings.default_model in settings.deployment_mapping
    return settings.default_model if chosen else None
