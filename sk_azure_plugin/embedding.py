"""`AzureConnectorTextEmbedding`: Semantic Kernel's Azure embedding service, over the connector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from openai import AsyncOpenAI
from semantic_kernel.connectors.ai.open_ai.services.azure_text_embedding import AzureTextEmbedding
from semantic_kernel.connectors.ai.open_ai.services.open_ai_model_types import OpenAIModelTypes
from semantic_kernel.connectors.ai.prompt_execution_settings import PromptExecutionSettings

from azure_connector import AsyncAzureConnector, embedding_batches
from azure_connector.settings import Credential, KeyProvider, Secret, TokenProvider, show_settings

from .arguments import ServiceArguments
from .failures import service_error
from .service import ConnectorService

__all__ = ["AzureConnectorTextEmbedding"]


class AzureConnectorTextEmbedding(ConnectorService, AzureTextEmbedding):
    """Text embedding through the connector; an `AzureTextEmbedding` to everyone who asks.

    Args: as `AzureConnectorChatCompletion`, and `AzureTextEmbedding`'s own.

    Raises:
        ServiceInitializationError: the settings contradict each other, or name no endpoint or no deployment.
    """

    def __init__(
        self,
        service_id: str | None = None,
        api_key: Secret | KeyProvider | None = None,
        deployment_name: str | None = None,
        endpoint: str | None = None,
        base_url: str | None = None,
        api_version: str | None = None,
        ad_token: Secret | None = None,
        ad_token_provider: TokenProvider | None = None,
        token_endpoint: str | None = None,
        default_headers: Mapping[str, str] | None = None,
        async_client: AsyncOpenAI | None = None,
        env_file_path: str | None = None,
        credential: Credential | None = None,
        *,
        model: str | None = None,
        connector: AsyncAzureConnector | None = None,
        env_file_encoding: str | None = None,
        **settings: Unpack[ServiceArguments],
    ) -> None:
        self._start("embedding_deployment", OpenAIModelTypes.EMBEDDING, locals())

    async def generate_raw_embeddings(
        self,
        texts: list[str],
        settings: PromptExecutionSettings | None = None,
        batch_size: int | None = None,
        **kwargs: object,
    ) -> Any:
        """The vectors of the texts, in their order; in several requests where one would be too large for Azure.

        Args:
            texts: what to embed; none at all gives none back.
            settings: such as `dimensions`; never changed.
            batch_size: texts in one request; as many as Azure takes when omitted.
            kwargs: further settings by name.

        Raises:
            ServiceResponseException: a request failed; the connector's error is the cause.
        """
        found: list[Any] = []
        batches = [texts] if batch_size else embedding_batches(texts)
        for batch in batches if texts else ():
            own = settings.model_copy(deep=True) if settings else None
            found += await super().generate_raw_embeddings(batch, own, batch_size, **kwargs)
        return found

    async def _send_embedding_request(self, settings: Any) -> list[Any]:
        try:
            reply = await self.client.embeddings.create(**settings.prepare_settings_dict())
            self.store_usage(reply)
            return [entry.embedding for entry in sorted(reply.data, key=lambda entry: entry.index)]
        except Exception as error:  # SK's contract: whatever a service raises is one of its own exceptions
            raise service_error(self, error, "generate embeddings") from error


show_settings(AzureConnectorTextEmbedding, ServiceArguments)
