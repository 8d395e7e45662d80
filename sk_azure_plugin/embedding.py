"""`AzureConnectorTextEmbedding`: Semantic Kernel's Azure embedding service, over the connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from semantic_kernel.connectors.ai.open_ai.services.azure_config_base import AzureOpenAIConfigBase
from semantic_kernel.connectors.ai.open_ai.services.azure_text_embedding import AzureTextEmbedding
from semantic_kernel.connectors.ai.open_ai.services.open_ai_model_types import OpenAIModelTypes

from azure_connector import AsyncAzureConnector

from .connecting import connect

__all__ = ["AzureConnectorTextEmbedding"]


class AzureConnectorTextEmbedding(AzureTextEmbedding):
    """Text embedding through the connector; an `AzureTextEmbedding` to everyone who asks.

    Args: as `AzureConnectorChatCompletion`, and `AzureTextEmbedding`'s own.

    Raises:
        ServiceInitializationError: the settings contradict each other or name no endpoint.
    """

    def __init__(
        self,
        service_id: str | None = None,
        api_key: str | None = None,
        deployment_name: str | None = None,
        endpoint: str | None = None,
        base_url: str | None = None,
        api_version: str | None = None,
        ad_token: str | None = None,
        ad_token_provider: Callable[[], Any] | None = None,
        token_endpoint: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        async_client: Any = None,
        env_file_path: str | None = None,
        credential: Any = None,
        *,
        model: str | None = None,
        connector: AsyncAzureConnector | None = None,
        **settings: Any,
    ) -> None:
        client = async_client or connect(
            connector=connector,
            deployment_setting="embedding_deployment",
            deployment_name=deployment_name,
            endpoint=endpoint,
            base_url=base_url,
            ad_token=ad_token,
            ad_token_provider=ad_token_provider,
            token_endpoint=token_endpoint,
            default_headers=default_headers,
            env_file_path=env_file_path,
            settings={"api_key": api_key, "api_version": api_version, "credential": credential, **settings},
        )
        name = model or deployment_name or client.settings.embedding_deployment or "text-embedding-3-small"
        options: dict[str, Any] = {"ai_model_id": name, "client": client, "ai_model_type": OpenAIModelTypes.EMBEDDING}
        if service_id:
            options["service_id"] = service_id
        super(AzureOpenAIConfigBase, self).__init__(**options)
