"""From the arguments that Semantic Kernel's Azure services take to a client and the model's name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import AnyUrl
from pydantic_core import Url
from semantic_kernel.exceptions.service_exceptions import ServiceInitializationError

from azure_connector import AsyncAzureConnector, ConfigurationError, ConnectorSettings

__all__ = ["Purpose", "make_client"]

_log = logging.getLogger("azure_connector.semantic_kernel")

Purpose = Literal["default_deployment", "embedding_deployment"]
"""The setting that `deployment_name` stands for."""

_WORDS = {"ad_token": "azure_ad_token", "ad_token_provider": "azure_ad_token_provider"}
# For each setting: the operation that it is for, and the variable that SK's users know it by.
_KINDS: dict[Purpose, tuple[str, str]] = {
    "default_deployment": ("/chat/completions", "AZURE_OPENAI_CHAT_DEPLOYMENT_NAME"),
    "embedding_deployment": ("/embeddings", "AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME"),
}


def make_client(
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
    if default_headers is not None and not _is_table_of_texts(default_headers):
        raise ServiceInitializationError("default_headers must be a mapping of header names to texts.")
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
        operation, variable = _KINDS[purpose]
        name = model or deployment or settings.chosen_model(operation)
        if not name:  # like SK, a service does not guess its deployment
            raise ServiceInitializationError(
                f"No deployment is named: pass model= or deployment_name=, or set {variable}."
            )
        return client or AsyncAzureConnector(settings=settings, default_headers=default_headers), name
    except ConfigurationError as error:
        raise ServiceInitializationError(str(error)) from error


def _named(
    client: AsyncAzureConnector, purpose: Purpose, model: str | None, deployment: str | None
) -> tuple[AsyncAzureConnector, str]:
    """A ready connector; a deployment that it would not resolve to by itself gets a copy with that default."""
    if deployment and client.explain(deployment).targets[0].deployment != deployment:
        default: dict[str, Any] = {purpose: deployment}
        client = client.with_options(**default)
    operation, _ = _KINDS[purpose]
    return client, model or deployment or client.settings.model_for(operation)


def _settings(given: dict[str, Any], purpose: Purpose, deployment: str | None) -> dict[str, Any]:
    """The connector's settings for SK's arguments."""
    # As in SK, the whole URL goes before the resource's, and a missing file is none.
    endpoint, base_url = given.pop("endpoint", None), given.pop("base_url", None)
    address = endpoint if base_url in (None, "") else base_url
    scope, env_file = given.pop("token_endpoint", None), given.pop("env_file_path", None)
    if isinstance(env_file, str | Path) and not Path(env_file).is_file():
        _log.info("env_file_path %s does not exist: the environment alone is read", env_file)
        env_file = False
    # Pydantic's addresses are no texts, and SK takes them; whatever else is none is the settings' to refuse.
    address = str(address) if isinstance(address, AnyUrl | Url) else address
    told = {"azure_endpoint": address, purpose: deployment, "scope": scope, "env_file": env_file}
    return given | {name: value for name, value in told.items() if value is not None}


def _is_table_of_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair)
